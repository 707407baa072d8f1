import { parseJsonBody, fieldAt } from "./body.js";
import { decodeBase64 } from "./encoding.js";
import type { SignatureParse } from "./scheme.js";
import { parseDictionary } from "./structured-field.js";
import type { ReasonCode } from "./verdict.js";

/** More signatures than any provider sends; each may cost a public-key operation. */
export const MAX_SIGNATURES = 64;

/** What stands in a signature's text: encoded signatures, and the timestamp where it stands with them. */
export interface SignatureFields {
  readonly signatures: readonly string[];
  readonly timestamp?: string;
  /** The id of the key that made them, where it stands with them. */
  readonly keyId?: string;
}

/** What is written into a signature's text. */
interface WrittenFields {
  readonly signature: string;
  readonly timestamp: string | undefined;
  readonly keyId?: string | undefined;
}

export interface SignatureProblem {
  readonly reason: ReasonCode;
  readonly message: string;
}

export type SignatureReading = SignatureFields | SignatureProblem;

type ParseOf<Kind extends SignatureParse["kind"]> = Extract<SignatureParse, { readonly kind: Kind }>;
interface Syntax<Kind extends SignatureParse["kind"]> {
  readonly read: (text: string, parse: ParseOf<Kind>) => SignatureReading;
  readonly write: (fields: WrittenFields, parse: ParseOf<Kind>) => string;
}

/** One reader and its writer for each kind. All are linear in the text. */
const SYNTAX: { readonly [Kind in SignatureParse["kind"]]: Syntax<Kind> } = {
  raw: { read: (text) => ({ signatures: [text] }), write: ({ signature }) => signature },
  prefix: { read: readPrefixed, write: ({ signature }, { prefix }) => prefix + signature },
  pairs: { read: readPairs, write: writePairs },
  dictionary: { read: readLabelled, write: ({ signature }, { label }) => `${label}=:${signature}:` },
  list: { read: readList, write: writeList },
  base64Json: { read: readBase64Json, write: writeBase64Json },
};

/** Reads the text that carries the signature. */
export function readSignatureText<Kind extends SignatureParse["kind"]>(
  text: string,
  parse: ParseOf<Kind> & { readonly kind: Kind },
): SignatureReading {
  if (text === "") return { reason: "malformed_header", message: "the signature is empty" };
  const reading = SYNTAX[parse.kind].read(text, parse);
  if ("signatures" in reading && reading.signatures.length > MAX_SIGNATURES) {
    return {
      reason: "malformed_header",
      message: `${reading.signatures.length} signatures at once; at most ${MAX_SIGNATURES} are looked at`,
    };
  }
  return reading;
}

/** Writes it as the provider would. */
export function writeSignatureText<Kind extends SignatureParse["kind"]>(
  fields: WrittenFields,
  parse: ParseOf<Kind> & { readonly kind: Kind },
): string {
  return SYNTAX[parse.kind].write(fields, parse);
}

const ALGORITHM_PREFIX = /^(?:hmac-)?(?:md5|sha(?:1|224|256|384|512))(?:-hex)?[= ]/i;
const VERSION_PREFIX = /^v[0-9]{1,3}[a-z]?[=,]/;

function readPrefixed(text: string, { prefix, optional }: ParseOf<"prefix">): SignatureReading {
  if (text.startsWith(prefix)) return { signatures: [text.slice(prefix.length)] };
  if (optional === true) return { signatures: [text] };
  const message = `the signature does not start with "${prefix}"`;
  const start = text.slice(0, 32);
  if (VERSION_PREFIX.test(prefix) && VERSION_PREFIX.test(start)) return { reason: "unsupported_version", message };
  if (ALGORITHM_PREFIX.test(prefix) && ALGORITHM_PREFIX.test(start))
    return { reason: "algorithm_not_allowed", message };
  return { reason: "malformed_header", message };
}

