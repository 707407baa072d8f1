import type { Around, ContentPart, FieldPath, HashName, SignatureEncoding } from "./scheme.js";

type PartName = ContentPart["part"];
type Part<Name extends PartName> = Extract<ContentPart, { readonly part: Name }>;

const WORDS: { readonly [Name in PartName]: (part: Part<Name>) => string } = {
  body: () => "body",
  timestamp: () => "timestamp",
  id: () => "id of the delivery",
  url: () => "public URL",
  method: () => "METHOD",
  path: () => "path",
  query: () => "query",
  queryParameter: ({ name, lowerCase, around }) =>
    withinWords(`query parameter ${name}${lowerCase === true ? " in lower case" : ""}`, around),
  header: ({ name, around }) => withinWords(`header ${name}`, around),
  literal: ({ text }) => JSON.stringify(text),
  setting: ({ name }) => `the setting ${name}`,
  bodyHash: ({ hash, encoding }) => `${hashWords(hash)} of the body in ${encodingWords(encoding)}`,
  crc32: () => "CRC-32 of the body in decimal",
  sortedForm: () => "form fields sorted by name, names and values joined",
  formField: ({ name }) => `form field ${name}`,
  formFieldOrBody: ({ name }) => `form field ${name}, or the body when it is no form`,
  urlAndFields: () => "public URL with its query sorted, form fields sorted after it",
  parameters: ({ without, between, encoded }) =>
    `query parameters sorted by name, without ${without.join(" and ")}, ${encoded ? "escaped" : "decoded"}${between === "" ? ", nothing between" : `, joined with ${between}`}`,
  headerItem: ({ header, key }) => `${key} of header ${header} as a JSON string`,
  sortedQuery: () => "query parameters sorted by name, joined with &",
  signedHeaders: ({ list }) => `name:value of each header that ${list} names`,
  fieldLines: ({ names, others }) => {
    const words = `name and value, a line each, of the body's ${names.join(", ")}`;
    return others === undefined
      ? words
      : `${words} (${others.names.join(", ")} where ${others.field} is ${others.values.join(" or ")})`;
  },
  bodyAsJsonString: () => "body as a JSON string, quotes included",
  bodyWithSecretAt: ({ path }) => `body with the secret in place of ${pathWords(path)}`,
  canonicalJson: () => "body as canonical JSON (RFC 8785)",
  phpForm: ({ without }) => `form fields sorted by name, without ${without}, as PHP's serialize writes them`,
  bodyUnzipped: () => "body with its gzip undone",
  compactJson: () => "body as JSON without blanks",
  formJsonField: ({ name, path }) => `${pathWords(path)} of the JSON in form field ${name}`,
  urlUnescaped: ({ characters }) => `public URL with the escapes of ${characters} undone`,
  pathReescaped: () => "path and query, the query escaped twice",
  canonicalRequest: () => "METHOD&path&query, parameters sorted and escaped, jwt left out",
  bodyField: ({ path }) => `body field ${pathWords(path)}`,
  signatureBase: ({ components }) =>
    `a line for each component that Signature-Input names (RFC 9421); ours: ${components.join(", ")}`,
  secret: () => "secret",
};

/** What is signed, part after part: `timestamp + "." + body`. */
export function contentWords(content: readonly ContentPart[]): string {
  return content.map(partWords).join(" + ");
}

function withinWords(words: string, around: Around | undefined): string {
  if (around === undefined) return words;
  return `(${around.map((text) => JSON.stringify(text)).join(` + ${words} + `)}, or nothing where it is absent)`;
}

function partWords<Name extends PartName>(part: Part<Name> & { readonly part: Name }): string {
  return WORDS[part.part](part);
}

/** A place in a JSON body: `data.items[0].id`. */
export function pathWords(path: FieldPath): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${step}`))
    .join("");
}

const HASHES: Readonly<Record<HashName, string>> = {
  md5: "MD5",
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/** `SHA-256`. */
export function hashWords(hash: HashName): string {
  return HASHES[hash];
}

const ENCODINGS: Readonly<Record<SignatureEncoding, string>> = {
  hex: "hex",
  hexAnyCase: "hex of either case",
  base64: "base64",
  base64url: "base64url",
  text: "plain text",
};

/** How bytes are written: `hex`, `base64`. */
export function encodingWords(encoding: SignatureEncoding): string {
  return ENCODINGS[encoding];
}
