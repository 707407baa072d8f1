import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { gunzipSync } from "node:zlib";
import { crc32 } from "./crc32.js";
import type { HeaderList } from "../events/headers.js";
import { fieldAt, parseJsonBody, parseSignedJson, scalarText } from "./body.js";
import { canonicalJson } from "./canonical-json.js";
import { encodeSignature } from "./encoding.js";
import { byCodeUnits, fieldsOf, formField, phpFields, sortedFields } from "./form.js";
import { firstBase } from "./message-base.js";
import type { Settings, SignedRequest } from "./request.js";
import type { Around, ContentPart, FieldPath, Scheme } from "./scheme.js";
import { findHeader } from "./spelling.js";
import { canonicalRequest, parameters, queryParameter, reescapedPath, unescaped, urlAndFields } from "./url.js";

/** What the parts are taken from. */
export interface ContentFacts {
  readonly request: SignedRequest;
  /** The request's body as text, where it was given so: it is hashed without a copy. */
  readonly text?: string | undefined;
  readonly url: string | undefined;
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  /** Key bytes, for plain hashes. */
  readonly secret: Uint8Array | undefined;
  readonly settings: Settings;
  /** The signature base, where it is known which of several it is. */
  readonly base?: string;
}

/** Signed bytes in pieces. A string stands for its latin1 bytes. */
export type Piece = Uint8Array | string | Utf8Text;

/** A text that stands for its UTF-8. */
export interface Utf8Text {
  readonly utf8: string;
}

type PartOf<Name extends ContentPart["part"]> = Extract<ContentPart, { readonly part: Name }>;
type PartTable = { readonly [Name in ContentPart["part"]]: (facts: ContentFacts, part: PartOf<Name>) => Piece };

/** One pure function for each kind of part. */
const PARTS: PartTable = {
  body: ({ request, text }) => (text === undefined ? request.body : { utf8: text }),
  timestamp: ({ timestamp }) => timestamp ?? "",
  id: ({ id }) => id ?? "",
  url: ({ url }) => utf8(url ?? ""),
  method: ({ request }) => (request.method ?? "POST").toUpperCase(),
  path: ({ url }) => utf8(pathOf(url)),
  query: ({ url }) => utf8(queryOf(url)),
  queryParameter: ({ url }, { name, lowerCase, around }) => {
    const value = queryParameter(url, name) ?? "";
    return utf8(within(lowerCase === true ? value.toLowerCase() : value, around));
  },
  header: ({ request }, { name, around }) => within(headerText(request.headers, name), around),
  literal: (_facts, { text }) => text,
  setting: ({ settings }, { name }) => utf8(Object.hasOwn(settings, name) ? (settings[name] ?? "") : ""),
  bodyHash: ({ request }, { hash, encoding }) =>
    encodeSignature(createHash(hash).update(request.body).digest(), encoding),
  crc32: ({ request }) => String(crc32(request.body)),
  sortedForm: ({ request }) => sortedFields(fieldsOf(request)),
  formField: ({ request }, { name }) => formField(fieldsOf(request), name) ?? "",
  formFieldOrBody: ({ request }, { name }) => onlyField(request, name) ?? request.body,
  urlAndFields: ({ request, url }) => urlAndFields(url ?? "", fieldsOf(request)),
  parameters: ({ url }, part) => utf8(parameters(queryOf(url), part)),
  headerItem: ({ request }, part) => utf8(JSON.stringify(headerItem(request.headers, part))),
  bodyField: ({ request }, { path }) => utf8(scalarText(fieldAt(parseSignedJson(request.body), path)) ?? ""),
  secret: ({ secret }) => secret ?? "",
  sortedQuery: ({ url }) => utf8(queryOf(url).split("&").toSorted(byCodeUnits).join("&")),
  signedHeaders: ({ request }, part) => signedHeaders(request.headers, part),
  fieldLines: ({ request }, part) => utf8(fieldLines(parseSignedJson(request.body), part)),
  bodyAsJsonString: ({ request }) => utf8(JSON.stringify(textOf(request.body))),
  bodyWithSecretAt: ({ request, secret }, { path }) => bodyWithSecret(request.body, path, secret),
  canonicalJson: ({ request }) => utf8(canonicalJson(parseSignedJson(request.body)) ?? ""),
  bodyUnzipped: ({ request }) => unzipped(request.body),
  compactJson: ({ request }) => utf8(compactJson(parseSignedJson(request.body))),
  formJsonField: ({ request }, { name, path }) => {
    const json = Buffer.from(formField(fieldsOf(request), name) ?? "", "latin1");
    return utf8(scalarText(fieldAt(parseSignedJson(json), path)) ?? "");
  },
  urlUnescaped: ({ url }, { characters }) => utf8(unescaped(url ?? "", characters)),
  pathReescaped: ({ url }) => utf8(reescapedPath(url ?? "")),
  canonicalRequest: ({ request, url }) => utf8(canonicalRequest(request.method ?? "POST", pathOf(url), queryOf(url))),
  signatureBase: ({ request, url, settings, base }) =>
    base ?? firstBase({ request: url === undefined ? request : withUrl(request, url), scheme: "", settings }),
  phpForm: ({ request }, { without }) => phpFields(fieldsOf(request).filter(([name]) => name !== without)),
};

