import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../../helpers/program.js";
import { compile } from "./program.js";

/** As `enum operation` of disk.c. */
export type Operation = "write" | "truncate" | "sync" | "create" | "remove";
const OPERATIONS: readonly Operation[] = ["write", "truncate", "sync", "create", "remove"];
/** As `enum file` of disk.c; the names are what stands behind the path of the store. */
export type StoreFile = "" | "-wal" | "-journal" | "folder";
const FILES: readonly StoreFile[] = ["", "-wal", "-journal", "folder"];

/** Bytes of `struct entry`. */
const HEAD_BYTES = 32;

/** One thing that the disk was asked for, in the order in which it was done. */
export interface DiskEntry {
  readonly operation: Operation;
  readonly file: StoreFile;
  /** Of a write; the size of a truncation. */
  readonly offset: number;
  readonly data: Buffer;
  /** CLOCK_MONOTONIC. */
  readonly begunNs: bigint;
}

/** What makes a program's store go through disk.c. */
export interface WatchedDisk {
  readonly env: Record<string, string>;
  /** All that was written down. */
  entries(): readonly DiskEntry[];
  /** Operations fail from the `at`th on, counted from the start of the program, or this one alone. */
  failAt(at: number, how: { error: "EIO" | "ENOSPC"; once: boolean }): void;
  /** Operations succeed from now on. */
  heal(): void;
  /** How many there were. */
  seen(): number;
  /** How many failed. */
  failed(): number;
}

let shim: string | undefined;

/** Prepares the disk of a sandbox's store; `log`: operations are written down. */
export function watchDisk(sandbox: Sandbox, { log }: { readonly log: boolean }): WatchedDisk {
  shim ??= compile("disk.c", "-shared", "-fPIC");
  const [logPath, controlPath] = [join(sandbox.folder, "disk.log"), join(sandbox.folder, "disk.control")];
  writeFileSync(controlPath, Buffer.alloc(5 * 8));
  const put = (index: number, value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    const control = openSync(controlPath, "r+");
    writeSync(control, bytes, 0, 8, index * 8);
    closeSync(control);
  };
  const get = (index: number) => Number(readFileSync(controlPath).readBigInt64LE(index * 8));
  const env = { LD_PRELOAD: shim, DISK_STORE: sandbox.env["HOOKCLI_DB"] ?? "", DISK_CONTROL: controlPath };
  return {
    env: log ? { ...env, DISK_LOG: logPath } : env,
    entries: () => parseEntries(readFileSync(logPath)),
    failAt(at, { error, once }) {
      put(1, constants.errno[error]);
      put(2, once ? 1 : 0);
      put(0, at);
    },
    heal: () => put(0, 0),
    seen: () => get(3),
    failed: () => get(4),
  };
}

/** A last entry that a kill has cut short was never finished, and is left out. */
function parseEntries(bytes: Buffer): DiskEntry[] {
  const entries: DiskEntry[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const end = at + HEAD_BYTES + bytes.readUInt32LE(at + 4);
    const [operation, file] = [OPERATIONS[bytes.readUInt8(at) - 1], FILES[bytes.readUInt8(at + 1) - 1]];
    if (operation === undefined || file === undefined) throw new Error(`the log of the disk is broken at byte ${at}`);
    if (end > bytes.length) break;
    const [offset, begunNs] = [Number(bytes.readBigInt64LE(at + 8)), bytes.readBigInt64LE(at + 16)];
    entries.push({ operation, file, offset, begunNs, data: bytes.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return entries;
}
