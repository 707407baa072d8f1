import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { rootDir } from "./data.js";
import type { Sandbox } from "./program.js";

/** What a process holds: file descriptors and threads as the system counts them, timers and listeners as Node does. */
export interface Resources {
  readonly descriptors: number;
  readonly threads: number;
  /** Timers, sockets, and listeners of `process`, by name. */
  readonly node: Readonly<Record<string, number>>;
}

/** The environment of a program whose resources are to be counted. */
export function resourceEnv(sandbox: Sandbox): Record<string, string> {
  const preload = pathToFileURL(join(rootDir, "test/helpers/resources-preload.mjs"));
  return { NODE_OPTIONS: `--import=${preload.href}`, RESOURCES_FILE: fileOf(sandbox) };
}

/** Counts what a program started with {@link resourceEnv} holds now. */
export async function countResources(child: ChildProcess, sandbox: Sandbox): Promise<Resources> {
  const file = fileOf(sandbox);
  rmSync(file, { force: true });
  child.kill("SIGUSR2");
  for (let tries = 0; !existsSync(file); tries++) {
    if (tries === 1_000) throw new Error("the program does not tell what it holds");
    await sleep(10);
  }
  return {
    descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
    threads: readdirSync(`/proc/${child.pid}/task`).length,
    node: JSON.parse(readFileSync(file, "utf8")) as Record<string, number>,
  };
}

function fileOf(sandbox: Sandbox): string {
  return join(sandbox.folder, "resources.json");
}
