import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { broken, ok, skipped, warning, type Finding, type Result } from "./finding.js";
import type { Patient, StoreSide } from "./patient.js";

/** A store grows by what is captured: less free room than this is gone within a day of tests. */
const LITTLE_BYTES = 1_000_000_000;
/** SQLite needs room for its log and for what a deletion moves. */
const TOO_LITTLE_BYTES = 64_000_000;
/** So long may the file be read through; a large one takes longer, and the probe must still say so in its time. */
const CHECK_SHARE = 0.6;

/** The file of the store, and where it lies. */
export const storeFindings: readonly Finding[] = [
  {
    name: "store",
    probes: "the store: can it be opened, is it whole (quick_check), how large is it",
    severity: "broken",
    fix: "move the file away, and hookcli starts a new one; sqlite3's .recover may save events from the old one",
    probe: probeStore,
  },
  {
    name: "permissions",
    probes: "who may read the store: its folder 0700, its files 0600",
    severity: "broken",
    fix: "take the rights of others away with chmod",
    probe: probePermissions,
  },
  {
    name: "disk",
    probes: "free room where the store lies",
    severity: "broken",
    fix: "make room, or put the store elsewhere with --db or HOOKCLI_DB",
    probe: probeDisk,
  },
];

async function probeStore({ store, text, limits }: Patient, signal: AbortSignal): Promise<Result> {
  const found = await statOf(store.path);
  if (found === undefined) return probeNewStore(store);
  try {
    await store.open();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const hint = "hint" in error && typeof error.hint === "string" ? [error.hint] : [];
    return broken(error.message, ...hint);
  }
  const sizes = await Promise.all(["", "-wal"].map((suffix) => statOf(store.path + suffix)));
  const size = text.bytes(sizes.reduce((sum, stats) => sum + (stats?.size ?? 0), 0));
  const timeMs = Math.round(limits.probeMs * CHECK_SHARE);
  const result = await store.check(AbortSignal.any([signal, AbortSignal.timeout(timeMs)]));
  if (result.found === "damaged") return broken(`${store.path} is damaged: ${result.problems[0] ?? ""}`);
  const checked = result.found === "whole" ? "whole" : `sound as far as ${text.duration(timeMs)} of reading show`;
  return ok(`${store.path} is ${checked}, ${size}`);
}

/** No store yet is well, if one can be made. */
async function probeNewStore({ path }: StoreSide): Promise<Result> {
  const folder = await existingFolder(path);
  const elsewhere = "name another place with --db or HOOKCLI_DB";
  if ((await statOf(folder))?.isDirectory() !== true)
    return broken(`${folder} is in the way: it is no folder`, elsewhere);
  try {
    await access(folder, constants.W_OK);
  } catch {
    return broken(`there is no store at ${path}, and ${folder} may not be written`, elsewhere);
  }
  return ok(`there is no store at ${path} yet; the first event makes it`);
}

async function probePermissions({ store, platform }: Patient): Promise<Result> {
  if (platform === "win32") return skipped("Windows keeps the user's own folders from others");
  const files = await Promise.all(
    ["", "-wal", "-shm"].map(async (suffix) => ({
      path: store.path + suffix,
      stats: await statOf(store.path + suffix),
    })),
  );
  if (files[0]?.stats === undefined) return skipped("there is no store yet");
  const open = files.filter(({ stats }) => stats !== undefined && (stats.mode & 0o077) !== 0);
  const [first] = open;
  if (first?.stats !== undefined) {
    const paths = open.map(({ path }) => shellWord(path)).join(" ");
    return broken(`others on this computer may read ${first.path} (${octal(first.stats.mode)})`, `chmod 600 ${paths}`);
  }
  return probeFolder(store);
}

/** The folder of a store that the user has put elsewhere is the user's; only nobody may put another file in its place. */
async function probeFolder({ path, ownFolder }: StoreSide): Promise<Result> {
  const folder = dirname(path);
  const mode = (await stat(folder)).mode;
  const replaceable = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (!(ownFolder ? (mode & 0o077) !== 0 : replaceable)) return ok("the store is the user's alone");
  return warning(
    `others on this computer may ${replaceable ? "change" : "look into"} ${folder} (${octal(mode)})`,
    `chmod 700 ${shellWord(folder)}`,
  );
}

async function probeDisk({ store, text }: Patient): Promise<Result> {
  const folder = await existingFolder(store.path);
  const free = await store.freeBytes(folder);
  const message = `${text.bytes(free)} free at ${folder}`;
  if (free < TOO_LITTLE_BYTES) return broken(message);
  return free < LITTLE_BYTES ? warning(message) : ok(message);
}

/** The nearest folder above a path that is there. */
async function existingFolder(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((await statOf(folder)) !== undefined || dirname(folder) === folder) return folder;
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
