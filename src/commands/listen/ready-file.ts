import { readFile, stat, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { plainReason } from "../../config/input.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import { writeWholeFile } from "../whole-file.js";

/** A file that is there while `listen` is ready, and at no other time. */
export interface ReadyFile {
  /** Writes it whole, in one step; again after a change. */
  write(record: unknown): Promise<void>;
  /** Takes it away, if it is still the one that was written. */
  remove(): Promise<void>;
}

/** Takes away what an earlier run has left. Throws CliError 2 for anything else that is there, and without its folder. */
export async function prepareReadyFile(given: string, context: Pick<Context, "cwd" | "random">): Promise<ReadyFile> {
  if (given === "") throw new CliError("--ready-file is empty");
  const path = resolve(context.cwd, given);
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new CliError(`--ready-file ${given}: there is no folder ${dirname(path)}`);
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new CliError(`cannot use --ready-file ${given}: it is ${there.isDirectory() ? "a folder" : "no plain file"}`);
  await removeLeftover(path, given);
  let written: string | undefined;
  return {
    async write(record) {
      written = `${JSON.stringify(record)}\n`;
      await writeWholeFile(path, Buffer.from(written), { context, force: true, isSynced: true, isPrivate: true });
    },
    async remove() {
      if (written === undefined || (await readIfThere(path, given)) !== written) return;
      await unlink(path).catch(() => undefined);
    },
  };
}

async function removeLeftover(path: string, given: string): Promise<void> {
  const text = await readIfThere(path, given);
  if (text === undefined) return;
  if (text !== "" && !isReadyRecord(text))
    throw new CliError(`--ready-file ${given} is there, and not written by hookcli`, {
      hint: "name a file that can be written over",
    });
  await unlink(path);
}

async function readIfThere(path: string, given: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CliError(`cannot use --ready-file ${given}: ${plainReason(error)}`, { cause: error });
  }
}

function isReadyRecord(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "type" in value && value.type === "ready";
  } catch {
    return false;
  }
}
