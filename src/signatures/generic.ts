import type { HashName, Scheme, SignatureEncoding } from "./scheme.js";

/** How a service of one's own signs; what is absent is as in {@link GENERIC}. */
export interface GenericOptions {
  /** Header that carries the signature; `X-Signature`. */
  readonly header?: string;
  /** `sha256`. */
  readonly hash?: HashName;
  /** Text before the signature, such as `sha256=`; none. */
  readonly prefix?: string;
  /** `hex`, either case. */
  readonly encoding?: Exclude<SignatureEncoding, "text">;
}

/** A scheme with an HMAC of the body in a header. */
export function genericScheme(options: GenericOptions = {}): Scheme {
  const { header = "X-Signature", hash = "sha256", prefix = "", encoding = "hexAnyCase" } = options;
  return {
    name: `generic-hmac-${hash}`,
    label: `hmac-${hash}`,
    algorithm: { family: "hmac", hash },
    content: [{ part: "body" }],
    signature: { from: "header", names: [header], parse: prefix === "" ? { kind: "raw" } : { kind: "prefix", prefix } },
    encoding: encoding === "hex" ? "hexAnyCase" : encoding,
    secret: { kind: "utf8" },
  };
}

/** Hex HMAC-SHA256 of the body in `X-Signature`: what is meant when nothing else is said. */
export const GENERIC: Scheme = genericScheme();
