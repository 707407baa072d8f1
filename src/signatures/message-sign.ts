import { CliError } from "../errors.js";
import { withHeaders, type HeaderList } from "../events/headers.js";
import { makeSignature, type ByteAlgorithm, type Credential } from "./algorithm.js";
import { contentDigest } from "./content-digest.js";
import { contentPieces } from "./content.js";
import { INPUT_HEADER, linesOf } from "./message-base.js";
import { fieldLines } from "./message-fields.js";
import { wantedComponents } from "./message-components.js";
import type { SignatureParts, SignOptions } from "./request.js";
import type { SignatureParse } from "./scheme.js";
import { writeSignatureText } from "./signature-text.js";
import { quoted, type Item } from "./structured-field.js";
import { writeTimestamp } from "./timestamp.js";

type DictionaryParse = Extract<SignatureParse, { readonly kind: "dictionary" }>;

/**
 * Signs a request as RFC 9421 says: the components that the scheme names, or the setting `components`; `keyid` and `tag` from
 * the settings of those names. Content-Digest is made where it is covered.
 *
 * @throws CliError when a component cannot be covered, or is taken from the URL and that is not known
 */
export function signMessage(options: SignOptions, parse: DictionaryParse, credential: Credential): SignatureParts {
  const { scheme, request, settings = {} } = options;
  const items = itemsToSign(options);
  const digest: HeaderList = items.some(({ item }) => item.value === "content-digest")
    ? [["Content-Digest", contentDigest(request.body)]]
    : [];
  const headed = { ...request, headers: withHeaders(request.headers, digest) };
  const lines = linesOf({ items }, { request: headed, scheme: scheme.name, settings });
  if ("reason" in lines) throw new CliError(`cannot sign: ${lines.message}`);
  const identifiers = lines.components.map(({ identifier }) => identifier).join(" ");
  const input = `(${identifiers})${parametersOf(options, parse, credential)}`;
  const pieces = contentPieces(scheme.content, {
    request: headed,
    url: undefined,
    timestamp: undefined,
    id: undefined,
    secret: undefined,
    settings,
    base: `${lines.text}"@signature-params": ${input}`,
  });
  const signature = Buffer.from(makeSignature(scheme.algorithm as ByteAlgorithm, credential, pieces)).toString(
    "base64",
  );
  return {
    headers: [
      ...digest,
      [INPUT_HEADER, `${parse.label}=${input}`],
      ["Signature", writeSignatureText({ signature, timestamp: undefined }, parse)],
    ],
  };
}

/** The time is written as it is given, whatever it is: who tests a receiver wants junk too. */
function parametersOf(
  { now, timestamp, settings = {} }: SignOptions,
  parse: DictionaryParse,
  credential: Credential,
): string {
  const { tag } = settings;
  const keyId = settings["keyid"] ?? ("key" in credential ? credential.key.kid : undefined);
  return [
    `;created=${timestamp ?? writeTimestamp(now, "s")}`,
    ...(keyId === undefined ? [] : [`;keyid=${quoted(keyId)}`]),
    `;alg=${quoted(parse.algorithm)}`,
    ...(tag === undefined ? [] : [`;tag=${quoted(tag)}`]),
  ].join("");
}

/** The components to cover; of the scheme's own those headers that the request does not have are left out. */
function itemsToSign({ scheme, request, settings }: SignOptions): readonly Item[] {
  const own = scheme.content.flatMap((part) => (part.part === "signatureBase" ? part.components : []));
  return wantedComponents(settings) ?? own.filter((name) => isThere(name, request.headers)).map(itemOf);
}

function itemOf(name: string): Item {
  return { item: { kind: "string", value: name }, parameters: new Map() };
}

/** The digest is made when it is asked for. */
function isThere(name: string, headers: HeaderList): boolean {
  return name.startsWith("@") || name === "content-digest" || fieldLines(headers, name).length > 0;
}
