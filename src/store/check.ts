import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openDatabase } from "./driver.js";
import { inspectFiles } from "./file.js";
import { processLives } from "./platform.js";
import { listenerOf } from "./rows.js";
import type { ListenerRow } from "./store.js";

/** What the check says goes into a few lines. */
const OUTPUT_LIMIT_BYTES = 64 * 1024;
/** As old may the heartbeat of a listener be that is well. */
const FRESH_MS = 15_000;

/** Whether the file of a store is whole. `unfinished`: it was too large for the time. */
export type CheckResult =
  | { readonly found: "whole" | "unfinished" }
  | { readonly found: "damaged"; readonly problems: readonly string[] };

/** Reads a store through in a process of its own, which ends when `signal` is aborted. `node`: the program that runs it. */
export function quickCheck(path: string, options: { node: string; signal: AbortSignal }): Promise<CheckResult> {
  const checker = new URL("store-checker.cjs", import.meta.resolve("#store-writer"));
  const { node, signal } = options;
  return new Promise((resolve) => {
    const how = { signal, killSignal: "SIGKILL", maxBuffer: OUTPUT_LIMIT_BYTES, windowsHide: true } as const;
    execFile(node, [fileURLToPath(checker), path], how, (error, stdout) => {
      if (signal.aborted) return resolve({ found: "unfinished" });
      const problems = error === null ? readProblems(stdout) : [error.message.split("\n")[0] ?? ""];
      resolve(problems.length === 0 ? { found: "whole" } : { found: "damaged", problems });
    });
  });
}

function readProblems(text: string): readonly string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.map(String) : [];
}

/** How the process of a row in `listeners` is. `gone`: it ended without a word; `hung`: it runs, and is silent. */
export interface ListenerState extends ListenerRow {
  readonly state: "running" | "hung" | "gone";
}

/** All rows of listeners, those of dead ones too. Empty when there is no store. Throws an SQLite error. */
export async function inspectListeners(path: string, nowMs: number): Promise<readonly ListenerState[]> {
  if (!inspectFiles(path)) return [];
  const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: 2_000 });
  try {
    const rows = db.prepare("SELECT * FROM listeners ORDER BY pid").all().map(listenerOf);
    return rows.map((row) => ({ ...row, state: stateOf(row, nowMs) }));
  } finally {
    db.close();
  }
}

function stateOf({ pid, heartbeatAt }: ListenerRow, nowMs: number): ListenerState["state"] {
  if (!processLives(pid)) return "gone";
  return nowMs - heartbeatAt <= FRESH_MS ? "running" : "hung";
}
