import { writeFileSync } from "node:fs";
import type { DiskEntry, StoreFile } from "./disk.js";

/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;
const KEPT_FILES: readonly StoreFile[] = ["", "-wal", "-journal"];

/** A number from 0 to 1. */
export type Random = () => number;

/**
 * What a disk may hold when the power fails after the first `count` entries: of each file, all up to its last sync; of what
 * was written later, any part, in sectors. A file's name is there for certain once its folder was synced, and gone for
 * certain once that was synced after its removal.
 */
export function diskAfter(
  entries: readonly DiskEntry[],
  count: number,
  random: Random,
): ReadonlyMap<StoreFile, Buffer> {
  const files = new Map<StoreFile, FileState>();
  for (const entry of entries.slice(0, count)) {
    if (entry.file === "folder") for (const file of files.values()) file.settleName();
    else fileOf(files, entry.file).take(entry);
  }
  const share = [0, 0.5, 0.9, 1][Math.floor(random() * 4)] ?? 1;
  const kept = KEPT_FILES.flatMap((name) => {
    const content = files.get(name)?.afterLoss(share, random);
    return content === undefined ? [] : [[name, content] as const];
  });
  return new Map(kept);
}

/** Puts such a disk's files where the store of `path` is. */
export function writeDisk(path: string, disk: ReadonlyMap<StoreFile, Buffer>): void {
  for (const [suffix, content] of disk) writeFileSync(path + suffix, content, { mode: 0o600 });
}

function fileOf(files: Map<StoreFile, FileState>, name: StoreFile): FileState {
  const file = files.get(name) ?? new FileState();
  files.set(name, file);
  return file;
}

/** A name in the folder, and the file behind it. */
class FileState {
  private data: FileData | undefined;
  /** What the name stood for at the last sync of the folder. */
  private synced: FileData | undefined;

  take(entry: DiskEntry): void {
    if (entry.operation === "create") this.data = new FileData();
    else if (entry.operation === "remove") this.data = undefined;
    else this.data?.take(entry);
  }

  settleName(): void {
    this.synced = this.data;
  }

  /** What the name stands for after a loss; `undefined`: nothing. */
  afterLoss(share: number, random: Random): Buffer | undefined {
    return (random() < 0.5 ? this.data : this.synced)?.afterLoss(share, random);
  }
}

/** What was written to a file. */
class FileData {
  private readonly content = new Content();
  private unsynced: DiskEntry[] = [];

  take(entry: DiskEntry): void {
    this.unsynced.push(entry);
    if (entry.operation !== "sync") return;
    for (const done of this.unsynced.splice(0)) this.content.apply(done);
  }

  /** After a loss of which a `share` of what was not synced is there. */
  afterLoss(share: number, random: Random): Buffer {
    const content = this.content.copy();
    for (const entry of this.unsynced) {
      if (random() >= share) continue;
      const isTorn = entry.operation === "write" && random() < 0.2;
      if (isTorn) content.applyTorn(entry, random);
      else content.apply(entry);
    }
    return content.bytes();
  }
}

/** Bytes that grow. */
class Content {
  private memory = Buffer.alloc(2 ** 16);
  private size = 0;

  copy(): Content {
    const copy = new Content();
    copy.memory = Buffer.from(this.memory);
    copy.size = this.size;
    return copy;
  }

  bytes(): Buffer {
    return this.memory.subarray(0, this.size);
  }

  apply({ operation, offset, data }: DiskEntry): void {
    if (operation === "truncate") this.resize(offset);
    else if (operation === "write") this.put(data, offset);
  }

  applyTorn({ offset, data }: DiskEntry, random: Random): void {
    for (let at = 0; at < data.length;) {
      const end = Math.min(data.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES));
      if (random() < 0.5) this.put(data.subarray(at, end), offset + at);
      at = end;
    }
  }

  private put(data: Buffer, offset: number): void {
    if (offset + data.length > this.size) this.resize(offset + data.length);
    data.copy(this.memory, offset);
  }

  /** What a file has lost and gets again is zero. */
  private resize(size: number): void {
    if (size > this.memory.length) {
      this.memory = Buffer.concat([
        this.memory,
        Buffer.alloc(Math.max(size, this.memory.length * 2) - this.memory.length),
      ]);
    }
    if (size < this.size) this.memory.fill(0, size, this.size);
    this.size = size;
  }
}
