import type { KeySource } from "../providers/provider.js";
import { parseKeys } from "../signatures/key-set.js";
import type { Key } from "../signatures/key.js";
import type { SignedRequest } from "../signatures/request.js";
import type { KeyCache } from "./cache.js";
import { keyPlace } from "./pin.js";

/** Until a provider's answer is there whole, milliseconds. */
export const FETCH_MS = 5_000;
/** The longest answer that is read: a certificate's chain has a few kilobytes, a set of keys not much more. */
export const FETCH_LIMIT_BYTES = 64 * 1024;

/** The answer to a GET; redirects are not followed. */
export interface Fetched {
  readonly status: number;
  /** Of Cache-Control. */
  readonly cacheControl: string | undefined;
  readonly body: Uint8Array;
}

/** What fetching needs of the world. */
export interface FetchTools {
  /** One GET within {@link FETCH_MS} and {@link FETCH_LIMIT_BYTES}. */
  readonly get: (url: URL) => Promise<Fetched>;
  readonly cache: KeyCache;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The keys of a request; `untrusted`: it names a place that is not the provider's, and nothing was fetched. */
export type FetchedKeys =
  | { readonly keys: readonly Key[]; readonly url: string; readonly fromCache: boolean }
  | { readonly untrusted: string };

/** A key that came this lately is not fetched again because a request names another. */
const FRESH_MS = 60_000;

/**
 * The keys that a request is to be checked with, from where its provider publishes them, or from the cache. `keyId`: the id of
 * the key that it was signed with; where a set in the cache lacks it, the set is fetched again.
 *
 * @throws Error when they cannot be had, or are no keys
 */
export async function fetchKeys(
  source: KeySource,
  request: SignedRequest,
  { tools, keyId }: { tools: FetchTools; keyId: string | undefined },
): Promise<FetchedKeys> {
  const place = keyPlace(source, request);
  if ("problem" in place) return { untrusted: place.problem };
  const { cache, now } = tools;
  const { href: url } = place.url;
  const cached = await cache.read(url, now);
  const known = cached === undefined ? undefined : readKeys(source, cached.body);
  if (known !== undefined && cached !== undefined && (has(known, keyId) || now - cached.fetchedAt < FRESH_MS))
    return { keys: known, url, fromCache: true };
  const { status, cacheControl, body } = await tools.get(place.url);
  if (status !== 200) throw new Error(`${place.url.host} answered ${status}`);
  const keys = readKeys(source, body);
  if (keys === undefined) throw new Error(`${place.url.host} answered with something else than keys`);
  await cache.write(url, { body, fetchedAt: now, maxAgeMs: maxAgeMs(cacheControl) });
  return { keys, url, fromCache: false };
}

function has(keys: readonly Key[], keyId: string | undefined): boolean {
  return keyId === undefined || keys.some(({ kid }) => kid === undefined || kid === keyId);
}

/** A certificate where certificates are, a set where sets are: an answer of another kind is none. */
function readKeys({ kind }: KeySource, body: Uint8Array): readonly Key[] | undefined {
  try {
    const keys = parseKeys(body);
    const isRight = (key: Key) => (kind === "x509" ? key.certificate !== undefined : key.form === "jwk");
    return keys.every((key) => isRight(key) && key.privateKey === undefined) ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** Keys are kept a day at most, and an hour where nothing is said. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
const USUAL_AGE_MS = 60 * 60 * 1000;

function maxAgeMs(cacheControl = ""): number {
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return 0;
  const seconds = /\bmax-age=(\d{1,9})\b/i.exec(cacheControl)?.[1];
  return seconds === undefined ? USUAL_AGE_MS : Math.min(Number(seconds) * 1000, MAX_AGE_MS);
}
