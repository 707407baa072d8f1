import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startPruning, type Pruner } from "../../src/commands/listen/retention.js";
import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import { StoreError, type Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { writerUrl } from "../helpers/writer.js";

const PROJECT = "/home/dev/shop";
const DAY_MS = 86_400_000;

async function storeWith(events: readonly Partial<NewEvent>[]): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-pruning-"));
  const options = { path: join(folder, "events.db"), context: { now: () => TEST_NOW }, writerPath: await writerUrl() };
  const store = await openStore(options);
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await Promise.all(events.map((fields) => store.append(newEvent(fields))));
  return store;
}

/** A pruner whose pauses end when the test says so; each look takes `tookMs`. */
function pruning(store: Store, retention: { keep: number; keepForMs: number }, tookMs = 0) {
  const pauses: number[] = [];
  const warnings: string[] = [];
  let wake: (() => void) | undefined;
  let paused: (() => void) | undefined;
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      pauses.push(ms);
      wake = resolve;
      signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      paused?.();
    });
  let clockMs = 0;
  const context = { now: () => TEST_NOW, monotonic: () => (clockMs += tookMs), sleep };
  const output = { warn: (message: string) => void warnings.push(message) };
  const pruner: Pruner = startPruning({ store, project: PROJECT, retention, context, output });
  /** Ends a pause, and waits for the next one. */
  const round = async () => {
    const next = new Promise<void>((resolve) => (paused = resolve));
    wake?.();
    await next;
  };
  return { pruner, round, pauses, warnings };
}

function left(store: Store): number[] {
  return [...store.seqs({ names: [], order: "oldest" })];
}

describe("the pruning of listen", () => {
  it("begins after a moment, and comes again after a pause", async () => {
    const store = await storeWith([{}, {}, {}]);
    const { pruner, round, pauses } = pruning(store, { keep: 2, keepForMs: 0 });

    const before = left(store);
    await round();
    const first = left(store);
    await store.append(newEvent());
    await round();
    await pruner.end();

    expect(before).toEqual([1, 2, 3]);
    expect(first).toEqual([2, 3]);
    expect(left(store)).toEqual([3, 4]);
    expect(pauses).toEqual([1_000, 5_000, 5_000]);
  });

  it.each([
    { tookMs: 400, pauseMs: 20_000 },
    { tookMs: 30_000, pauseMs: 60_000 },
  ])("rests $pauseMs ms after a look of $tookMs ms", async ({ tookMs, pauseMs }) => {
    const { pruner, round, pauses } = pruning(await storeWith([{}]), { keep: 2, keepForMs: 0 }, tookMs);

    await round();
    await pruner.end();

    expect(pauses).toEqual([1_000, pauseMs]);
  });

  it("leaves alone what is pending or dead, what was imported, and other projects", async () => {
    const old = { receivedAt: TEST_NOW - 31 * DAY_MS };
    const store = await storeWith([
      { ...old, state: "pending" },
      { ...old, state: "dead" },
      { ...old, source: "import" },
      { ...old, project: "/other" },
      old,
      {},
    ]);
    const { pruner, round } = pruning(store, { keep: 10_000, keepForMs: 30 * DAY_MS });

    await round();
    await pruner.end();

    expect(left(store)).toEqual([1, 2, 3, 4, 6]);
  });

  it("does not begin where all is kept for ever", async () => {
    const store = await storeWith([{ receivedAt: 0 }]);
    const { pruner, pauses } = pruning(store, { keep: 0, keepForMs: 0 });

    await pruner.end();

    expect(pauses).toEqual([]);
  });

  it("ends during a pause, and removes nothing afterwards", async () => {
    const store = await storeWith([{}, {}]);
    const { pruner } = pruning(store, { keep: 1, keepForMs: 0 });

    await pruner.end();

    expect(left(store)).toEqual([1, 2]);
  });

  it("tells once of a store that refuses, and tries again", async () => {
    const store = await storeWith([{}, {}]);
    const full = Object.assign(Object.create(store) as Store, {
      remove: () => Promise.reject(new StoreError("full", "the disk of the store is full")),
    });
    const { pruner, round, warnings } = pruning(full, { keep: 1, keepForMs: 0 });

    await round();
    await round();
    await pruner.end();

    expect(warnings).toEqual(["old events cannot be removed: the disk of the store is full"]);
  });
});
