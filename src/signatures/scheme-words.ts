import { contentWords, encodingWords, hashWords, pathWords } from "./content-words.js";
import type {
  Algorithm,
  Binding,
  ClaimRule,
  Condition,
  CurveName,
  HeaderNames,
  KeyType,
  Scheme,
  SecretForm,
  SignatureParse,
  SignatureSource,
  TimestampRule,
  UrlForm,
} from "./scheme.js";
import { DEFAULT_TOLERANCE_SECONDS } from "./request.js";
import { UNIT_TITLES } from "./timestamp.js";

const CURVES: Readonly<Record<CurveName, string>> = {
  p256: "P-256",
  p384: "P-384",
  p521: "P-521",
  secp256k1: "secp256k1",
};

type Family = Algorithm["family"];
type AlgorithmOf<Name extends Family> = Extract<Algorithm, { readonly family: Name }>;

const ALGORITHMS: { readonly [Name in Family]: (algorithm: AlgorithmOf<Name>) => string } = {
  hmac: ({ hash, bits }) =>
    `HMAC-${hash === "md5" ? "MD5" : hash.toUpperCase()}${bits === undefined ? "" : `, its first ${bits} bits`}`,
  hash: ({ hash }) => `${hashWords(hash)} (a plain hash)`,
  ed25519: () => "Ed25519",
  ecdsa: ({ hash, curve, format }) =>
    `ECDSA ${CURVES[curve]} with ${hashWords(hash)}, ${format === "der" ? "DER" : "r and s"}`,
  rsa: ({ hash, padding }) => `RSA ${padding === "pss" ? "PSS" : "PKCS#1 v1.5"} with ${hashWords(hash)}`,
  jwt: ({ algorithms }) => `JWT, ${algorithms.join(" or ")}`,
  token: () => "none: what is sent is the secret itself",
};

/** `HMAC-SHA256`, `Ed25519`, `JWT, HS256`. */
export function algorithmWords<Name extends Family>(algorithm: AlgorithmOf<Name> & { readonly family: Name }): string {
  return ALGORITHMS[algorithm.family](algorithm);
}

/** Algorithm and encoding in a few words, as a table has room for. */
export function schemeWords({ algorithm, encoding, name }: Scheme): string {
  if (algorithm.family === "token") return name.endsWith("-basic") ? "basic authorization" : "token";
  return algorithm.family === "jwt"
    ? algorithmWords(algorithm)
    : `${algorithmWords(algorithm)}, ${encodingWords(encoding)}`;
}

/** What is signed: the content part by part, for a JWT its claims, for a token nothing. */
export function signedWords({ algorithm, content }: Scheme): string {
  if (algorithm.family === "token") return "nothing: the request proves only that its sender knows the secret";
  if (algorithm.family !== "jwt") return contentWords(content);
  const claims = algorithm.claims.map(claimWords);
  const rules = algorithm.countsFromIssue === true ? [...claims, "iat no older than the tolerance"] : claims;
  return rules.length === 0 ? "the token alone, nothing of the request" : `the token, with ${rules.join("; ")}`;
}

function claimWords(rule: ClaimRule): string {
  if ("equals" in rule)
    return `${rule.claim} = ${[rule.equals]
      .flat()
      .map((value) => JSON.stringify(value))
      .join(" or ")}`;
  const content = contentWords(rule.content);
  const value = rule.hash === undefined ? content : `${hashWords(rule.hash)} of ${content}`;
  const absent = rule.absentForEmptyBody === true ? ", absent for an empty body" : "";
  return `${rule.claim} = ${value} in ${encodingWords(rule.encoding)}${absent}`;
}

type From = SignatureSource["from"];
type SourceOf<Name extends From> = Extract<SignatureSource, { readonly from: Name }>;

const SOURCES: { readonly [Name in From]: (source: SourceOf<Name>, value: string) => string } = {
  header: ({ names, more = [] }, value) =>
    `${names[0]}: ${value}${alsoCalled(names)}${more.length === 0 ? "" : ` (${more.join(", ")} may carry another)`}`,
  bodyField: ({ path }, value) => `body field ${pathWords(path)}: ${value}`,
  formField: ({ name, path }, value) =>
    path === undefined
      ? `form field ${name}: ${value}`
      : `${pathWords(path)} of the JSON in form field ${name}: ${value}`,
  query: ({ name }, value) => `query parameter ${name}: ${value}`,
};

