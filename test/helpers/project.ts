import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import type { AttemptEnd } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "./event.js";
import { runCli, type RunOptions, type RunResult } from "./run.js";
import { writerUrl } from "./writer.js";

/** A folder that is a project, with a store, for one test. */
export interface TestProject {
  readonly cwd: string;
  readonly ids: readonly string[];
  /** Runs a command line there. */
  readonly run: (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;
}

/** A project whose store holds these events, oldest first; `answer` is what the app answered to the one attempt. */
export async function projectWith(
  events: readonly (Partial<NewEvent> & { answer?: Partial<AttemptEnd> })[],
): Promise<TestProject> {
  const cwd = mkdtempSync(join(tmpdir(), "hookcli-project-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const path = join(cwd, "store", "events.db");
  const store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  const ids: string[] = [];
  for (const { answer, ...fields } of events) {
    const event = newEvent({ project: cwd, ...fields });
    ids.push(event.id);
    const start = { target: "http://localhost:5000/webhook", startedAt: TEST_NOW };
    await store.append(event, answer === undefined ? undefined : start);
    const plain = { durationMs: 41, status: 200, error: null, headers: [], body: new Uint8Array() };
    if (answer !== undefined) await store.endAttempt(event.id, 1, { ...plain, ...answer });
  }
  await store.close();
  const run: TestProject["run"] = (argv, options = {}) =>
    runCli(argv, { cwd, now: TEST_NOW, ...options, env: { HOOKCLI_DB: path, ...options.env } });
  return { cwd, ids, run };
}