/** Longer strings are not joined: that would copy them. */
const MAX_JOINED_LENGTH = 4_096;

/** The signed content, piece by piece; neighbouring short strings are joined, as each piece costs a call into the hash. */
export function contentPieces(parts: readonly ContentPart[], facts: ContentFacts): Piece[] {
  const pieces = parts.map((part) => pieceOf(part, facts));
  return pieces.length > 1 ? joined(pieces) : pieces;
}

function joined(all: readonly Piece[]): Piece[] {
  const pieces: Piece[] = [];
  for (const piece of all) {
    const last = pieces.length - 1;
    const before = pieces[last];
    const isJoined =
      typeof piece === "string" && typeof before === "string" && before.length + piece.length <= MAX_JOINED_LENGTH;
    if (isJoined) pieces[last] = before + piece;
    else pieces.push(piece);
  }
  return pieces;
}

/** One part of the content. */
function pieceOf<Name extends ContentPart["part"]>(
  part: PartOf<Name> & { readonly part: Name },
  facts: ContentFacts,
): Piece {
  return PARTS[part.part](facts, part);
}

/** The pieces as one run of bytes. */
export function joinPieces(pieces: readonly Piece[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only instanceof Uint8Array) return only;
  return Buffer.concat(pieces.map(pieceBytes));
}

function pieceBytes(piece: Piece): Uint8Array {
  if (typeof piece === "string") return Buffer.from(piece, "latin1");
  return "utf8" in piece ? Buffer.from(piece.utf8, "utf8") : piece;
}

const URL_PARTS: ReadonlySet<ContentPart["part"]> = new Set([
  "url",
  "path",
  "query",
  "queryParameter",
  "sortedQuery",
  "parameters",
  "urlAndFields",
  "urlUnescaped",
  "pathReescaped",
  "canonicalRequest",
  "signatureBase",
]);
const BODY_PARTS: ReadonlySet<ContentPart["part"]> = new Set([
  "body",
  "bodyHash",
  "crc32",
  "sortedForm",
  "formField",
  "formFieldOrBody",
  "urlAndFields",
  "fieldLines",
  "bodyAsJsonString",
  "bodyWithSecretAt",
  "canonicalJson",
  "phpForm",
  "bodyField",
  "bodyUnzipped",
  "compactJson",
  "formJsonField",
  "signatureBase",
]);

/** Names of the values configured at the provider that a scheme signs. */
export function configuredValues({ algorithm, content }: Scheme): readonly string[] {
  const claims = algorithm.family === "jwt" ? algorithm.claims : [];
  const parts = [...content, ...claims.flatMap((rule) => ("content" in rule ? rule.content : []))];
  return parts.flatMap((part) => (part.part === "setting" ? [part.name] : []));
}

