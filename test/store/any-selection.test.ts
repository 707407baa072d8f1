import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc } from "../helpers/properties.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HookEvent, ImportedEvent } from "../../src/events/event.js";
import type { Selection } from "../../src/events/selector.js";
import { openDatabase } from "../../src/store/driver.js";
import { openStore } from "../../src/store/open.js";
import { SearchBuilder } from "../../src/store/search-build.js";
import type { Store } from "../../src/store/store.js";
import { Sweep, withoutForeignKeys } from "../../src/store/sweep.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { writerUrl } from "../helpers/writer.js";
import { plainFilter } from "./plain-filter.js";

const projects = ["/a", "/b", "/c"];
const types = ["invoice.paid", "invoice.failed", "push", null];
const providers = ["stripe", "github", null];
const statuses = [200, 204, 404, 500, null];
const states = ["refused", "stored", "pending", "delivered", "failed", "dead"] as const;
const signatures = ["valid", "invalid", "unchecked"] as const;
const sources = ["tunnel", "local", "import"] as const;
const words = ["invoice", "Zürich", "ΟΔΟΣ", "İstanbul", "0123abcd", "naïve", "a\nb\0c", "𝒳𝒴𝒵", "xylophone", "000000"];

/** One of the values, each as likely, by a number. */
const pick = <T>(values: readonly T[], number: number): T => values[number % values.length] as T;

const anyEvent = fc
  .record({
    dice: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
    text: fc.array(fc.constantFrom(...words, " ", "σ", "-"), { maxLength: 5 }),
    inHeader: fc.boolean(),
    binary: fc.integer({ min: 0, max: 9 }),
    // Imported events may be older than those before them.
    at: fc.nat(200),
  })
  .map(({ dice, text, inHeader, binary, at }): ImportedEvent => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = dice;
    const status = pick(statuses, d);
    const joined = text.join("");
    const body = binary === 0 ? Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(joined)]) : Buffer.from(joined);
    return {
      ...newEvent(),
      project: pick(projects, a),
      eventType: pick(types, b),
      provider: pick(providers, c),
      state: pick(states, e),
      signature: { status: pick(signatures, f) },
      source: pick(sources, g),
      receivedAt: TEST_NOW + at,
      headers: inHeader ? [["X-Text", pick(["Invoice", "xyLOphone", "naïve", "0123ABCD"], a)]] : [],
      body,
      duplicateOf: g % 9 === 0 ? "evt_00000000000000000000000000" : null,
      attempts: status === null ? [] : [attempt(status)],
    };
  });

function attempt(status: number): HookEvent["attempts"][number] {
  return {
    n: 1,
    target: "a",
    startedAt: TEST_NOW,
    durationMs: 1,
    status,
    error: null,
    headers: [],
    body: new Uint8Array(0),
  };
}

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const searched = fc.oneof(
  fc.constantFrom(
    ...words,
    ...words.map((word) => word.toUpperCase()),
    "οδος",
    "σσς",
    "absent",
    "zür",
    "-0123",
    "webh",
  ),
  fc.string({ minLength: 3, maxLength: 6 }),
);
const anySelection = fc
  .record(
    {
      project: fc.constantFrom(...projects, "/none"),
      types: some(["invoice.*", "push", "*", "none"]),
      providers: some(["stripe", "git*", "none"]),
      statuses: some(["2xx", "204", "5XX", "404", "418"]),
      states: some(states),
      signatures: some(signatures),
      sources: some(sources),
      since: fc.nat(210).map((ms) => TEST_NOW + ms),
      until: fc.nat(210).map((ms) => TEST_NOW + ms),
      grep: searched,
      limit: fc.constantFrom(0, 1, 3, 30),
      order: fc.constantFrom("newest" as const, "oldest" as const),
    },
    { requiredKeys: [] },
  )
  .map((filters): Selection => ({ ...filters, names: [] }));

interface Opened {
  readonly store: Store;
  readonly events: () => HookEvent[];
  readonly index: () => Promise<number[]>;
  readonly end: () => Promise<void>;
}

