import { RAW_ALGORITHMS } from "../../signatures/raw.js";
import type {
  Algorithm,
  Binding,
  ClaimRule,
  Condition,
  ContentPart,
  FieldPath,
  HeaderNames,
  JwtAlgorithm,
  SecretForm,
  SignatureEncoding,
  SignatureSource,
  TimestampRule,
  UrlForm,
} from "../../signatures/scheme.js";
import type { BodyForm, HandshakeKind, OutgoingHeader, RetryMark, ValueSource } from "../provider.js";
import {
  binding,
  claims,
  condition,
  encoding,
  headerName,
  headerNames,
  jwtAlgorithm,
  memberSchemas,
} from "./members.js";
import { mediaType, parse, path, secret, TOKEN, urlForm, words } from "./members.js";
import { outgoing, PLACE_REF, valueSource, valueSources } from "./places.js";
import { content } from "./template.js";
import { choice, DefinitionError, either, flag, integer, list, mapped, object, optional } from "./shape.js";
import { record, referred, text, variants, type Members, type Place, type Shape } from "./shape.js";

/** One way to sign, as it is written in JSON. */
export interface SchemeDefinition {
  readonly label?: string;
  /** The header with the signature; or all of where it stands, in `signature`. */
  readonly header?: HeaderNames;
  readonly signature?: SignatureSource;
  /** What the header looks like: `sha256={signature}`, `t={timestamp},v1={signature}`. */
  readonly format?: string;
  readonly prefix?: string;
  /** Further headers that may carry a signature. */
  readonly more?: readonly string[];
  readonly algorithm?: Algorithm;
  readonly content?: readonly ContentPart[];
  readonly encoding?: SignatureEncoding;
  readonly secret?: SecretForm;
  readonly timestamp?: StampDefinition;
  readonly tolerance?: number;
  readonly id?: HeaderNames;
  /** For a JWT: what its claims must be. */
  readonly claims?: readonly ClaimRule[];
  readonly bindings?: readonly Binding[];
  readonly urlForms?: readonly UrlForm[];
  readonly only?: Condition;
  readonly companions?: Readonly<Record<string, string>>;
  readonly signsMediaType?: string;
  readonly weak?: boolean;
}

/** Where the signed time stands; `at` is absent where the form of the header says it. */
export interface StampDefinition {
  readonly at?: Exclude<TimestampRule["from"], { readonly kind: "signature" }>;
  readonly unit?: TimestampRule["unit"];
}

/** A provider of one's own: what it sends, and one way to sign, or several. */
export interface Definition extends SchemeDefinition {
  readonly title?: string;
  readonly aliases?: readonly string[];
  readonly schemes?: readonly SchemeDefinition[];
  readonly contentType?: string;
  readonly bodyForm?: BodyForm;
  readonly eventType?: readonly ValueSource[];
  readonly eventId?: readonly ValueSource[];
  readonly deliveryId?: readonly ValueSource[];
  readonly headers?: readonly OutgoingHeader[];
  readonly detection?: DetectionDefinition;
  readonly ackDeadline?: number;
  readonly retry?: RetryDefinition;
  readonly retryMark?: RetryMark;
  readonly documents?: string;
  readonly secretPlace?: string;
  readonly unchecked?: string;
  readonly handshake?: HandshakeKind;
}

/** What beside the signature's header tells the requests. No patterns: a config may be somebody else's. */
export interface DetectionDefinition {
  readonly otherHeaders?: readonly string[];
  readonly unless?: readonly string[];
  readonly bodies?: readonly (readonly FieldPath[])[];
}

export interface RetryDefinition {
  readonly delays?: readonly number[];
  readonly retries?: number;
  readonly note?: string;
}

