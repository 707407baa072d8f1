import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { EVENT_STATES, type EventState, type ImportedEvent } from "../../src/events/event.js";
import { prune } from "../../src/store/retention.js";
import type { Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

const PROJECTS = ["/a", "/b"] as const;

interface ModelEvent {
  readonly seq: number;
  readonly id: string;
  readonly project: string;
  readonly state: EventState;
  readonly age: number;
}

/** What the store should hold, and every number that it ever gave. */
class Model {
  events: ModelEvent[] = [];
  readonly given = new Set<number>();
  readonly ids: string[] = [];

  add(seq: number, { id, project, state, receivedAt }: Pick<ImportedEvent, "id" | "project" | "state" | "receivedAt">) {
    expect(this.given.has(seq), `${seq} was given before`).toBe(false);
    expect(seq).toBeGreaterThan(Math.max(0, ...this.given));
    this.given.add(seq);
    this.ids.push(id);
    this.events.push({ seq, id, project, state, age: TEST_NOW - receivedAt });
  }

  remove(goes: (event: ModelEvent) => boolean): number {
    const before = this.events.length;
    this.events = this.events.filter((event) => !goes(event));
    return before - this.events.length;
  }
}

type Step = (store: Store, model: Model) => Promise<void>;

const fields = fc.record({
  project: fc.constantFrom(...PROJECTS),
  state: fc.constantFrom(...EVENT_STATES),
  receivedAt: fc.integer({ min: 0, max: 50 }).map((age) => TEST_NOW - age),
});

const appendStep: fc.Arbitrary<Step> = fc
  .array(fields, { minLength: 1, maxLength: 8 })
  .map((many) => async (store, model) => {
    const events = many.map(newEvent);
    const appended = await Promise.all(events.map((event) => store.append(event)));
    for (const [index, event] of events.entries()) model.add(appended[index]?.seq ?? 0, event);
  });

/** `known`: an id that the store may have, or have had. */
const importStep: fc.Arbitrary<Step> = fc
  .array(fc.record({ fields, known: fc.option(fc.nat()) }), { maxLength: 8 })
  .map((many) => async (store, model) => {
    const events = many.map(({ fields: own, known }): ImportedEvent => {
      const event = newEvent({ ...own, source: "import" });
      const id = known === null ? event.id : (model.ids[known % Math.max(1, model.ids.length)] ?? event.id);
      return { ...event, id, duplicateOf: null, attempts: [] };
    });
    const seqs = await store.importEvents(events);
    for (const [index, event] of events.entries()) {
      const isThere = model.events.some(({ id }) => id === event.id);
      expect(seqs[index] === null).toBe(isThere);
      if (!isThere) model.add(seqs[index] ?? 0, event);
    }
  });

const removeStep: fc.Arbitrary<Step> = fc
  .record({ seqs: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }), spareUndelivered: fc.boolean() })
  .map(({ seqs, spareUndelivered }) => async (store, model) => {
    const stays = ({ state }: ModelEvent) => spareUndelivered && (state === "pending" || state === "dead");
    const removed = await store.remove(seqs, { spareUndelivered });
    expect(removed).toBe(model.remove((event) => seqs.includes(event.seq) && !stays(event)));
  });

const pruneStep: fc.Arbitrary<Step> = fc
  .record({
    project: fc.constantFrom(...PROJECTS),
    keep: fc.integer({ min: 0, max: 10 }),
    keepForMs: fc.integer({ min: 0, max: 40 }),
  })
  .map((pruning) => async (store, model) => {
    const { project, keep, keepForMs } = pruning;
    const own = model.events.filter((event) => event.project === project).toSorted((a, b) => b.seq - a.seq);
    const beyond = new Set(keep === 0 ? [] : own.slice(keep).map(({ seq }) => seq));
    const old = ({ age }: ModelEvent) => keepForMs > 0 && age > keepForMs;
    const removed = await prune(store, { ...pruning, now: TEST_NOW });
    expect(removed).toBe(
      model.remove(
        (event) =>
          event.project === project &&
          event.state !== "pending" &&
          event.state !== "dead" &&
          (beyond.has(event.seq) || old(event)),
      ),
    );
  });

const shrinkStep: fc.Arbitrary<Step> = fc.constant(async (store) => void (await store.shrink()));

describe("any mix of append, import, remove, prune and shrink", () => {
  it("leaves exactly the events that it should, and never gives a number twice", async () => {
    const steps = fc.array(fc.oneof(appendStep, importStep, removeStep, pruneStep, shrinkStep), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const store = await openTestStore();
        try {
          const model = new Model();
          for (const step of sequence) await step(store, model);
          const found = [...store.select({ names: [], order: "oldest" })];

          expect(found.map(({ seq, id, state }) => ({ seq, id, state }))).toEqual(
            model.events.map(({ seq, id, state }) => ({ seq, id, state })),
          );
          expect(store.count({ names: [] })).toBe(model.events.length);
        } finally {
          await store.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});