async function storeOf(imported: readonly ImportedEvent[]): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-any-"));
  const path = join(folder, "events.db");
  const store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  const seqs = (await store.importEvents(imported)).map(Number);
  return {
    store,
    events: () => seqs.map((seq) => store.get(seq)).filter((event) => event !== undefined),
    index: () => buildIndex(path),
    end: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Returns where the segments of the index begin. */
async function buildIndex(path: string): Promise<number[]> {
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 5000 });
  const builder = new SearchBuilder(db, () => db.exec("BEGIN IMMEDIATE"));
  while (builder.work(5) === "more");
  const sweep = new Sweep(db);
  withoutForeignKeys(db, () => {
    while (!sweep.step((remove) => remove()));
  });
  const segments = db.prepare("SELECT first FROM search_segments ORDER BY id").all();
  db.close();
  return segments.map((row) => Number(row["first"]));
}

function agrees(store: Store, events: readonly HookEvent[], selection: Selection): void {
  const expected = plainFilter(events, selection);
  expect([...store.select(selection)].map(({ seq }) => seq)).toEqual(expected);
  expect([...store.seqs(selection)]).toEqual(expected);
  expect(store.count(selection)).toBe(expected.length);
  statsAgree(store, events, selection);
}

/** Stats are of all events of a selection, whatever its limit. */
function statsAgree(store: Store, events: readonly HookEvent[], selection: Selection): void {
  const counted = new Set(plainFilter(events, { ...selection, limit: 0 }));
  const of = events.filter(({ seq }) => counted.has(seq));
  const tally = (value: (event: HookEvent) => string | null) => {
    const counts = new Map<string | null, number>();
    for (const event of of) counts.set(value(event), (counts.get(value(event)) ?? 0) + 1);
    return counts;
  };
  const found = store.stats(selection);
  const asMap = (tallies: (typeof found)["types"]) => new Map(tallies.map((one) => [one.value, one.events]));

  expect(found.events).toBe(of.length);
  expect(asMap(found.types)).toEqual(tally(({ eventType }) => eventType));
  expect(asMap(found.projects)).toEqual(tally(({ project }) => project));
  expect(asMap(found.statuses)).toEqual(tally(({ attempts }) => attempts[0]?.status?.toString() ?? null));
  expect(asMap(found.states)).toEqual(tally(({ state }) => state));
  expect(found.dead).toBe(of.filter(({ state }) => state === "dead").length);
  expect(found.duplicates).toBe(of.filter(({ duplicateOf }) => duplicateOf !== null).length);
  expect(found.firstAt).toBe(of.length === 0 ? null : Math.min(...of.map(({ receivedAt }) => receivedAt)));
  expect(found.lastAt).toBe(of.length === 0 ? null : Math.max(...of.map(({ receivedAt }) => receivedAt)));
  expect(found.answers.timed).toBe(of.filter(({ attempts }) => attempts.length > 0).length);
}

describe("any selection of any store", () => {
  it("gives what a plain loop over its events gives", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1, maxLength: 40 }),
        fc.array(anySelection, { minLength: 20, maxLength: 20 }),
        async (imported, selections) => {
          const { store, events, end } = await storeOf(imported);
          const all = events();
          for (const selection of selections) agrees(store, all, selection);
          await end();
        },
      ),
      { numRuns: 8 },
    );
  }, 60_000);
});

describe("any selection of a store of thousands", () => {
  let opened: Opened;
  const check = () => {
    const all = opened.events();
    fc.assert(
      fc.property(anySelection, (selection) => agrees(opened.store, all, selection)),
      { numRuns: 40 },
    );
  };
  beforeAll(async () => {
    const imported = fc.sample(anyEvent, 2700);
    opened = await storeOf(imported);
  });
  afterAll(() => opened.end());

  it("gives what a plain loop gives: before there is an index, with one, after deletions, and with a tidied one", async () => {
    check();
    expect(await opened.index()).toEqual([1, 1025]);
    check();
    const seqs = opened.events().map(({ seq }) => seq);
    await opened.store.remove(seqs.filter((seq) => seq <= 1030 || seq % 3 === 0));
    check();
    expect(await opened.index()).toEqual([1025]);
    check();
  }, 120_000);
});
