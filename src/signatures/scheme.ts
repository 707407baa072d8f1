/**
 * What a signature scheme is: data, never code. Signing and verifying walk this record; they never ask for a provider's
 * name. The eight dimensions in which the known schemes differ, and where each is held:
 *
 * 1. family: {@link Algorithm} `family` (hmac, hash, ed25519, ecdsa, rsa, jwt, token; basic authorization is
 *    a token in base64 after a prefix). A provider that signs
 *    nothing has a row without schemes. Keys by URL or from certificates arrive as parsed {@link Key}s; the scheme only
 *    says which kind it takes ({@link SecretForm} `key`).
 * 2. signature source and parse: {@link SignatureSource} (header with alternative spellings and rotation headers, JSON
 *    body field, form field) and {@link SignatureParse} (raw, prefix, pairs, list, base64 of JSON).
 * 3. signed content: {@link ContentPart} list, each part a pure function in the table of `content.ts`; a provider that
 *    signs something new adds a member and its function. RFC 9421, where the request itself names its content, is such a
 *    part (the signature base) and a {@link SignatureParse} (its dictionary); the algorithm is the scheme's. A scheme whose
 *    signature is bound to the body by a hash beside it names that in {@link Scheme.bindings}.
 * 4. hash and output: {@link Algorithm} `hash`, {@link SignatureEncoding}.
 * 5. secret decoding: {@link SecretForm}.
 * 6. timestamp: {@link TimestampRule} with unit, place, and what the provider itself enforces.
 * 7. several signatures: every parse yields a list, and any one may match; `more` names further headers; several secrets
 *    or keys are given at the call.
 * 8. event type, ids, handshake, acknowledgement, retry: not the signature's business; they stand in the provider's row.
 */
export interface Scheme {
  /** Unique, stable, lower case: `stripe-v1`, `github-sha256`. What `--scheme` and `"scheme"` in JSON say. */
  readonly name: string;
  /** What stands after the provider's name in a verdict's line: `v1`, `sha256`. */
  readonly label: string;
  readonly algorithm: Algorithm;
  /** The signed bytes, part after part with nothing between. */
  readonly content: readonly ContentPart[];
  readonly signature: SignatureSource;
  readonly encoding: SignatureEncoding;
  readonly secret: SecretForm;
  /** Absent: the scheme signs no timestamp, and nothing about time is checked. */
  readonly timestamp?: TimestampRule;
  /** Where the delivery id stands that {@link ContentPart} `id` signs. */
  readonly id?: HeaderNames;
  /** Facts beside the signature that must hold too. */
  readonly bindings?: readonly Binding[];
  /** Other spellings of the URL that the provider may have signed, tried in this order after the one given. */
  readonly urlForms?: readonly UrlForm[];
  /** The scheme is for requests like this; others of the same provider are for the rest. */
  readonly only?: Condition;
  /** Constant headers that go with the signature, such as the version of it. */
  readonly companions?: readonly (readonly [name: string, value: string])[];
  /** When signing, the scheme is for bodies of this media type; others of the same provider are for the rest. */
  readonly signsMediaType?: string;
  /** The scheme is considered too weak to count unless it is asked for by name. */
  readonly weak?: boolean;
  /** For keys that come in certificates: what such a certificate must be. */
  readonly certificate?: CertificateRule;
}

/** Which certificates count, and when they must have been valid. */
export interface CertificateRule {
  /** Names that it may be made out to; `*` is one label or a part of it. */
  readonly names: readonly [string, ...string[]];
  /** Where the request says when it was signed; it is the clock's time where nothing can be read there. */
  readonly signedAt:
    | { readonly in: "header"; readonly name: string }
    | { readonly in: "bodyField"; readonly path: FieldPath };
}

/**
 * A header's name, documented spelling first, and what else the provider calls it. All names of a scheme have equally
 * many spellings or one: a request uses one column of them (`svix-id`, `svix-timestamp`, ... or `webhook-id`, ...).
 */
export type HeaderNames = readonly [string, ...string[]];

