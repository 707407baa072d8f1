import { CliError } from "../../src/errors.js";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider } from "../../src/providers/index.js";
import { contentPieces, joinPieces, signsUrl } from "../../src/signatures/content.js";
import { decodeSignature } from "../../src/signatures/encoding.js";
import { parseKeys } from "../../src/signatures/key-set.js";
import { readRequest } from "../../src/signatures/read-request.js";
import type { SignedRequest } from "../../src/signatures/request.js";
import type { ContentPart, Scheme } from "../../src/signatures/scheme.js";
import { requireUrl } from "../../src/signatures/url.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { NOW, oracles, requestBy, sentBy, type Oracle } from "./oracles.js";
import { placeOracles } from "./oracles-of-places.js";

/** A request that somebody else has signed, with what checks it. */
export interface Signed {
  readonly scheme: Scheme;
  readonly request: Required<SignedRequest>;
  readonly check: (request: SignedRequest, now?: number) => ReturnType<typeof verifyRequest>;
  readonly covers: Oracle["covers"] | "places";
  /** The header with the signature; else it stands in the URL or in the body. */
  readonly signatureHeader: string | undefined;
  readonly oracle: Oracle | undefined;
}

/** As long as it takes for two thousand bits; not all of it ASCII. */
export const LONG_BODY = Buffer.from(
  `{"type":"message.created","data":{"id":"msg_1","content":"h\u00e9llo \u4e16\u754c","tags":["a","b"],"total":12.50,"text":"${"lorem ipsum dolor ".repeat(10)}"}}`,
);

/** A request for each scheme of each row. */
export function everySigned(): Signed[] {
  return [
    ...oracles.map((oracle) => signedBy(oracle)),
    ...placeOracles.map((oracle): Signed => {
      const scheme = schemeOf(oracle.provider, oracle.scheme);
      const request = { method: "POST", ...oracle.signed, body: Buffer.from(oracle.signed.body) };
      const header = scheme.signature.from === "header" ? scheme.signature.names[0] : undefined;
      return {
        scheme,
        request,
        check: checker(scheme, oracle.secret),
        covers: "places",
        signatureHeader: header,
        oracle: undefined,
      };
    }),
  ];
}

/** What an oracle signs, of another body where that is given. */
export function signedBy(oracle: Oracle, body?: Uint8Array): Signed {
  const scheme = schemeOf(oracle.provider, oracle.scheme);
  const isFree = oracle.sends === undefined && oracle.signedBody === undefined;
  const given = body ?? (isFree ? LONG_BODY : undefined);
  const request = requestBy(oracle, sentBy(oracle, given === undefined ? {} : { body: given }));
  return {
    scheme,
    request,
    check: checker(scheme, oracle.secret, oracle.settings),
    covers: oracle.covers,
    signatureHeader: oracle.signatureHeader,
    oracle,
  };
}

function schemeOf(provider: string, name: string): Scheme {
  const scheme = findProvider(provider)?.schemes.find((one) => one.name === name);
  if (scheme === undefined) throw new Error(`no scheme ${name}`);
  return scheme;
}

/** The key is parsed once: that costs more than checking a signature. */
function checker(scheme: Scheme, secret: string, settings: Readonly<Record<string, string>> = {}): Signed["check"] {
  const bytes = Buffer.from(secret);
  const credentials = scheme.secret.kind === "key" ? { keys: parseKeys(bytes) } : { secrets: [bytes] };
  return (request, now = NOW) => verifyRequest({ scheme, request, ...credentials, now, settings });
}

/** What the scheme takes from a request: what is read of it, and the bytes that are signed. */
export function takenFrom({ scheme }: Signed, request: SignedRequest, settings = {}): string {
  const reading = readRequest(scheme, request);
  const claims = scheme.algorithm.family === "jwt" ? scheme.algorithm.claims : [];
  const lists = [scheme.content, ...claims.flatMap((rule) => ("content" in rule ? [rule.content] : []))];
  const contents = lists.map((parts) =>
    Buffer.from(contentOf(scheme, parts, { request, settings, reading })).toString("base64"),
  );
  return JSON.stringify([
    "reason" in reading ? reading : { ...reading, signatures: bytesOf(scheme, reading.signatures) },
    contents,
  ]);
}

/** The signatures as they are written in a request. */
export function signaturesIn({ scheme }: Signed, request: SignedRequest): readonly string[] {
  const reading = readRequest(scheme, request);
  return "reason" in reading ? [] : reading.signatures;
}

/** Hex of either case is the same signature. */
function bytesOf({ algorithm, encoding }: Scheme, signatures: readonly string[]): string[] {
  if (algorithm.family === "jwt") return [...signatures];
  return signatures.map((text) => decodeSignature(text, encoding)?.toString("latin1") ?? `not ${encoding}: ${text}`);
}

function contentOf(
  scheme: Scheme,
  parts: readonly ContentPart[],
  { request, settings, reading }: { request: SignedRequest; settings: object; reading: ReturnType<typeof readRequest> },
): Uint8Array {
  if ("reason" in reading) return new Uint8Array();
  const url =
    signsUrl(parts) || scheme.urlForms !== undefined ? requireUrl("x", request.url, request.headers) : undefined;
  const facts = { request, url, timestamp: reading.timestamp?.text, id: reading.id, secret: undefined };
  return joinPieces(contentPieces(parts, { ...facts, settings: { ...settings } }));
}

/** A verdict, or that the URL cannot be one: that is misuse, and said so. */
export function outcome(signed: Signed, request: SignedRequest): boolean {
  try {
    return signed.check(request).valid;
  } catch (error) {
    if (error instanceof CliError && /not a URL|is not known/.test(error.message)) return false;
    throw error;
  }
}

/** The bytes with one bit, or two, turned over. */
export function withBits(bytes: Uint8Array, ...bits: readonly number[]): Buffer {
  const changed = Buffer.from(bytes);
  for (const bit of bits) changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** The headers with another value of one. */
export function withHeader(headers: HeaderList, index: number, value: string): HeaderList {
  return headers.map((header, at) => (at === index ? ([header[0], value] as const) : header));
}