const HANDSHAKE_KINDS: Readonly<Record<HandshakeKind, true>> = {
  "slack-url-verification": true,
  "discord-ping": true,
  websub: true,
  "meta-verify-token": true,
  "x-crc": true,
  "zoom-url-validation": true,
  "graph-validation-token": true,
  "event-grid-validation": true,
  "dropbox-challenge": true,
  "okta-verification": true,
  "sns-subscription": true,
  "xero-intent": true,
  "asana-hook-secret": true,
  "twitch-callback-verification": true,
  "trello-head": true,
  "mandrill-head": true,
  "braintree-challenge": true,
  "ebay-challenge": true,
  "notion-verification-token": true,
  "dropbox-sign-hello": true,
  "adyen-accepted": true,
  "woocommerce-ping": true,
  "github-ping": true,
};

/** A provider's name: a folder of fixtures, and a part of the name of a variable. */
export const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const LABEL = /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
/** Milliseconds, written as `30s`. */
const duration: Shape<number> = mapped(text('a duration such as "30s", "5m" or "2h"', DURATION), (written) => {
  const [, count, unit = ""] = DURATION.exec(written) ?? [];
  return Number(count) * (UNITS_MS[unit] ?? Number.NaN);
});

/** MD5 as a MAC, plain hashes, tokens and JWTs beside what `--scheme` names. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ...RAW_ALGORITHMS,
  ["hmac-md5", { family: "hmac", hash: "md5" }],
  ...(["md5", "sha1", "sha256", "sha384", "sha512"] as const).map((hash) => [hash, { family: "hash", hash }] as const),
  ["token", { family: "token" }],
]);
const ALGORITHM_NAMES = Object.fromEntries([...ALGORITHMS.keys()].map((name) => [name, true as const]));

/** A name, or all that may be said of it: several algorithms of a JWT, a MAC that is cut elsewhere. */
const algorithm: Shape<Algorithm> = either<Algorithm>(
  mapped(choice(ALGORITHM_NAMES), (name) => ALGORITHMS.get(name)),
  mapped(
    variants<HmacAlgorithm | JwtDefinition, "family">("family", {
      hmac: {
        hash: choice({ md5: true, sha1: true, sha256: true, sha384: true, sha512: true }),
        bits: integer(80, 512),
      },
      jwt: { algorithms: list(jwtAlgorithm), countsFromIssue: optional(flag) },
    }),
    (one, at): Algorithm => (one.family === "jwt" ? { ...one, claims: [] } : wholeBytes(one, at)),
  ),
);

interface HmacAlgorithm extends Extract<Algorithm, { readonly family: "hmac" }> {
  readonly bits: number;
}

interface JwtDefinition {
  readonly family: "jwt";
  readonly algorithms: readonly JwtAlgorithm[];
  readonly countsFromIssue?: boolean;
}

const BITS = { md5: 128, sha1: 160, sha256: 256, sha384: 384, sha512: 512 } as const;

function wholeBytes(one: HmacAlgorithm, at: Place): HmacAlgorithm {
  if (one.bits % 8 === 0 && one.bits <= BITS[one.hash]) return one;
  throw new DefinitionError([...at, "bits"], `expected a multiple of 8 up to ${BITS[one.hash]}, found ${one.bits}`);
}

const STAMP = /^(header|body|form|query):([^\0]+)$/;
const stampText = text('a place such as "header:X-Timestamp" or "body:time"', STAMP);
type StampPlace = NonNullable<StampDefinition["at"]>;

const stampPlace: Shape<StampPlace> = mapped(stampText, (written, at): StampPlace => {
  const [, where, what = ""] = STAMP.exec(written) ?? [];
  if (where === "body") return { kind: "bodyField", path: path.read(what, at) };
  if (where === "header") return { kind: "header", names: [headerName.read(what, at)] };
  return { kind: where === "form" ? "formField" : "query", name: what };
});

/** Header names that stand for one another. */
const stampPlaces: Shape<StampPlace> = mapped(list(stampPlace), (places, at): StampPlace | undefined => {
  const [only] = places;
  if (only !== undefined && places.length === 1) return only;
  const names = places.flatMap((place) => (place.kind === "header" ? place.names : []));
  const [first, ...rest] = names;
  if (first !== undefined && names.length === places.length) return { kind: "header", names: [first, ...rest] };
  throw new DefinitionError(at, "only headers can have several names");
});