/** True when any of the parts is taken from the URL. */
export function signsUrl(parts: readonly ContentPart[]): boolean {
  return parts.some(({ part }) => URL_PARTS.has(part));
}

/** True when a signature of the scheme, or a fact beside it, says anything about the body. */
export function signsBody({ algorithm, content, bindings = [] }: Scheme): boolean {
  return algorithm.family === "jwt" || bindings.length > 0 || content.some(({ part }) => BODY_PARTS.has(part));
}

/** The body is named as it may be an accessor, which a copy of the other members does not take along. */
function withUrl(request: SignedRequest, url: string): SignedRequest {
  return { ...request, body: request.body, url };
}

function utf8(text: string): Piece {
  return Buffer.from(text, "utf8");
}

/** A value between the texts that go with it; nothing where there is no value. */
function within(value: string, [before, after]: Around = ["", ""]): string {
  return value === "" ? "" : `${before}${value}${after}`;
}

function signedHeaders(headers: HeaderList, { list, separator, between }: PartOf<"signedHeaders">): string {
  const names = headerText(headers, list).split(separator);
  return names.map((name) => `${name}:${headerText(headers, name).trim()}`).join(between);
}

function headerText(headers: HeaderList, name: string): string {
  const found = findHeader(headers, name);
  return found.count === 1 ? found.value : "";
}

/** A form's field that stands there once: of two, the app may read the other one. */
function onlyField(request: SignedRequest, name: string): string | undefined {
  if (findHeader(request.headers, "content-type").count !== 1) return undefined;
  const [only, ...others] = fieldsOf(request).filter(([key]) => key === name);
  return others.length === 0 ? only?.[1] : undefined;
}

function headerItem(headers: HeaderList, { header, key, otherwise }: PartOf<"headerItem">): string {
  const items = headerText(headers, header).split(",");
  const found = items.map((item) => item.trim()).find((item) => item.startsWith(`${key}=`));
  return found?.slice(key.length + 1) ?? otherwise;
}

function fieldLines(body: unknown, { names, others }: PartOf<"fieldLines">): string {
  const value = others === undefined ? undefined : fieldAt(body, [others.field]);
  const isOther = typeof value === "string" && others?.values.includes(value) === true;
  return (isOther ? others.names : names)
    .map((name) => [name, scalarText(fieldAt(body, [name]))] as const)
    .map(([name, value]) => (value === undefined ? "" : `${name}\n${value}\n`))
    .join("");
}

/** By bytes: the field's JSON text, which is found in the body as it was written, gives way to the secret in quotes. */
function bodyWithSecret(body: Uint8Array, path: FieldPath, secret: Uint8Array | undefined): Piece {
  const value = scalarText(fieldAt(parseJsonBody(body), path));
  if (value === undefined || value === "" || secret === undefined) return body;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
  const wanted = Buffer.from(value).toString("latin1");
  return text.replace(wanted, () => Buffer.from(secret).toString("latin1"));
}

/** A compressed body of a few kilobytes may stand for gigabytes. */
const MAX_UNZIPPED_BYTES = 16 * 2 ** 20;

function unzipped(body: Uint8Array): Uint8Array {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    // Loaded for the one who needs it: it takes a part of every start.
    const zlib = createRequire(import.meta.url)("node:zlib") as { gunzipSync: typeof gunzipSync };
    return zlib.gunzipSync(body, { maxOutputLength: MAX_UNZIPPED_BYTES });
  } catch {
    return body;
  }
}

/** JSON.parse reads what is nested too deep for JSON.stringify: nobody signs that. */
function compactJson(value: unknown): string {
  try {
    return value === undefined ? "" : (JSON.stringify(value) ?? "");
  } catch {
    return "";
  }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
}

function pathOf(url: string | undefined): string {
  return url === undefined ? "" : new URL(url).pathname;
}

function queryOf(url: string | undefined): string {
  return url === undefined ? "" : new URL(url).search.slice(1);
}
