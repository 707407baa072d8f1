import type { HeaderList } from "../../events/headers.js";
import { percentDecoded } from "../../events/percent.js";
import { signatureBytes } from "../algorithm.js";
import { decodeSignature } from "../encoding.js";
import type { Cause } from "../explanation.js";
import type { HashName, Scheme, SignatureEncoding, SignatureParse } from "../scheme.js";
import { readSignatureText } from "../signature-text.js";
import { signatureHeaderNames, signatureHeaders, type Subject } from "./subject.js";
import { quoted } from "./mask.js";

/** A value that the request may mean as its signature. */
export interface Target {
  readonly bytes: Uint8Array;
  /** Absent: read as the scheme says. */
  readonly fault?: TargetFault;
}

export interface TargetFault {
  readonly cause: Extract<Cause, "signature_encoding" | "header_altered">;
  /** `signature_encoding`: completes "the signature is right as ...". `header_altered`: "... once ...". */
  readonly about: string;
  /** How the value is written, where that can be said as a scheme says it. */
  readonly encoding?: SignatureEncoding;
  readonly prefix?: string;
}

export const HASH_OF_BYTES: Readonly<Record<number, HashName>> = {
  16: "md5",
  20: "sha1",
  32: "sha256",
  48: "sha384",
  64: "sha512",
};

/** More are not looked at. */
const MAX_TARGETS = 64;
/** A signature's header that is longer is none. */
const MAX_TEXT = 16_384;

/**
 * All that the request's headers may mean as the signature: as the scheme reads it first, then with what was done to the
 * header undone, then in other encodings and framings. Every hypothesis is compared with all of them, so a fault in the
 * signature's text costs nothing beside another fault.
 */
export function findTargets({ scheme, request }: Pick<Subject, "scheme" | "request">): Target[] {
  const targets = new Map<string, Target>();
  const add = (target: Target) => {
    const key = Buffer.from(target.bytes).toString("latin1");
    if (!targets.has(key) && targets.size < MAX_TARGETS) targets.set(key, target);
  };
  const carriers = carriersOf(scheme, request.headers);
  for (const pass of [wellReadTargets, mangledTargets, looseTargets]) {
    for (const carrier of carriers) for (const target of pass(scheme, carrier)) add(target);
  }
  return [...targets.values()];
}

/** A header's value that may carry the signature. */
interface Carrier {
  readonly text: string;
  /** What is wrong with the header itself: its name. */
  readonly about: string | undefined;
}

function carriersOf(scheme: Scheme, headers: HeaderList): Carrier[] {
  const found = signatureHeaders(scheme, headers);
  const own = found.map(([name, text]) => ({ text, about: repeated(found, name) }));
  const all = own.length > 0 ? own : [...renamed(scheme, headers), ...elsewhere(scheme, headers)];
  return all.filter(({ text }) => text.length <= MAX_TEXT);
}

/** A header that came more than once counts for none. */
function repeated(found: HeaderList, name: string): string | undefined {
  const same = found.filter(([other]) => other.toLowerCase() === name.toLowerCase());
  return same.length > 1 ? `one of the ${same.length} headers ${quoted(name)} is taken` : undefined;
}

/** Headers whose names were rewritten on the way: `HTTP_X_HUB_SIGNATURE`, `X_Hub_Signature`. */
function renamed(scheme: Scheme, headers: HeaderList): Carrier[] {
  const wanted = new Map([...signatureHeaderNames(scheme)].map((name) => [plainName(name), name]));
  return headers.flatMap(([name, text]) => {
    const original = wanted.get(plainName(name));
    return original === undefined ? [] : [{ text, about: `the header ${quoted(name)} has its name ${original} again` }];
  });
}

function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/^(?:http|x-original|x-forwarded)-(?=.)/, "");
}

