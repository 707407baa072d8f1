import type {
  Algorithm,
  Scheme,
  SecretForm,
  SignatureParse,
  SignatureSource,
  TimestampRule,
} from "../../signatures/scheme.js";
import { define, type Row } from "../define.js";
import { findProvider } from "../index.js";
import type { OutgoingHeader, Provider, RetryFacts, ValueSource } from "../provider.js";
import { definition, NAME, type Definition, type SchemeDefinition } from "./definition.js";
import { DefinitionError, type Place } from "./shape.js";

export { DefinitionError } from "./shape.js";

/**
 * The row of a provider that a user has defined in JSON, of the same type as the built-in ones.
 *
 * @throws DefinitionError (a CliError) that says where in the definition what is wrong
 */
export function compileProvider(name: string, json: unknown): Provider {
  demandName(name, []);
  const defined = definition.read(json, []);
  const { aliases = [] } = defined;
  aliases.forEach((alias, index) => demandName(alias, ["aliases", index]));
  const row = rowOf(name, defined);
  return define(name, aliases, () => row);
}

/**
 * A name means one provider everywhere: in fixtures, in variables, in what is stored. A definition in the place of a built-in
 * row would make the same `verify` answer otherwise in another folder.
 */
function demandName(name: string, at: Place): void {
  if (!NAME.test(name)) throw new DefinitionError(at, "expected a name of lower-case letters, digits and dashes");
  const builtIn = findProvider(name);
  if (builtIn === undefined) return;
  const what = builtIn.name === name ? "" : `another name of ${builtIn.name}, `;
  throw new DefinitionError(
    at,
    `${name} is ${what}a provider that hookcli knows`,
    `give yours another name, such as my-${name}`,
  );
}

function rowOf(name: string, defined: Definition): Row {
  const schemes = schemesOf(name, defined);
  const { eventType = [], eventId = [], deliveryId = [], headers, ackDeadline, retry, detection } = defined;
  const { contentType, bodyForm, documents, secretPlace, unchecked, handshake, retryMark, title = name } = defined;
  const outgoing = headers ?? impliedHeaders({ eventType, eventId, deliveryId }, schemes);
  const row = { title, schemes, evidence: "own" as const, eventType, eventId, deliveryId, outgoing };
  return {
    ...row,
    ...present({ contentType, bodyForm, documents, secretPlace, unchecked, handshake, retryMark }),
    ...present({ ackDeadlineMs: ackDeadline, retry: retry === undefined ? undefined : retryFacts(retry) }),
    detection: {
      signatureHeaders: schemes.flatMap(detectingHeaders),
      ...present({ otherHeaders: detection?.otherHeaders, unless: detection?.unless }),
      ...present({ bodies: detection?.bodies?.map((paths) => paths.map((path) => ({ path }))) }),
    },
  };
}

function retryFacts({ delays, retries, note }: NonNullable<Definition["retry"]>): RetryFacts {
  return {
    note: note ?? "as you have defined it",
    ...present({ delaysMs: delays, retries: retries ?? delays?.length }),
  };
}

/** Authorization tells nothing: everybody uses it. */
function detectingHeaders({ signature }: Scheme): string[] {
  if (signature.from !== "header") return [];
  return [...signature.names, ...(signature.more ?? [])].filter((name) => name.toLowerCase() !== "authorization");
}

/** Where type and ids stand in headers, a test event has those headers. */
function impliedHeaders(
  places: Pick<Provider, "eventType" | "eventId" | "deliveryId">,
  schemes: readonly Scheme[],
): OutgoingHeader[] {
  const signed = new Set(schemes.flatMap(({ id = [] }) => id.map((name) => name.toLowerCase())));
  const from = (sources: readonly ValueSource[], what: "eventType" | "eventId" | "deliveryId") => {
    const [first] = sources;
    if (first?.in !== "header" || signed.has(first.name.toLowerCase())) return [];
    signed.add(first.name.toLowerCase());
    return [{ name: first.name, value: { from: what } }];
  };
  return [
    ...from(places.eventType, "eventType"),
    ...from(places.deliveryId, "deliveryId"),
    ...from(places.eventId, "eventId"),
  ];
}

const SCHEME_KEYS: readonly (keyof SchemeDefinition)[] = [
  "header",
  "signature",
  "prefix",
  "format",
  "more",
  "algorithm",
  "content",
];
const FURTHER_KEYS: readonly (keyof SchemeDefinition)[] = [
  "encoding",
  "secret",
  "timestamp",
  "tolerance",
  "id",
  "claims",
  "label",
];
const RARE_KEYS: readonly (keyof SchemeDefinition)[] = [
  "bindings",
  "urlForms",
  "only",
  "companions",
  "signsMediaType",
  "weak",
];

