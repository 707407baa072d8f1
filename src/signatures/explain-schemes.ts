import type { HeaderList } from "../events/headers.js";
import { percentDecoded } from "../events/percent.js";
import type { Cause } from "./explanation.js";
import type { ContentPart, HashName, Scheme, SignatureEncoding, SignatureParse } from "./scheme.js";

/** A scheme that the sender may have used in place of the one at hand. */
export interface SchemeVariant {
  readonly scheme: Scheme;
  readonly cause: Cause;
  /** Completes "the signature is right as ...". */
  readonly about: string;
}

/** Headers as the sender may have sent them. */
export interface HeaderVariant {
  readonly headers: HeaderList;
  /** Completes "the signature is right once ...". */
  readonly about: string;
}

const HASHES: readonly HashName[] = ["sha256", "sha1", "sha512", "sha384", "md5"];
const ENCODINGS: readonly SignatureEncoding[] = ["hexAnyCase", "base64", "base64url"];
const ENCODING_NAMES: Readonly<Record<SignatureEncoding, string>> = {
  hex: "hex",
  hexAnyCase: "hex",
  base64: "base64",
  base64url: "base64url",
  text: "text",
};

const PARSES: readonly { readonly parse: SignatureParse; readonly about: string }[] = [
  { parse: { kind: "raw" }, about: "without a prefix" },
  ...["sha256=", "sha1=", "sha512=", "v0=", "v1=", "hmac-sha256=", "hmac="].map((prefix) => ({
    parse: { kind: "prefix", prefix } as const,
    about: `with the prefix ${prefix}`,
  })),
  {
    parse: { kind: "pairs", item: ",", pair: "=", signature: undefined, trim: true },
    about: "in a list such as t=...,v1=...",
  },
  { parse: { kind: "pairs", item: " ", pair: ",", signature: undefined }, about: "in a list such as v1,... v1,..." },
  { parse: { kind: "list", separator: "," }, about: "in a list" },
];

const body: ContentPart = { part: "body" };
const timestamp: ContentPart = { part: "timestamp" };
const id: ContentPart = { part: "id" };
const url: ContentPart = { part: "url" };
const method: ContentPart = { part: "method" };
const literal = (text: string): ContentPart => ({ part: "literal", text });

/** What providers sign. Rows that the scheme at hand has no timestamp, id or URL for are left out. */
const CONTENTS: readonly { readonly parts: readonly ContentPart[]; readonly about: string }[] = [
  { parts: [body], about: "the body alone" },
  { parts: [timestamp, literal("."), body], about: "timestamp.body" },
  { parts: [timestamp, literal(":"), body], about: "timestamp:body" },
  { parts: [timestamp, body], about: "timestamp and body with nothing between" },
  { parts: [body, timestamp], about: "body and timestamp with nothing between" },
  { parts: [literal("v0:"), timestamp, literal(":"), body], about: "v0:timestamp:body" },
  { parts: [id, literal("."), timestamp, literal("."), body], about: "id.timestamp.body" },
  { parts: [id, timestamp, body], about: "id, timestamp and body with nothing between" },
  { parts: [id, literal("."), body], about: "id.body" },
  { parts: [url, body], about: "URL and body" },
  { parts: [body, url], about: "body and URL" },
  { parts: [method, url, body], about: "method, URL and body" },
  { parts: [url], about: "the URL alone" },
];

/** The same HMAC, written in another way: encoding and framing of the signature's text. */
export function* encodingVariants(scheme: Scheme): Generator<SchemeVariant> {
  if (!isHmac(scheme) || scheme.signature.from !== "header") return;
  const { signature } = scheme;
  for (const { parse, about } of [{ parse: signature.parse, about: "" }, ...PARSES]) {
    for (const encoding of ENCODINGS) {
      if (about === "" && encoding === scheme.encoding) continue;
      yield {
        scheme: { ...scheme, encoding, signature: { ...signature, parse } },
        cause: "signature_encoding",
        about: `${ENCODING_NAMES[encoding]}${about === "" ? "" : ` ${about}`}, where this scheme has ${ENCODING_NAMES[scheme.encoding]}${framing(signature.parse)}`,
      };
    }
  }
}