function elsewhere(scheme: Scheme, headers: HeaderList): Carrier[] {
  if (scheme.algorithm.family === "token") return [];
  const [name = "the signature's header"] = scheme.signature.from === "header" ? scheme.signature.names : [];
  const like = headers.filter(([other]) => /sign|hmac|sha1|sha256|digest|hash/i.test(other));
  return like.map(([other, text]) => ({ text, about: `${quoted(other)} is read in place of ${name}` }));
}

function* wellReadTargets(scheme: Scheme, { text, about }: Carrier): Generator<Target> {
  for (const bytes of readAsScheme(scheme, text)) {
    yield about === undefined ? { bytes } : { bytes, fault: { cause: "header_altered", about } };
  }
}

function* mangledTargets(scheme: Scheme, { text, about }: Carrier): Generator<Target> {
  for (const [changed, change] of unmangled(text)) {
    for (const bytes of readAsScheme(scheme, changed)) {
      const whole = [about, `${change} in the signature's header`].filter(Boolean).join(" and ");
      yield { bytes, fault: { cause: "header_altered", about: whole } };
    }
  }
}

function readAsScheme({ signature, encoding }: Scheme, text: string): Uint8Array[] {
  const fields = readSignatureText(text, signature.parse);
  if ("reason" in fields) return [];
  return fields.signatures.flatMap((value) => decodeSignature(value, encoding) ?? []);
}

/** What proxies, platforms and forms do to a header's value, undone. */
function* unmangled(text: string): Generator<readonly [text: string, about: string]> {
  for (const [change, about] of UNMANGLE) {
    const changed = change(text);
    if (changed !== text && changed !== "") yield [changed, about];
  }
}