export type HashName = "md5" | "sha1" | "sha256" | "sha384" | "sha512";
export type CurveName = "p256" | "p384" | "p521" | "secp256k1";
export type JwtAlgorithm =
  | "HS256"
  | "HS384"
  | "HS512"
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA";

export type Algorithm =
  /** `bits`: the MAC is cut to its first bits (RFC 2104, section 5); absent: whole. */
  | { readonly family: "hmac"; readonly hash: HashName; readonly bits?: number }
  /** A plain hash; the secret is one of the content's parts. */
  | { readonly family: "hash"; readonly hash: HashName }
  | { readonly family: "ed25519" }
  | { readonly family: "ecdsa"; readonly hash: HashName; readonly curve: CurveName; readonly format: "der" | "p1363" }
  /** `pss`: salt as long as the hash, MGF1 with the same hash. */
  | { readonly family: "rsa"; readonly hash: HashName; readonly padding: "pkcs1" | "pss" }
  /** A compact JWS; the scheme fixes which algorithms count, the token never does. `content` is not used. */
  | {
      readonly family: "jwt";
      readonly algorithms: readonly JwtAlgorithm[];
      readonly claims: readonly ClaimRule[];
      /** The token counts by its `iat`, within the tolerance: the provider gives it no `exp`. */
      readonly countsFromIssue?: boolean;
      /** The provider's tokens have an id of their own (`jti`), which its library asks for or its documents name. */
      readonly hasId?: boolean;
    }
  /** The value sent is the secret itself; for basic authorization it is `user:password` in base64 after a prefix. */
  | { readonly family: "token" };

/** What a claim of a JWT must be: a fixed value (any one of a list), or content of the request (hashed first where `hash` is given). */
export type ClaimRule =
  | { readonly claim: string; readonly equals: string | true | readonly [string, ...string[]] }
  | {
      readonly claim: string;
      readonly content: readonly ContentPart[];
      readonly hash?: HashName;
      readonly encoding: SignatureEncoding;
      /** Says about the body: an empty body must have no such claim, any other must. */
      readonly absentForEmptyBody?: boolean;
    };

/** Where the signature stands. */
export type SignatureSource =
  /** `more`: further headers that may carry a signature of the same kind (a second key, a rotation). */
  | {
      readonly from: "header";
      readonly names: HeaderNames;
      readonly parse: SignatureParse;
      readonly more?: readonly string[];
    }
  | { readonly from: "bodyField"; readonly path: FieldPath; readonly parse: SignatureParse }
  /** `path`: the field holds JSON, and the signature stands there in it. */
  | {
      readonly from: "formField";
      readonly name: string;
      readonly path?: FieldPath;
      readonly parse: SignatureParse;
    }
  | { readonly from: "query"; readonly name: string; readonly parse: SignatureParse };

/** Steps into a JSON body: object keys and array indexes. */
export type FieldPath = readonly (string | number)[];

/** How the text found becomes a list of encoded signatures (and, for some, a timestamp). */
export type SignatureParse =
  | { readonly kind: "raw" }
  /** `optional`: the text counts without the prefix too. */
  | { readonly kind: "prefix"; readonly prefix: string; readonly optional?: boolean }
  /**
   * Items such as `t=1,v1=ab,v1=cd` (`item` ",", `pair` "=") or `v1,ab v1,cd` (`item` " ", `pair` ","). `signature`: the
   * key whose values count, `undefined` for any; other keys are skipped. `trim`: blanks around an item are dropped.
   * `written`: what the provider writes between items, where that is more than `item`.
   */
  | {
      readonly kind: "pairs";
      readonly item: string;
      readonly pair: string;
      readonly signature: string | undefined;
      readonly timestamp?: string;
      readonly trim?: boolean;
      readonly written?: string;
      /** All that the provider writes, where order or other items differ: `{signature}` and `{timestamp}` stand for theirs. */
      readonly layout?: string;
    }
  /**
   * A dictionary of labels (RFC 9421); what each signature covers, its time and its key stand in Signature-Input. `algorithm`:
   * what `alg` must be where it is said; `label`: what a signature of ours is called.
   */
  | { readonly kind: "dictionary"; readonly label: string; readonly algorithm: string }
  /** Values one after the other; `timestampFirst`: the first is the timestamp. */
  | { readonly kind: "list"; readonly separator: string; readonly timestampFirst?: boolean }
  /**
   * base64 of a JSON object with the signature under one key, and the id of the key that made it under another. `beside`:
   * what else stands there; a value that is another one is an algorithm that is not used.
   */
  | {
      readonly kind: "base64Json";
      readonly signature: string;
      readonly keyId?: string;
      readonly beside?: Readonly<Record<string, string>>;
    };