/** HMACs with other hashes and over other content, in any of the common encodings. */
export function* contentVariants(scheme: Scheme, hasUrl: boolean): Generator<SchemeVariant> {
  const { algorithm } = scheme;
  if (algorithm.family !== "hmac" || scheme.signature.from !== "header") return;
  const encodings = new Set<SignatureEncoding>([scheme.encoding, ...ENCODINGS]);
  for (const content of [
    { parts: scheme.content, about: "" },
    ...CONTENTS.filter((row) => fits(row.parts, scheme, hasUrl)),
  ]) {
    for (const hash of [algorithm.hash, ...HASHES.filter((name) => name !== algorithm.hash)]) {
      if (content.about === "" && hash === algorithm.hash) continue;
      for (const encoding of encodings) {
        const named = { kind: "prefix", prefix: `${hash}=` } as const;
        const parses = [scheme.signature.parse, { kind: "raw" } as const, ...(content.about === "" ? [named] : [])];
        for (const parse of parses) {
          yield {
            scheme: {
              ...scheme,
              algorithm: { family: "hmac", hash },
              encoding,
              content: content.parts,
              signature: { ...scheme.signature, parse },
            },
            cause: content.about === "" ? "other_algorithm" : "other_content",
            about: `HMAC-${hash.toUpperCase()}${content.about === "" ? "" : ` of ${content.about}`}, where this scheme has HMAC-${algorithm.hash.toUpperCase()} of ${contentTitle(scheme.content)}`,
          };
        }
      }
    }
  }
}

/** The signature header as it was before something on the way changed it. */
export function* headerVariants(scheme: Scheme, headers: HeaderList): Generator<HeaderVariant> {
  const { signature } = scheme;
  if (signature.from !== "header") return;
  const names = new Set([...signature.names, ...(signature.more ?? [])].map((name) => name.toLowerCase()));
  for (const [change, about] of HEADER_CHANGES) {
    let changed = false;
    const edited = headers.map(([name, value]): readonly [string, string] => {
      if (!names.has(name.toLowerCase())) return [name, value];
      const next = change(value);
      changed ||= next !== value;
      return [name, next];
    });
    if (changed) yield { headers: edited, about: `${about} in the signature's header` };
  }
}

const HEADER_CHANGES: readonly (readonly [(value: string) => string, string])[] = [
  [(value) => value.trim(), "the blanks around the value are removed"],
  [(value) => value.replace(/^["'`]/, "").replace(/["'`]$/, ""), "the quotes are removed"],
  [(value) => value.replaceAll(" ", "+"), "blanks are + again"],
  [percentDecoded, "the %-escapes are decoded"],
  [(value) => value.replace(/[\r\n\t]/g, ""), "line wraps and tabs are removed"],
  [(value) => value.replace(/[ \t]/g, ""), "all blanks are removed"],
  [(value) => value.toLowerCase(), "upper case is lowered"],
  [(value) => `${value}=`, "the padding = is put back"],
  [(value) => `${value}==`, "the padding == is put back"],
  [(value) => value.split(",", 1)[0]?.trim() ?? "", "only the first of the values joined by a comma is taken"],
];

function isHmac(scheme: Scheme): boolean {
  return scheme.algorithm.family === "hmac" || scheme.algorithm.family === "hash";
}

function fits(parts: readonly ContentPart[], scheme: Scheme, hasUrl: boolean): boolean {
  return parts.every(({ part }) => {
    if (part === "timestamp") return scheme.timestamp !== undefined;
    if (part === "id") return scheme.id !== undefined;
    return part !== "url" || hasUrl;
  });
}

/** `timestamp.body` for the parts of a scheme. */
function contentTitle(parts: readonly ContentPart[]): string {
  return parts.map((part) => (part.part === "literal" ? part.text : `{${part.part}}`)).join("");
}

function framing(parse: SignatureParse): string {
  return parse.kind === "prefix" && parse.optional !== true ? ` with the prefix ${parse.prefix}` : "";
}
