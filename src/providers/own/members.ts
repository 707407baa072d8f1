import type {
  Around,
  Binding,
  ClaimRule,
  Condition,
  ContentPart,
  FieldPath,
  HashName,
  JwtAlgorithm,
  SecretForm,
  SignatureEncoding,
  SignatureParse,
  UrlForm,
} from "../../signatures/scheme.js";
import type { Members, Shape } from "./shape.js";
import {
  choice,
  either,
  flag,
  integer,
  list,
  mapped,
  object,
  optional,
  orNull,
  record,
  referred,
  text,
  variants,
} from "./shape.js";

/* What the types of schemes are made of, as JSON. Each table has a line for each member of its type: the compiler knows. */

/** RFC 9110: what a header may be called. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const words: Shape<string> = text("text that is not empty");
/** Text that a literal or a separator may be: ASCII, line feeds too. */
const ascii = text("ASCII text that is not empty", /^[\x01-\x7f]+$/);
export const headerName = text("the name of a header", TOKEN);
export const mediaType = text("a media type", /^[\x21-\x7e]+\/[\x20-\x7e]+$/);

export const headerNames: Shape<readonly [string, ...string[]]> = either(
  mapped(headerName, (name): readonly [string] => [name]),
  mapped(list(headerName), atLeastOne),
);

/** `data.object.id`, where a number is an index; or the steps one by one. */
export const path: Shape<FieldPath> = either<FieldPath>(
  mapped(text('a place in the body such as "data.id"', /^[^\0.]+(?:\.[^\0.]+)*$/), stepsOf),
  list(either<string | number>(words, integer(0, 1_000_000_000))),
);

export const hash = choice<HashName>({ md5: true, sha1: true, sha256: true, sha384: true, sha512: true });
export const encoding = choice<SignatureEncoding>({
  hex: true,
  hexAnyCase: true,
  base64: true,
  base64url: true,
  text: true,
});

/** The same where none is a text too. */
const between = text("ASCII text", /^[\x01-\x7f]*$/);

/** The texts before and after a part. */
const around: Shape<Around> = mapped(list(between, 2), ([before, after, ...rest]) =>
  before === undefined || after === undefined || rest.length > 0 ? undefined : ([before, after] as const),
);

const named = { name: words };

const PARTS: {
  readonly [Part in ContentPart["part"]]: Members<Extract<ContentPart, { readonly part: Part }>, "part">;
} = {
  body: {},
  timestamp: {},
  id: {},
  url: {},
  method: {},
  path: {},
  query: {},
  queryParameter: { name: words, lowerCase: optional(flag), around: optional(around) },
  header: { name: headerName, around: optional(around) },
  literal: { text: ascii },
  setting: named,
  bodyHash: { hash, encoding },
  crc32: {},
  sortedForm: {},
  formField: named,
  formFieldOrBody: named,
  urlAndFields: {},
  parameters: { without: list(words, 0), between, encoded: flag },
  headerItem: { header: headerName, key: words, otherwise: between },
  sortedQuery: {},
  signedHeaders: { list: headerName, separator: ascii, between },
  fieldLines: {
    names: list(words),
    others: optional(object({ field: words, values: list(words), names: list(words) })),
  },
  bodyAsJsonString: {},
  bodyWithSecretAt: { path },
  canonicalJson: {},
  phpForm: { without: words },
  bodyUnzipped: {},
  compactJson: {},
  formJsonField: { name: words, path },
  urlUnescaped: { characters: ascii },
  pathReescaped: {},
  canonicalRequest: {},
  bodyField: { path },
  signatureBase: { components: list(words) },
  secret: {},
};

/** One part, as rows have them: `{ "part": "header", "name": "X-Id" }`. */
const wholePart: Shape<ContentPart> = variants<ContentPart, "part">("part", PARTS);
export const part = referred("#/definitions/part", wholePart);

/** The names of all parts, and for each the members that it must have, in order. */
export const partMembers: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<object>(PARTS).map(([name, members]) => [
    name,
    Object.entries(members).flatMap(([member, shape]) => ("optional" in (shape as object) ? [] : [member])),
  ]),
);

/** How the text in the signature's place is read. */
const wholeParse: Shape<SignatureParse> = variants<SignatureParse, "kind">("kind", {
  raw: {},
  prefix: { prefix: ascii, optional: optional(flag) },
  pairs: {
    item: ascii,
    pair: ascii,
    signature: orNull(ascii),
    timestamp: optional(ascii),
    trim: optional(flag),
    written: optional(ascii),
    layout: optional(ascii),
  },
  dictionary: { label: words, algorithm: words },
  list: { separator: ascii, timestampFirst: optional(flag) },
  base64Json: { signature: words, keyId: optional(words), beside: optional(record(/^/, "text by name", words)) },
});

const key: Members<Extract<SecretForm, { readonly kind: "key" }>, "kind"> = {
  type: choice({ ed25519: true, ec: true, rsa: true }),
  text: optional(choice({ "standard-webhooks": true, jwk: true, certificate: true })),
};

export const parse = referred("#/definitions/parse", wholeParse);

/** `"base64"`, or the whole form where one needs more. */
export const secret: Shape<SecretForm> = either<SecretForm>(
  mapped(choice({ utf8: true, utf8Nfkd: true, hex: true, base64: true, sha1: true }), (kind) => ({ kind })),
  variants<SecretForm, "kind">("kind", {
    utf8: {},
    utf8Nfkd: {},
    hex: {},
    base64: {},
    prefixedBase64: { prefix: ascii, without: choice({ base64: true, utf8: true, none: true }) },
    utf8After: { prefix: ascii },
    sha1: {},
    key,
  }),
);

/** Which requests a scheme is for. */
export const condition: Shape<Condition> = variants<Condition, "in">("in", {
  query: named,
  header: { name: headerName, value: optional(words), start: optional(words) },
  bodyField: { path, value: words },
});

export const binding: Shape<Binding> = variants<Binding, "kind">("kind", {
  bodyHashInQuery: { parameter: words, hash },
});

export const urlForm = choice<UrlForm>({
  withoutPort: true,
  withPort: true,
  legacyQueryWithoutPort: true,
  legacyQueryWithPort: true,
});

export const jwtAlgorithm = choice<JwtAlgorithm>({
  HS256: true,
  HS384: true,
  HS512: true,
  RS256: true,
  RS384: true,
  RS512: true,
  PS256: true,
  PS384: true,
  PS512: true,
  ES256: true,
  ES384: true,
  ES512: true,
  EdDSA: true,
});

/** `{ "iss": "mine" }`: what claims of a token must be. */
export const claims: Shape<readonly ClaimRule[]> = mapped(
  record(/^[^\0]+$/, "claims by name", words),
  (byName): readonly ClaimRule[] => Object.entries(byName).map(([claim, equals]) => ({ claim, equals })),
);

/** What schemas refer to. */
export const memberSchemas = { part: wholePart.schema, parse: wholeParse.schema };

function stepsOf(text: string): FieldPath {
  return text.split(".").map((step) => (/^(?:0|[1-9]\d{0,8})$/.test(step) ? Number(step) : step));
}

function atLeastOne<Item>([first, ...rest]: readonly Item[]): readonly [Item, ...Item[]] | undefined {
  return first === undefined ? undefined : [first, ...rest];
}