function schemesOf(name: string, defined: Definition): Scheme[] {
  if (defined.schemes === undefined) {
    const isSigned = [...SCHEME_KEYS, ...FURTHER_KEYS, ...RARE_KEYS].some((key) => defined[key] !== undefined);
    return isSigned || defined.unchecked === undefined ? [schemeOf(name, defined, [])] : [];
  }
  const beside = [...SCHEME_KEYS, ...FURTHER_KEYS, ...RARE_KEYS].find((key) => defined[key] !== undefined);
  if (beside !== undefined) throw new DefinitionError([beside], "stands in one of schemes where there are several");
  const schemes = defined.schemes.map((scheme, index) => schemeOf(name, scheme, ["schemes", index]));
  schemes.forEach((scheme, index) => {
    if (schemes.findIndex((other) => other.name === scheme.name) < index)
      throw new DefinitionError(
        ["schemes", index],
        `a second scheme ${scheme.label}`,
        "label tells one from the other",
      );
  });
  return schemes;
}

function schemeOf(provider: string, defined: SchemeDefinition, at: Place): Scheme {
  const algorithm = algorithmOf(defined, at);
  const signature = sourceOf(defined, at);
  const timestamp = stampOf(defined, signature.parse, at);
  const { label = labelOf(algorithm), bindings, urlForms, only, signsMediaType, weak, id } = defined;
  const scheme: Scheme = {
    name: `${provider}-${label}`,
    label,
    algorithm,
    content: contentOf(defined, algorithm, at),
    signature,
    encoding: defined.encoding ?? (isText(algorithm) ? "text" : "hex"),
    secret: secretOf(defined, algorithm, at),
    ...present({ timestamp, bindings, urlForms, only, signsMediaType, weak, id }),
    ...present({ companions: defined.companions === undefined ? undefined : Object.entries(defined.companions) }),
  };
  demandPlaces(scheme, at);
  return scheme;
}

function algorithmOf(
  { algorithm = { family: "hmac", hash: "sha256" }, claims }: SchemeDefinition,
  at: Place,
): Algorithm {
  if (algorithm.family === "jwt") return { ...algorithm, claims: claims ?? [] };
  if (claims === undefined) return algorithm;
  throw new DefinitionError(
    [...at, "claims"],
    "only a JWT has claims",
    '"algorithm": { "family": "jwt", "algorithms": ["HS256"] }',
  );
}

function labelOf(algorithm: Algorithm): string {
  if (algorithm.family === "jwt") return "jwt";
  return "hash" in algorithm && algorithm.family !== "hash"
    ? `${algorithm.family}-${algorithm.hash}`
    : "hash" in algorithm
      ? algorithm.hash
      : algorithm.family;
}

/** Tokens and JWTs are sent as they are. */
function isText({ family }: Algorithm): boolean {
  return family === "token" || family === "jwt";
}

function sourceOf({ header, signature, prefix, format, more }: SchemeDefinition, at: Place): SignatureSource {
  if (signature !== undefined) {
    const [twice] = Object.entries({ header, prefix, format, more }).filter(([, value]) => value !== undefined);
    if (twice === undefined) return signature;
    throw new DefinitionError([...at, twice[0]], "signature says this already");
  }
  if (header === undefined)
    throw new DefinitionError(at, "header is missing", '"header": "X-Mine-Signature" says where the signature stands');
  if (prefix !== undefined && format !== undefined)
    throw new DefinitionError([...at, "prefix"], "format says this already", `"format": "${prefix}{signature}"`);
  const parse: SignatureParse = format === undefined ? { kind: "raw" } : parseOf(format, [...at, "format"]);
  return {
    from: "header",
    names: header,
    parse: prefix === undefined ? parse : { kind: "prefix", prefix },
    ...present({ more }),
  };
}

const SIGNATURE = "{signature}";
const TIMESTAMP = "{timestamp}";
/** `t={timestamp},v1={signature}` */
const PAIRS = /^([\w-]+)(\W)\{timestamp\}(\W+)([\w-]+)\2\{signature\}$/;

/** What a header of this form is read as. */
function parseOf(format: string, at: Place): SignatureParse {
  const before = format.slice(0, -SIGNATURE.length);
  if (!before.includes(TIMESTAMP)) return before === "" ? { kind: "raw" } : { kind: "prefix", prefix: before };
  const separator = before.slice(TIMESTAMP.length);
  if (before.startsWith(TIMESTAMP) && separator !== "") return { kind: "list", separator, timestampFirst: true };
  const [, stampKey, pair, between, key] = PAIRS.exec(format) ?? [];
  if (stampKey === undefined || pair === undefined || between === undefined || key === undefined)
    throw new DefinitionError(
      at,
      `no form that can be read: ${JSON.stringify(format)}`,
      'such as "t={timestamp},v1={signature}" or "{timestamp}.{signature}"',
    );
  const item = between.trim() === "" ? " " : between.trim();
  return {
    kind: "pairs",
    item,
    pair,
    signature: key,
    timestamp: stampKey,
    ...(between === item ? {} : { trim: true, written: between }),
  };
}