const UNMANGLE: readonly (readonly [change: (text: string) => string, about: string])[] = [
  [(text) => text.trim(), "the blanks around the value are removed"],
  [(text) => unquoted(text.trim()), "the quotes are removed"],
  [(text) => text.replaceAll(" ", "+"), "blanks are + again"],
  [percentDecoded, "the %-escapes are decoded"],
  [(text) => percentDecoded(percentDecoded(text)), "the %-escapes are decoded twice"],
  [(text) => text.replace(/[\r\n\t]/g, ""), "line wraps and tabs are removed"],
  [(text) => text.replace(/\s/g, ""), "all blanks are removed"],
  [(text) => text.toLowerCase(), "upper case is lowered"],
  [(text) => `${text}=`, "the padding = is put back"],
  [(text) => `${text}==`, "the padding == is put back"],
  [(text) => listItem(text, 0), "only the first of the values joined by a comma is taken"],
  [(text) => listItem(text, -1), "only the last of the values joined by a comma is taken"],
  [(text) => /^\s*\[?\s*b?["']([^"']+)["']/.exec(text)?.[1] ?? "", "the list or byte string around it is removed"],
  [(text) => text.replace(/^[A-Za-z][A-Za-z0-9-]*:\s*/, ""), "the name of the header is removed"],
];

function listItem(text: string, index: number): string {
  return text.includes(",") ? (text.split(",").at(index)?.trim() ?? "") : "";
}

function unquoted(text: string): string {
  return text.replace(/^["'`]/, "").replace(/["'`]$/, "");
}

/** Every piece of the text that is as long as a signature in some encoding. */
function* looseTargets(scheme: Scheme, { text, about }: Carrier): Generator<Target> {
  if (scheme.algorithm.family === "token") return yield* looseTokens(scheme, text);
  for (const { value, frame, prefix } of piecesOf(text)) {
    for (const { bytes, encoding } of decodings(value)) {
      yield* twiceEncoded(scheme, bytes);
      if (!isLikely(scheme, bytes.length)) continue;
      const written = `${ENCODING_NAMES[encoding]}${frame}, where this scheme has ${ENCODING_NAMES[scheme.encoding]}${framing(scheme)}`;
      const words = about === undefined ? written : `${written}, once ${about}`;
      yield { bytes, fault: { cause: "signature_encoding", about: words, encoding, prefix } };
    }
  }
}

function* twiceEncoded(scheme: Scheme, bytes: Uint8Array): Generator<Target> {
  const twice = decodeSignature(Buffer.from(bytes).toString("latin1").trim(), "hexAnyCase");
  if (twice === undefined || !isLikely(scheme, twice.length)) return;
  const about = `base64 of the hex text, where this scheme has ${ENCODING_NAMES[scheme.encoding]}`;
  yield { bytes: twice, fault: { cause: "signature_encoding", about } };
}

/** A token is a text: only what stands around it can be wrong. */
function* looseTokens({ signature }: Scheme, text: string): Generator<Target> {
  const bare = text.trim().replace(/^[A-Za-z]+[ =:]\s*/, "");
  const about = `what stands before the token is ${signature.parse.kind === "prefix" ? "written as the provider does" : "removed"}`;
  if (bare !== text && bare !== "")
    yield { bytes: Buffer.from(bare, "latin1"), fault: { cause: "header_altered", about } };
}

interface Piece {
  readonly value: string;
  readonly frame: string;
  readonly prefix: string;
}

/** The whole text, and what stands between the separators that lists and prefixes have. */
function* piecesOf(text: string): Generator<Piece> {
  const bare = text.trim().replace(/^["'`]|["'`]$/g, "");
  yield { value: bare, frame: " without a prefix", prefix: "" };
  const openssl = /^(?:[A-Z0-9-]+)?\([^)]*\)= *([0-9A-Fa-f]+)$/.exec(bare)?.[1];
  if (openssl !== undefined) yield { value: openssl, frame: " after what openssl prints before it", prefix: "" };
  for (const match of bare.matchAll(/([A-Za-z0-9_-]{1,32})?([=:,| ])\s*"?([A-Za-z0-9+/_-]{20,700}={0,2})/g)) {
    const [, name = "", separator = "", value = ""] = match;
    const prefix = `${name}${separator}`;
    yield { value, frame: name === "" ? " in a list" : ` with the prefix ${quoted(prefix)}`, prefix };
  }
  for (const value of bare.split(/[,;| ]+/)) yield { value, frame: " in a list", prefix: "" };
}

function* decodings(value: string): Generator<{ readonly bytes: Uint8Array; readonly encoding: SignatureEncoding }> {
  const hex = decodeSignature(value, "hexAnyCase");
  if (hex !== undefined) yield { bytes: hex, encoding: "hexAnyCase" };
  if ((hex !== undefined && hex.length in HASH_OF_BYTES) || !/^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(value)) return;
  yield {
    bytes: Buffer.from(value, "base64"),
    encoding: /[-_]/.test(value) || !isPadded(value) ? "base64url" : "base64",
  };
}

function isPadded(value: string): boolean {
  return value.length % 4 === 0;
}

/** No less is taken for the start of a signature: less would be no proof. */
export const MIN_START_BYTES = 16;

/** Whether an algorithm of the scheme's family makes so many bytes; what is cut off may be the start of one. */
function isLikely({ algorithm }: Scheme, length: number): boolean {
  if (algorithm.family === "hmac" || algorithm.family === "hash") {
    const whole = signatureBytes(algorithm) ?? 0;
    return length in HASH_OF_BYTES || length === whole || (length >= MIN_START_BYTES && length < whole);
  }
  return signatureBytes(algorithm) === undefined ? length >= 64 && length <= 1_024 : length >= 60 && length <= 200;
}

const ENCODING_NAMES: Readonly<Record<SignatureEncoding, string>> = {
  hex: "hex",
  hexAnyCase: "hex",
  base64: "base64",
  base64url: "base64url",
  text: "text",
};

function framing({ signature }: Scheme): string {
  const { parse }: { parse: SignatureParse } = signature;
  return parse.kind === "prefix" && parse.optional !== true ? ` with the prefix ${parse.prefix}` : "";
}