/** `hex`: lower case, as the provider sends it; `hexAnyCase`: either; `text`: the value itself (tokens, JWTs). */
export type SignatureEncoding = "hex" | "hexAnyCase" | "base64" | "base64url" | "text";

/** How the text of a secret becomes key bytes. */
export type SecretForm =
  | { readonly kind: "utf8" }
  /** Unicode NFKD first. */
  | { readonly kind: "utf8Nfkd" }
  | { readonly kind: "hex" }
  | { readonly kind: "base64" }
  /** The prefix is dropped if it is there, the rest decoded as base64. `without`: what a text without the prefix is; `none`: no secret. */
  | { readonly kind: "prefixedBase64"; readonly prefix: string; readonly without: "base64" | "utf8" | "none" }
  /** Its text after a prefix, where it has one: `*` in the prefix is any letters, digits and underscores. */
  | { readonly kind: "utf8After"; readonly prefix: string }
  /** The SHA-1 of the text. */
  | { readonly kind: "sha1" }
  /**
   * Not a shared secret: a key of this type. `text`: how those who verify have it, where that is not hex or base64:
   * `whpk_` and `whsk_`, a JWK, or a certificate.
   */
  | { readonly kind: "key"; readonly type: KeyType; readonly text?: "standard-webhooks" | "jwk" | "certificate" };

export type KeyType = "ed25519" | "ec" | "rsa";

/** Where the signed time stands, and in what unit. Whoever is laxer, we check 300 s both ways. */
export interface TimestampRule {
  readonly from:
    | { readonly kind: "header"; readonly names: HeaderNames }
    | { readonly kind: "signature" }
    | { readonly kind: "bodyField"; readonly path: FieldPath }
    | { readonly kind: "formField"; readonly name: string }
    | { readonly kind: "query"; readonly name: string };
  readonly unit: "s" | "ms" | "iso8601" | "httpDate";
  /** What the provider's own library enforces, seconds; `null`: nothing. For explanations only. */
  readonly providerToleranceSeconds: number | null;
  /** Whether the provider's own library refuses timestamps in the future too. For explanations only. */
  readonly providerRefusesFuture: boolean;
  /** In place of our 300 s, where a user's definition says so; a tolerance at the call goes before it. */
  readonly toleranceSeconds?: number;
}

/** What a request has. `value`: exactly this text, else any; `start`: one that begins so, in any case. A query is there only once the request has been signed. */
export type Condition =
  | { readonly in: "query"; readonly name: string }
  | { readonly in: "header"; readonly name: string; readonly value?: string; readonly start?: string }
  | { readonly in: "bodyField"; readonly path: FieldPath; readonly value: string };

export type Around = readonly [before: string, after: string];

