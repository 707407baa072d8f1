import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc } from "../helpers/properties.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { HookEvent, NewEvent } from "../../src/events/event.js";
import { globMatches } from "../../src/events/glob.js";
import type { Selection } from "../../src/events/selector.js";
import { openStore } from "../../src/store/open.js";
import { resolveEvent, resolveEvents } from "../../src/store/resolve.js";
import type { Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { writerUrl } from "../helpers/writer.js";
import { openTestStore } from "./open-test-store.js";

const seqs = (events: Iterable<HookEvent>) => [...events].map(({ seq }) => seq);

/** A store with these events, in this order; the second number of a pair is the status of its attempt. */
async function storeOf(events: readonly (readonly [Partial<NewEvent>, number?])[]): Promise<Store> {
  const store = await openTestStore();
  for (const [fields, status] of events) {
    const event = newEvent(fields);
    await store.append(event, status === undefined ? undefined : { target: "a", startedAt: TEST_NOW });
    const end = { durationMs: 1, error: null, headers: [], body: new Uint8Array(0) };
    if (status !== undefined) await store.endAttempt(event.id, 1, { ...end, status });
  }
  return store;
}

describe("a selection", () => {
  it("gives the newest first, the newest few, and those few the other way round", async () => {
    const store = await storeOf([[{}], [{}], [{}], [{}]]);

    expect(seqs(store.select({ names: [] }))).toEqual([4, 3, 2, 1]);
    expect(seqs(store.select({ names: [], limit: 2 }))).toEqual([4, 3]);
    expect(seqs(store.select({ names: [], limit: 2, order: "oldest" }))).toEqual([3, 4]);
    expect(seqs(store.select({ names: [], order: "oldest" }))).toEqual([1, 2, 3, 4]);
  });

  it("goes on over many pages, and may be left at any time", async () => {
    const store = await openTestStore();
    await Promise.all(Array.from({ length: 1203 }, () => store.append(newEvent())));

    const all = seqs(store.select({ names: [] }));
    const some: number[] = [];
    for (const { seq } of store.select({ names: [], order: "oldest" })) if (some.push(seq) === 600) break;

    expect(all).toEqual(Array.from({ length: 1203 }, (_, index) => 1203 - index));
    expect(some).toHaveLength(600);
    await store.append(newEvent());
    expect(seqs(store.select({ names: [], limit: 1 }))).toEqual([1204]);
  });

  it.each<[string, Partial<Selection>, number[]]>([
    ["types by glob", { types: ["invoice.*"] }, [2, 1]],
    ["one of several types", { types: ["invoice.paid", "pu?h"] }, [3, 1]],
    ["providers", { providers: ["github"] }, [3]],
    ["statuses", { statuses: ["200"] }, [1]],
    ["classes of statuses", { statuses: ["4xx", "5XX"] }, [3, 2]],
    ["states", { states: ["failed", "refused"] }, [5, 3, 2]],
    ["signatures", { signatures: ["invalid"] }, [5]],
    ["sources", { sources: ["tunnel"] }, [4]],
    ["a beginning", { since: TEST_NOW + 3 }, [5, 4, 3]],
    ["an end", { until: TEST_NOW + 2 }, [2, 1]],
    ["text in a header", { grep: "GREP-ME" }, [4]],
    ["text in a body, in any case", { grep: "Überraschung" }, [5]],
    ["text in the path", { grep: "find=me" }, [3]],
    ["all at once", { types: ["invoice.*"], statuses: ["5xx"], since: TEST_NOW, grep: "webhook" }, [2]],
    ["nothing that is there", { types: ["nothing"] }, []],
  ])("by %s", async (_name, filter, expected) => {
    const store = await storeOf([
      [{ eventType: "invoice.paid", provider: "stripe", receivedAt: TEST_NOW + 1 }, 200],
      [{ eventType: "invoice.failed", provider: "stripe", receivedAt: TEST_NOW + 2 }, 503],
      [{ eventType: "push", provider: "github", receivedAt: TEST_NOW + 3, path: "/?find=me" }, 404],
      [{ eventType: null, receivedAt: TEST_NOW + 4, source: "tunnel", headers: [["X-Thing", "grep-me"]] }],
      [
        {
          eventType: "other",
          receivedAt: TEST_NOW + 5,
          signature: { status: "invalid", reason: "signature_mismatch" },
          state: "refused",
          body: Buffer.from("eine ÜBERRASCHUNG\0"),
        },
      ],
    ]);

    expect(seqs(store.select({ names: [], ...filter }))).toEqual(expected);
  });

  it("of a project sees no other project", async () => {
    const store = await storeOf([[{ project: "/a" }], [{ project: "/b" }], [{ project: "/a" }]]);

    expect(seqs(store.select({ names: [], project: "/a" }))).toEqual([3, 1]);
    expect(seqs(store.select({ names: [], project: "/c" }))).toEqual([]);
    expect(seqs(store.select({ names: [{ kind: "last", back: 0 }], project: "/b" }))).toEqual([2]);
    expect(seqs(store.select({ names: [{ kind: "seq", seq: 2 }], project: "/a" }))).toEqual([]);
  });

  it("by names gives them in the order named, each once, and last among what fits the filters", async () => {
    const store = await storeOf([[{ provider: "x" }], [{}], [{ provider: "x" }], [{}]]);
    const id = store.get(2)?.id ?? "";

    const names = [
      { kind: "last", back: 0 },
      { kind: "range", from: 1, to: 3 },
      { kind: "id", prefix: id },
      { kind: "seq", seq: 99 },
    ] as const;

    expect(seqs(store.select({ names }))).toEqual([4, 1, 2, 3]);
    expect(seqs(store.select({ names: [{ kind: "last", back: 1 }], providers: ["x"] }))).toEqual([1]);
    expect(seqs(store.select({ names: [{ kind: "last", back: 0 }], grep: "no such text" }))).toEqual([]);
  });

  it("brings bodies and answers only when asked", async () => {
    const store = await storeOf([[{ body: Buffer.from("hello") }, 200]]);

    const [without] = [...store.select({ names: [] })];
    const [whole] = [...store.select({ names: [] }, { bodies: true })];

    expect([without?.body.byteLength, without?.size]).toEqual([0, 5]);
    expect(without?.attempts).toMatchObject([{ n: 1, status: 200 }]);
    expect(Buffer.from(whole?.body ?? []).toString()).toBe("hello");
  });
});

describe("any filters together", () => {
  const types = ["a", "a.b", "a.c", "b", null];
  const providers = ["stripe", "github", null];
  const events = Array.from({ length: 60 }, (_, index) =>
    newEvent({
      eventType: types[index % types.length] ?? null,
      provider: providers[index % providers.length] ?? null,
      source: index % 2 === 0 ? "tunnel" : "local",
      state: index % 7 === 0 ? "refused" : "stored",
      receivedAt: TEST_NOW + index,
    }),
  );
  let store: Store;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "hookcli-select-"));
    const path = join(folder, "events.db");
    store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
    for (const event of events) await store.append(event);
    return async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    };
  });

  it("give what a plain loop over all events gives", () => {
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const filters = fc.record({
      types: optional(fc.subarray(["a", "a.*", "*b", "?", "zzz"], { minLength: 1 })),
      providers: optional(fc.subarray(["stripe", "git*"], { minLength: 1 })),
      sources: optional(fc.subarray(["tunnel", "local"] as const, { minLength: 1 })),
      states: optional(fc.subarray(["refused", "stored"] as const, { minLength: 1 })),
      since: optional(fc.integer({ min: TEST_NOW - 1, max: TEST_NOW + 61 })),
      until: optional(fc.integer({ min: TEST_NOW - 1, max: TEST_NOW + 61 })),
    });
    const wanted = (list: readonly string[] | undefined, value: string | null) =>
      list === undefined || (value !== null && list.some((pattern) => globMatches(pattern, value)));

    fc.assert(
      fc.property(filters, ({ since, until, ...lists }) => {
        const expected = events.filter(
          (event) =>
            wanted(lists.types, event.eventType) &&
            wanted(lists.providers, event.provider) &&
            wanted(lists.sources, event.source) &&
            wanted(lists.states, event.state) &&
            event.receivedAt >= (since ?? 0) &&
            event.receivedAt <= (until ?? Infinity),
        );
        const selection = Object.fromEntries(
          Object.entries({ since, until, ...lists }).filter(([, value]) => value !== undefined),
        );
        const found = [...store.select({ names: [], order: "oldest", ...selection })];
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }),
    );
  });
});

