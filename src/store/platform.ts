import { getuid, kill, versions } from "node:process";

/** The major version of the running Node: which SQLite driver there is. */
export const nodeMajor: number = Number(versions.node.split(".")[0]);

/** The user that files must belong to; `undefined` on Windows, which has no such number. */
export const ownUserId: number | undefined = getuid?.();

/** True while a process of that id runs. A process of another user counts as running. */
export function processLives(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