/** Where the signature stands and what it looks like: `Stripe-Signature: t=<seconds>,v1=<hex>`. */
export function signatureWords(scheme: Scheme): string {
  return sourceWords(scheme.signature, shape(scheme));
}

function sourceWords<Name extends From>(source: SourceOf<Name> & { readonly from: Name }, value: string): string {
  return SOURCES[source.from](source, value);
}

type Kind = SignatureParse["kind"];
type ParseOf<Name extends Kind> = Extract<SignatureParse, { readonly kind: Name }>;
interface Pieces {
  readonly value: string;
  readonly stamp: string;
}

const SHAPES: { readonly [Name in Kind]: (parse: ParseOf<Name>, pieces: Pieces) => string } = {
  raw: (_parse, { value }) => value,
  prefix: ({ prefix, optional }, { value }) => `${prefix}${value}${optional === true ? `, or without ${prefix}` : ""}`,
  pairs: ({ item, pair, signature = "<name>", timestamp, written = item, layout }, { value, stamp }) =>
    layout?.replace("{signature}", value).replace("{timestamp}", stamp) ??
    `${timestamp === undefined ? "" : `${timestamp}${pair}${stamp}${written}`}${signature}${pair}${value}`,
  dictionary: ({ label }, { value }) => `${label}=:${value}:`,
  list: ({ separator, timestampFirst }, { value, stamp }) =>
    timestampFirst === true
      ? `${stamp}${separator}${value}`
      : `${value}, several with ${JSON.stringify(separator)} between`,
  base64Json: ({ signature, keyId }, { value }) =>
    `base64 of {${keyId === undefined ? "" : `"${keyId}":"<id of the key>",`}"${signature}":"${value}"}`,
};

function shape({ algorithm, encoding, signature }: Scheme): string {
  const value =
    algorithm.family === "jwt" ? "<JWT>" : encoding === "text" ? "<secret>" : basicOr(encoding, algorithm.family);
  return shapeOf(signature.parse, { value, stamp: "<timestamp>" });
}

function basicOr(encoding: Scheme["encoding"], family: Family): string {
  if (family === "token") return `<${encodingWords(encoding)} of user:password>`;
  return `<${encoding === "hexAnyCase" ? "hex" : encoding}>`;
}

function shapeOf<Name extends Kind>(parse: ParseOf<Name> & { readonly kind: Name }, pieces: Pieces): string {
  return SHAPES[parse.kind](parse, pieces);
}

function alsoCalled(names: HeaderNames): string {
  const others = names.slice(1);
  return others.length === 0 ? "" : ` (or ${others.join(", ")})`;
}

const KEY_TEXTS = {
  plain: "public to verify, private to sign",
  "standard-webhooks": "whpk_... to verify, whsk_... to sign",
  jwk: "a JWK or a set of them to verify, private to sign",
  certificate: "its certificate to verify, private to sign",
} as const;

const WITHOUT = { utf8: "its text as it is", base64: "the whole is base64", none: "it is none" } as const;

type SecretKind = SecretForm["kind"];
type SecretOf<Name extends SecretKind> = Extract<SecretForm, { readonly kind: Name }>;

const KEYS: Readonly<Record<KeyType, string>> = { ed25519: "Ed25519", ec: "EC", rsa: "RSA" };

const SECRETS: { readonly [Name in SecretKind]: (form: SecretOf<Name>) => string } = {
  utf8: () => "its text as it is",
  utf8Nfkd: () => "its text in Unicode NFKD",
  hex: () => "the bytes that its hex means",
  base64: () => "the bytes that its base64 means",
  prefixedBase64: ({ prefix, without }) =>
    `the bytes that the base64 after ${prefix} means; without ${prefix} ${WITHOUT[without]}`,
  utf8After: ({ prefix }) => `its text after ${prefix}, where it begins so`,
  sha1: () => "the SHA-1 of its text",
  key: ({ type, text }) => `not shared: an ${KEYS[type]} key, ${KEY_TEXTS[text ?? "plain"]}`,
};

