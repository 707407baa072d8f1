import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
} from "node:fs";
import { dirname } from "node:path";
import { storeError, toStoreError } from "./faults.js";
import { ownUserId } from "./platform.js";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** The files that SQLite keeps beside a store. It gives them the mode of the store itself. */
const COMPANIONS = ["", "-wal", "-shm"];

/** How every SQLite file begins. */
const MAGIC = Buffer.from("SQLite format 3\0", "latin1");

/**
 * Judges the files of a store: no symlink, nothing but plain files, none of another user. Returns whether the store
 * exists. Throws StoreError `unsafe`, or `corrupt` for a file that SQLite would take for an empty one because it is so short.
 */
export function inspectFiles(path: string): boolean {
  const [found] = COMPANIONS.map((suffix) => inspectFile(path + suffix));
  if (found === undefined) return false;
  if (found.size > 0 && !beginsLikeDatabase(path)) throw storeError("corrupt", path, "it is no SQLite file");
  return true;
}

/** Throws StoreError `readonly` when the store may not be written. */
export function requireWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** Makes the folder (0700) and the empty file (0600, whatever the umask) of a store that does not exist yet. */
export function createFiles(path: string): void {
  try {
    const created = mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    if (created !== undefined) chmodSync(dirname(path), FOLDER_MODE);
    // O_NOFOLLOW is absent on Windows.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const file = openSync(path, flags, FILE_MODE);
    fchmodSync(file, FILE_MODE);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !inspectFiles(path)) throw toStoreError(error, path);
  }
}

/** Takes the rights of group and others from the files of a store, should something have given them. */
export function tightenFiles(path: string): void {
  if (ownUserId === undefined) return;
  for (const suffix of COMPANIONS) {
    const stats = lstatOf(path + suffix);
    if (stats?.isFile() === true && (stats.mode & 0o077) !== 0) chmodSync(path + suffix, stats.mode & 0o700);
  }
}

function inspectFile(path: string): Stats | undefined {
  const stats = lstatOf(path);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) throw storeError("unsafe", path, "it is a symbolic link");
  if (!stats.isFile()) throw storeError("unsafe", path, "it is not a plain file");
  if (ownUserId !== undefined && stats.uid !== ownUserId)
    throw storeError("unsafe", path, "it belongs to another user");
  return stats;
}

/** Or like one whose first page a loss of power has kept from the disk: then the journal beside it says what it was. */
function beginsLikeDatabase(path: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  try {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw toStoreError(error, path);
  }
  return head.equals(MAGIC) || (head.every((byte) => byte === 0) && lstatOf(`${path}-journal`)?.isFile() === true);
}

function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw toStoreError(error, path);
  }
}