/** One part of the signed content. */
export type ContentPart =
  | { readonly part: "body" }
  /** Exactly the text that was sent. */
  | { readonly part: "timestamp" }
  | { readonly part: "id" }
  /** The full public URL. */
  | { readonly part: "url" }
  /** Upper case. */
  | { readonly part: "method" }
  | { readonly part: "path" }
  /** Without the question mark. */
  | { readonly part: "query" }
  /** `around`: texts before and after it; where it is absent or empty, nothing is signed, these included. */
  | { readonly part: "queryParameter"; readonly name: string; readonly lowerCase?: boolean; readonly around?: Around }
  | { readonly part: "header"; readonly name: string; readonly around?: Around }
  /** ASCII. */
  | { readonly part: "literal"; readonly text: string }
  /** A value that the user configured at the provider (a webhook id, a callback URL), given at the call. */
  | { readonly part: "setting"; readonly name: string }
  | { readonly part: "bodyHash"; readonly hash: HashName; readonly encoding: SignatureEncoding }
  /** CRC-32 of the body, decimal. */
  | { readonly part: "crc32" }
  /** Form fields sorted by name, name and value joined without separators; repeated values sorted, once each. */
  | { readonly part: "sortedForm" }
  | { readonly part: "formField"; readonly name: string }
  /** A field of a form; the whole body when it is no form. */
  | { readonly part: "formFieldOrBody"; readonly name: string }
  /**
   * The URL with its query sorted and decoded, and a form's fields after it, sorted, names and values joined: as Plivo signs
   * since its third version. Repeated values are sorted, all of them.
   */
  | { readonly part: "urlAndFields" }
  /** The query's parameters sorted by name, but for some; repeated ones joined with commas. `encoded`: escaped as in a form, else decoded. */
  | {
      readonly part: "parameters";
      readonly without: readonly string[];
      readonly between: string;
      readonly encoded: boolean;
    }
  /** The value of a `key=value` item of a header as a JSON string; `otherwise`: without such a header. */
  | { readonly part: "headerItem"; readonly header: string; readonly key: string; readonly otherwise: string }
  /** The query's parameters sorted by name, as they are encoded, joined with `&`. */
  | { readonly part: "sortedQuery" }
  /** `name:value` of the headers that a header names; `separator`: between the names, `between`: between what is signed. */
  | { readonly part: "signedHeaders"; readonly list: string; readonly separator: string; readonly between: string }
  /** The name, a line feed, the value, a line feed, for those fields of a JSON body that are there, in this order. */
  | {
      readonly part: "fieldLines";
      readonly names: readonly string[];
      /** Other names for bodies whose field has one of these values. */
      readonly others?: {
        readonly field: string;
        readonly values: readonly string[];
        readonly names: readonly string[];
      };
    }
  /** The body as a JSON string, quotes included. */
  | { readonly part: "bodyAsJsonString" }
  /** The body with the text of a field in it replaced by the secret. */
  | { readonly part: "bodyWithSecretAt"; readonly path: FieldPath }
  /** The JSON body in the canonical form of RFC 8785; empty when it is none or nested deeper than 500. */
  | { readonly part: "canonicalJson" }
  /** Form fields sorted by name, without the one that carries the signature, as PHP's serialize writes an array of strings. */
  | { readonly part: "phpForm"; readonly without: string }
  /** The body with its gzip undone; as it is when it is not compressed. At most 16 MiB come out. */
  | { readonly part: "bodyUnzipped" }
  /** The JSON body without blanks, as JSON.stringify writes what JSON.parse has read; empty when it is none. */
  | { readonly part: "compactJson" }
  /** A field of a JSON object that a form field holds. */
  | { readonly part: "formJsonField"; readonly name: string; readonly path: FieldPath }
  /** The URL with the percent escapes of some characters undone. */
  | { readonly part: "urlUnescaped"; readonly characters: string }
  /** Path and query as encodeURI writes them, the query escaped once more before. */
  | { readonly part: "pathReescaped" }
  /** METHOD&path&query as Atlassian Connect makes canonical requests: parameters sorted, escaped, repeated ones joined, `jwt` left out. */
  | { readonly part: "canonicalRequest" }
  /** A JSON body's field as text; empty when it is absent or null. */
  | { readonly part: "bodyField"; readonly path: FieldPath }
  /** The signature base of RFC 9421: what the signature itself says that it covers. `components`: what ours cover, where it is there. */
  | { readonly part: "signatureBase"; readonly components: readonly string[] }
  /** For `family` hash: the secret's bytes. */
  | { readonly part: "secret" };

/** A fact beside the signature: the query parameter holds the hash of the body, hex. */
export interface Binding {
  readonly kind: "bodyHashInQuery";
  readonly parameter: string;
  readonly hash: HashName;
}

/** `withoutPort`, `withPort`: the port dropped, the standard one added; `legacyQuery`: the query encoded as node's old querystring did. */
export type UrlForm = "withoutPort" | "withPort" | "legacyQueryWithoutPort" | "legacyQueryWithPort";