function readPairs(text: string, parse: ParseOf<"pairs">): SignatureReading {
  const signatures: string[] = [];
  const timestamps: string[] = [];
  let version: string | undefined;
  for (const raw of text.split(parse.item)) {
    const item = parse.trim === true ? raw.trim() : raw;
    const at = item.indexOf(parse.pair);
    if (at < 0) continue;
    const key = item.slice(0, at);
    const value = item.slice(at + parse.pair.length);
    if (key === parse.timestamp) timestamps.push(value);
    else if (parse.signature === undefined || key === parse.signature) signatures.push(value);
    else version ??= key;
  }
  if (timestamps.length > 1)
    return { reason: "malformed_header", message: `"${parse.timestamp}" stands there ${timestamps.length} times` };
  const [timestamp] = timestamps;
  if (signatures.length === 0) return noSignature(parse, version);
  return timestamp === undefined ? { signatures } : { signatures, timestamp };
}

function noSignature(parse: ParseOf<"pairs">, version: string | undefined): SignatureProblem {
  const wanted = `${parse.signature ?? "key"}${parse.pair}`;
  if (version !== undefined && /^[a-z]{1,3}[0-9]{0,3}[a-z]?$/.test(version)) {
    return {
      reason: "unsupported_version",
      message: `there is a "${version}" signature but none of "${parse.signature ?? ""}"`,
    };
  }
  return { reason: "malformed_header", message: `there is no "${wanted}..." in it` };
}

function writePairs(
  { signature, timestamp }: { signature: string; timestamp: string | undefined },
  parse: ParseOf<"pairs">,
): string {
  if (parse.layout !== undefined)
    return parse.layout.replace("{signature}", () => signature).replace("{timestamp}", () => timestamp ?? "");
  const item = `${parse.signature ?? "key"}${parse.pair}${signature}`;
  if (parse.timestamp === undefined || timestamp === undefined) return item;
  return `${parse.timestamp}${parse.pair}${timestamp}${parse.written ?? parse.item}${item}`;
}

function readLabelled(text: string): SignatureReading {
  const members = parseDictionary(text)?.members.values() ?? [];
  const signatures = [...members].flatMap((member) =>
    "item" in member && member.item.kind === "binary" ? [member.item.value.toString("base64")] : [],
  );
  if (signatures.length > 0) return { signatures };
  return { reason: "malformed_header", message: "it is no dictionary of signatures as RFC 9421 has it" };
}

function readList(text: string, { separator, timestampFirst }: ParseOf<"list">): SignatureReading {
  const values = text.split(separator).map((value) => value.trim());
  if (timestampFirst !== true) return { signatures: values };
  const [timestamp = "", ...signatures] = values;
  if (signatures.length === 0)
    return { reason: "malformed_header", message: "there is no signature after the timestamp" };
  return { signatures, timestamp };
}

function writeList(
  { signature, timestamp }: { signature: string; timestamp: string | undefined },
  { separator, timestampFirst }: ParseOf<"list">,
): string {
  return timestampFirst === true && timestamp !== undefined ? `${timestamp}${separator}${signature}` : signature;
}

function readBase64Json(text: string, parse: ParseOf<"base64Json">): SignatureReading {
  const bytes = decodeBase64(text);
  const value = bytes === undefined ? undefined : parseJsonBody(bytes);
  const signature = fieldAt(value, [parse.signature]);
  if (typeof signature !== "string")
    return { reason: "malformed_header", message: `it is not base64 of JSON with "${parse.signature}"` };
  for (const [name, wanted] of Object.entries(parse.beside ?? {})) {
    const said = fieldAt(value, [name]);
    if (typeof said !== "string") return { reason: "malformed_header", message: `there is no "${name}" in it` };
    if (said !== wanted)
      return { reason: "algorithm_not_allowed", message: `its ${name} is "${said.slice(0, 40)}", not ${wanted}` };
  }
  if (parse.keyId === undefined) return { signatures: [signature] };
  const keyId = fieldAt(value, [parse.keyId]);
  if (typeof keyId !== "string") return { reason: "malformed_header", message: `there is no "${parse.keyId}" in it` };
  return { signatures: [signature], keyId };
}

/** What a key without an id is called where the provider's have one. */
const NO_NAME = "hookcli";

function writeBase64Json({ signature, keyId = NO_NAME }: WrittenFields, parse: ParseOf<"base64Json">): string {
  const id = parse.keyId === undefined ? {} : { [parse.keyId]: keyId };
  const fields = { ...parse.beside, ...id, [parse.signature]: signature };
  return Buffer.from(JSON.stringify(fields)).toString("base64");
}