/** How the secret becomes the key. */
export function secretWords<Name extends SecretKind>(form: SecretOf<Name> & { readonly kind: Name }): string {
  return SECRETS[form.kind](form);
}

type StampKind = TimestampRule["from"]["kind"];
type StampOf<Name extends StampKind> = Extract<TimestampRule["from"], { readonly kind: Name }>;

const STAMPS: { readonly [Name in StampKind]: (from: StampOf<Name>) => string } = {
  header: ({ names }) => `${names[0]}${alsoCalled(names)}`,
  signature: () => "beside the signature",
  bodyField: ({ path }) => `body field ${pathWords(path)}`,
  formField: ({ name }) => `form field ${name}`,
  query: ({ name }) => `query parameter ${name}`,
};

/** Where the signed time stands, in what unit, and how far it may be from now. */
export function timestampWords(rule: TimestampRule | undefined): string {
  if (rule === undefined) return "none is checked: an old request passes for a new one";
  return `${stampWords(rule.from)}, ${UNIT_TITLES[rule.unit]}`;
}

function stampWords<Name extends StampKind>(from: StampOf<Name> & { readonly kind: Name }): string {
  return STAMPS[from.kind](from);
}

/** What is allowed here, and what the provider's own library allows. */
export function toleranceWords(rule: TimestampRule): string {
  const { providerToleranceSeconds, providerRefusesFuture, toleranceSeconds } = rule;
  if (toleranceSeconds !== undefined) return `${toleranceSeconds} s into the past and the future, as defined`;
  const ours = `${DEFAULT_TOLERANCE_SECONDS} s into the past and the future`;
  if (providerToleranceSeconds === null) return `${ours}; the provider names none`;
  return `${ours}; the provider's own: ${providerToleranceSeconds} s${providerRefusesFuture ? "" : ", into the past only"}`;
}

type Place = Condition["in"];
type ConditionOf<Name extends Place> = Extract<Condition, { readonly in: Name }>;

const CONDITIONS: { readonly [Name in Place]: (condition: ConditionOf<Name>) => string } = {
  query: ({ name }) => `with query parameter ${name}`,
  header: ({ name, value, start }) => {
    const text = start === undefined ? value : `${start}...`;
    return text === undefined ? `with header ${name}` : `with ${name}: ${text}`;
  },
  bodyField: ({ path, value }) => `with ${pathWords(path)} = ${JSON.stringify(value)} in the body`,
};

/** Which of several schemes it is: `for requests with header X`, `only when named`. */
export function useWords({ only, signsMediaType, weak }: Scheme): string {
  const words = [
    ...(only === undefined ? [] : [`for requests ${conditionWords(only)}`]),
    ...(signsMediaType === undefined ? [] : [`signs ${signsMediaType}`]),
    ...(weak === true ? ["weak, counts only when named by --scheme"] : []),
  ];
  return words.join("; ");
}

function conditionWords<Name extends Place>(condition: ConditionOf<Name> & { readonly in: Name }): string {
  return CONDITIONS[condition.in](condition);
}

const BINDINGS: { readonly [Name in Binding["kind"]]: (binding: Extract<Binding, { readonly kind: Name }>) => string } =
  {
    bodyHashInQuery: ({ parameter, hash }) =>
      `query parameter ${parameter} is the ${hashWords(hash)} of the body in hex`,
  };

const URL_FORMS: Readonly<Record<UrlForm, string>> = {
  withoutPort: "without its port",
  withPort: "with the standard port",
  legacyQueryWithoutPort: "without its port, its query encoded the old way",
  legacyQueryWithPort: "with the standard port, its query encoded the old way",
};

/** What else is checked or tried, a sentence each. */
export function besideWords({ bindings = [], urlForms = [], companions = [], certificate }: Scheme): string[] {
  return [
    ...(certificate === undefined ? [] : [`the certificate is made out to ${certificate.names.join(" or ")}`]),
    ...bindings.map((binding) => BINDINGS[binding.kind](binding)),
    ...(urlForms.length === 0 ? [] : [`the URL may be signed ${urlForms.map((form) => URL_FORMS[form]).join("; ")}`]),
    ...companions.map(([name, value]) => `sent beside it: ${name}: ${value}`),
  ];
}