const unit = choice<TimestampRule["unit"]>({ s: true, ms: true, iso8601: true, httpDate: true });

const timestamp: Shape<StampDefinition> = either<StampDefinition>(
  mapped(stampPlace, (at) => ({ at })),
  object<StampDefinition>({ at: optional(either<StampPlace>(stampPlace, stampPlaces)), unit: optional(unit) }),
);

const FORMAT = /^[\x21-\x7e]*(?:\{timestamp\}[\x20-\x7e]*)?\{signature\}$/;

const signature: Shape<SignatureSource> = variants<SignatureSource, "from">("from", {
  header: { names: headerNames, parse, more: optional(list(headerName)) },
  bodyField: { path, parse },
  formField: { name: words, path: optional(path), parse },
  query: { name: words, parse },
});

const SCHEME: Members<SchemeDefinition> = {
  header: optional(headerNames),
  signature: optional(signature),
  prefix: optional(text("ASCII text that is not empty", /^[\x20-\x7e]+$/)),
  format: optional(text('a form such as "t={timestamp},v1={signature}"', FORMAT)),
  more: optional(list(headerName)),
  algorithm: optional(algorithm),
  content: optional(content),
  encoding: optional(encoding),
  secret: optional(secret),
  timestamp: optional(timestamp),
  tolerance: optional(duration),
  id: optional(headerNames),
  claims: optional(claims),
  bindings: optional(list(binding)),
  urlForms: optional(list(urlForm)),
  only: optional(condition),
  companions: optional(record(TOKEN, "values by header", text("a header's value", /^[\t\x20-\x7e]+$/))),
  signsMediaType: optional(mediaType),
  weak: optional(flag),
  label: optional(text("lower-case letters, digits and dashes", LABEL)),
};

const scheme = object<SchemeDefinition>(SCHEME);

/** A definition as it is written; what its members mean together is the compiler's business. */
export const definition: Shape<Definition> = object<Definition>(
  {
    title: optional(words),
    aliases: optional(list(text("lower-case letters, digits and dashes", NAME))),
    ...SCHEME,
    schemes: optional(list(referred("#/definitions/scheme", scheme))),
    contentType: optional(mediaType),
    bodyForm: optional(
      object<BodyForm>({
        of: either<BodyForm["of"]>(choice({ all: true, asked: true, objects: true }), list(words)),
        field: optional(words),
        as: optional(choice({ multipart: true, xml: true, xmlInField: true, compactJson: true })),
      }),
    ),
    eventType: optional(valueSources),
    eventId: optional(valueSources),
    deliveryId: optional(valueSources),
    headers: optional(outgoing),
    detection: optional(
      object<DetectionDefinition>({
        otherHeaders: optional(list(headerName)),
        unless: optional(list(headerName)),
        bodies: optional(list(list(path))),
      }),
    ),
    ackDeadline: optional(duration),
    retry: optional(
      object<RetryDefinition>({
        delays: optional(list(duration)),
        retries: optional(integer(0, 1_000)),
        note: optional(words),
      }),
    ),
    retryMark: optional(
      object<RetryMark>({
        at: referred(PLACE_REF, valueSource),
        counts: choice<RetryMark["counts"]>({ retries: true, attempts: true }),
        reason: optional(referred(PLACE_REF, valueSource)),
      }),
    ),
    documents: optional(text("an http or https URL", /^https?:\/\/[\x21-\x7e]+$/)),
    secretPlace: optional(words),
    unchecked: optional(words),
    handshake: optional(choice<HandshakeKind>(HANDSHAKE_KINDS)),
  },
  "the definition of a provider",
);

/** What the schema of a config defines, by the names that the shapes refer to. */
export const definitionSchemas = {
  provider: definition.schema,
  scheme: scheme.schema,
  place: valueSource.schema,
  ...memberSchemas,
};