describe("a named event", () => {
  it("that is not there, or is another project's, is refused with a hint", async () => {
    const store = await storeOf([[{ project: "/a" }], [{ project: "/a", provider: "x" }]]);
    const selection = { names: [{ kind: "seq", seq: 1 }] } as const;

    expect(() => resolveEvents(store, { names: [{ kind: "seq", seq: 9 }] })).toThrow(
      expect.objectContaining({ message: "no event 9", exitCode: 2 }),
    );
    expect(() => resolveEvents(store, { ...selection, project: "/b" })).toThrow(
      expect.objectContaining({
        message: "no event 1 in this project",
        hint: expect.stringContaining("--all-projects"),
      }),
    );
    expect(() => resolveEvents(store, { ...selection, project: "/a", providers: ["x"] })).toThrow(
      "that fits the filters",
    );
  });

  it("by a beginning that several have is refused, and the candidates are listed", async () => {
    const store = await storeOf([[{}], [{}], [{}]]);
    const prefix = store.get(1)?.id.slice(0, 14) ?? "";

    expect(() => resolveEvents(store, { names: [{ kind: "id", prefix }] })).toThrow(
      expect.objectContaining({ exitCode: 2, hint: expect.stringContaining("(#3)") }),
    );
    expect(resolveEvent(store, { names: [{ kind: "id", prefix: store.get(1)?.id ?? "" }] }).seq).toBe(1);
  });

  it("must be one where one is meant", async () => {
    const store = await storeOf([[{}], [{}]]);

    expect(() => resolveEvent(store, { names: [{ kind: "range", from: 1, to: 2 }] })).toThrow("more than one event");
    expect(() => resolveEvent(store, { names: [], types: ["none"] })).toThrow("no event fits");
  });
});