function hasStamp(parse: SignatureParse): boolean {
  return parse.kind === "pairs"
    ? parse.timestamp !== undefined
    : parse.kind === "list" && parse.timestampFirst === true;
}

/** A tolerance of one's own holds for checks, and is what the provider is said to allow. */
function stampOf(
  { timestamp, tolerance }: SchemeDefinition,
  parse: SignatureParse,
  at: Place,
): TimestampRule | undefined {
  // RFC 9421: a signature may say when it was made.
  const beside = hasStamp(parse) || (parse.kind === "dictionary" && timestamp !== undefined);
  if (timestamp === undefined && !beside) {
    if (tolerance === undefined) return undefined;
    throw new DefinitionError(
      [...at, "tolerance"],
      "nothing says where the timestamp stands",
      '"timestamp": "header:X-Mine-Timestamp"',
    );
  }
  if (timestamp?.at !== undefined && beside)
    throw new DefinitionError([...at, "timestamp"], "the form of the signature's header has a timestamp already");
  if (timestamp?.at === undefined && !beside)
    throw new DefinitionError([...at, "timestamp"], "at is missing", '"at": "header:X-Mine-Timestamp"');
  const toleranceSeconds = tolerance === undefined ? undefined : tolerance / 1_000;
  return {
    from: timestamp?.at ?? { kind: "signature" },
    unit: timestamp?.unit ?? "s",
    providerToleranceSeconds: toleranceSeconds ?? null,
    providerRefusesFuture: toleranceSeconds !== undefined,
    ...present({ toleranceSeconds }),
  };
}

function contentOf({ content }: SchemeDefinition, algorithm: Algorithm, at: Place): Scheme["content"] {
  if (isText(algorithm)) {
    if (content === undefined) return [];
    throw new DefinitionError([...at, "content"], `a ${algorithm.family} signs no content`);
  }
  const parts = content ?? [{ part: "body" }];
  const needsSecret = algorithm.family === "hash";
  const hasSecret = parts.some(({ part }) => part === "secret" || part === "bodyWithSecretAt");
  if (needsSecret && !hasSecret)
    throw new DefinitionError(
      [...at, "content"],
      "a plain hash proves nothing without the secret in it",
      '"content": "{body}{secret}"',
    );
  if (!needsSecret && hasSecret)
    throw new DefinitionError(
      [...at, "content"],
      "only a plain hash has the secret in its content",
      '"algorithm": "sha256"',
    );
  return parts;
}

const KEY_TYPES = { ed25519: "ed25519", ecdsa: "ec", rsa: "rsa" } as const;

function keyType(algorithm: Algorithm): "ed25519" | "ec" | "rsa" | undefined {
  if (algorithm.family !== "jwt")
    return algorithm.family in KEY_TYPES ? KEY_TYPES[algorithm.family as keyof typeof KEY_TYPES] : undefined;
  const [first = "HS256"] = algorithm.algorithms;
  if (first.startsWith("HS")) return undefined;
  return first === "EdDSA" ? "ed25519" : first.startsWith("ES") ? "ec" : "rsa";
}

function secretOf({ secret }: SchemeDefinition, algorithm: Algorithm, at: Place): SecretForm {
  const type = keyType(algorithm);
  const form: SecretForm = secret ?? (type === undefined ? { kind: "utf8" } : { kind: "key", type });
  if (type === undefined ? form.kind !== "key" : form.kind === "key" && form.type === type) return form;
  throw new DefinitionError(
    [...at, "secret"],
    type === undefined ? "this algorithm has a shared secret, not a key" : `this algorithm has a key of type ${type}`,
  );
}

/** Parts that stand elsewhere need to be told where. */
function demandPlaces({ content, timestamp, id }: Scheme, at: Place): void {
  const signs = (name: string) => content.some(({ part }) => part === name);
  if (signs("timestamp") && timestamp === undefined)
    throw new DefinitionError(
      [...at, "content"],
      "the timestamp is signed, and nothing says where it stands",
      '"timestamp": "header:X-Mine-Timestamp"',
    );
  if (signs("id") && id === undefined)
    throw new DefinitionError(
      [...at, "content"],
      "the id is signed, and nothing says where it stands",
      '"id": "X-Mine-Id"',
    );
}

type Present<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** The values that are there. */
function present<Values extends object>(values: Values): Present<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<Values>;
}
