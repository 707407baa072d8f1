import type {
  ContentPart,
  HashName,
  HeaderNames,
  Scheme,
  SignatureEncoding,
  SignatureParse,
} from "../signatures/scheme.js";

/** What of a MAC's scheme differs from the usual: SHA-256, lower-case hex, the text of the secret as the key. */
export interface MacOptions {
  /** Stands after the provider's name; `hmac-sha256` and the like unless it is given. */
  readonly label?: string;
  readonly hash?: HashName;
  readonly encoding?: SignatureEncoding;
  readonly parse?: SignatureParse;
  readonly secret?: Scheme["secret"];
  readonly content?: readonly ContentPart[];
  readonly more?: readonly string[];
  readonly weak?: boolean;
}

/** A MAC of the body alone, in a header. */
export function bodyMac(provider: string, header: string | HeaderNames, options: MacOptions = {}): Scheme {
  const { hash = "sha256", label = `hmac-${hash}`, encoding = "hex", parse = RAW, more, weak } = options;
  const names: HeaderNames = typeof header === "string" ? [header] : header;
  return {
    name: `${provider}-${label}`,
    label,
    algorithm: { family: "hmac", hash },
    content: options.content ?? [{ part: "body" }],
    signature: { from: "header", names, parse, ...(more === undefined ? {} : { more }) },
    encoding,
    secret: options.secret ?? { kind: "utf8" },
    ...(weak === true ? { weak } : {}),
  };
}

export const RAW: SignatureParse = { kind: "raw" };

/** Text such as `sha256=` before the signature. */
export function prefixed(prefix: string, optional = false): SignatureParse {
  return { kind: "prefix", prefix, ...(optional ? { optional } : {}) };
}

/** What of a MAC with a timestamp differs from `t=1700000000,v1=<hex>` over `1700000000.<body>`, in seconds. */
export interface StampedOptions extends Omit<MacOptions, "parse" | "content"> {
  readonly item?: string;
  /** Between the items as the provider writes them, where that is more than `item`. */
  readonly written?: string;
  readonly stampKey?: string;
  readonly key?: string;
  /** Between timestamp and body. */
  readonly between?: string;
  readonly unit?: "s" | "ms";
  readonly trim?: boolean;
  readonly toleranceSeconds?: number | null;
  readonly refusesFuture?: boolean;
}

/** A MAC of timestamp and body, both in one header as pairs, in Stripe's way. */
export function stampedMac(provider: string, header: string, options: StampedOptions = {}): Scheme {
  const { item = ",", stampKey = "t", key = "v1", between = ".", unit = "s", trim, written } = options;
  const { toleranceSeconds = null, refusesFuture = false } = options;
  return {
    ...bodyMac(provider, header, { label: key, ...options }),
    content: [{ part: "timestamp" }, ...(between === "" ? [] : [literal(between)]), { part: "body" }],
    signature: {
      from: "header",
      names: [header],
      parse: {
        kind: "pairs",
        item,
        pair: "=",
        signature: key,
        timestamp: stampKey,
        ...(trim === true ? { trim } : {}),
        ...(written === undefined ? {} : { written }),
      },
    },
    timestamp: {
      from: { kind: "signature" },
      unit,
      providerToleranceSeconds: toleranceSeconds,
      providerRefusesFuture: refusesFuture,
    },
  };
}

/** ASCII text that is signed as it stands. */
export function literal(text: string): ContentPart {
  return { part: "literal", text };
}

/** The value sent is the secret itself. */
export function headerToken(provider: string, header: string, parse: SignatureParse = RAW): Scheme {
  return {
    name: `${provider}-token`,
    label: "token",
    algorithm: { family: "token" },
    content: [],
    signature: { from: "header", names: [header], parse },
    encoding: "text",
    secret: { kind: "utf8" },
  };
}

/** User and password, as `user:password`, in Authorization. */
export function basicAuthorization(provider: string): Scheme {
  return {
    ...headerToken(provider, "Authorization", prefixed("Basic ")),
    name: `${provider}-basic`,
    label: "basic",
    encoding: "base64",
  };
}

/** Names of the three headers of Standard Webhooks. */
export interface StandardNames {
  readonly id: HeaderNames;
  readonly timestamp: HeaderNames;
  readonly signature: HeaderNames;
}

/**
 * The Standard Webhooks scheme under the header names given: `v1` with a shared secret, `v1a` with Ed25519 keys.
 * A header may list signatures of both, and of versions to come; only those of the scheme's own version count.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardScheme(prefix: string, version: "v1" | "v1a", names: StandardNames): Scheme {
  const isShared = version === "v1";
  return {
    name: `${prefix}-${version}`,
    label: version,
    algorithm: isShared ? { family: "hmac", hash: "sha256" } : { family: "ed25519" },
    content: [
      { part: "id" },
      { part: "literal", text: "." },
      { part: "timestamp" },
      { part: "literal", text: "." },
      { part: "body" },
    ],
    signature: {
      from: "header",
      names: names.signature,
      parse: { kind: "pairs", item: " ", pair: ",", signature: version },
    },
    encoding: "base64",
    secret: isShared
      ? { kind: "prefixedBase64", prefix: "whsec_", without: "base64" }
      : { kind: "key", type: "ed25519", text: "standard-webhooks" },
    timestamp: {
      from: { kind: "header", names: names.timestamp },
      unit: "s",
      providerToleranceSeconds: 300,
      providerRefusesFuture: true,
    },
    id: names.id,
  };
}

export const STANDARD_NAMES: StandardNames = {
  id: ["webhook-id"],
  timestamp: ["webhook-timestamp"],
  signature: ["webhook-signature"],
};
