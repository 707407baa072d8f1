import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** An answer that holds keys. */
export interface CachedAnswer {
  readonly body: Uint8Array;
  /** Milliseconds since 1970. */
  readonly fetchedAt: number;
  readonly maxAgeMs: number;
}

/** Answers that were fetched, by URL. It only spares fetching: where it cannot be used, keys are fetched each time. */
export interface KeyCache {
  /** One that has not outlived its age. `now` in milliseconds since 1970. */
  read(url: string, now: number): Promise<CachedAnswer | undefined>;
  write(url: string, answer: CachedAnswer): Promise<void>;
}

/** Over what an answer may have, in base64 and with what stands around it. */
const MAX_FILE_BYTES = 128 * 1024;

/** A cache in a folder of its own. Its files have names made by a hash: nothing that a request says becomes a name. */
export function openKeyCache(folder: string): KeyCache {
  const pathOf = (url: string) => join(folder, `${createHash("sha256").update(url).digest("hex")}.json`);
  return {
    read: async (url, now) => {
      const answer = parseAnswer(await readSmall(pathOf(url)).catch(() => undefined), url);
      const age = answer === undefined ? NaN : now - answer.fetchedAt;
      return answer !== undefined && age >= 0 && age < answer.maxAgeMs ? answer : undefined;
    },
    write: async (url, { body, fetchedAt, maxAgeMs }) => {
      if (maxAgeMs === 0) return;
      const text = JSON.stringify({ url, fetchedAt, maxAgeMs, body: Buffer.from(body).toString("base64") });
      await replace(folder, pathOf(url), text).catch(() => undefined);
    },
  };
}

async function readSmall(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const stat = await file.stat();
    return stat.isFile() && stat.size <= MAX_FILE_BYTES ? await file.readFile("utf8") : undefined;
  } finally {
    await file.close();
  }
}

function parseAnswer(text: string | undefined, wanted: string): CachedAnswer | undefined {
  if (text === undefined) return undefined;
  try {
    const { url, fetchedAt, maxAgeMs, body } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (url !== wanted || typeof fetchedAt !== "number" || typeof maxAgeMs !== "number" || typeof body !== "string")
      return undefined;
    return { body: Buffer.from(body, "base64"), fetchedAt, maxAgeMs };
  } catch {
    return undefined;
  }
}

/** Written beside and moved into place: who reads it has the old one or the new one whole. */
async function replace(folder: string, path: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomBytes(8).toString("hex")}`;
  const file = await open(beside, "wx", 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(beside, path).catch(async (error: unknown) => {
    await rm(beside, { force: true });
    throw error;
  });
}
