import type { Scheme } from "../scheme.js";
import type { Finding } from "./search.js";

/** The scheme that the signature was made by, as far as it differs in hash, encoding, framing and content. */
export function foundScheme(scheme: Scheme, { change, match }: Finding): Scheme {
  if (change.scheme !== undefined) return change.scheme;
  const { algorithm = scheme.algorithm, target } = match;
  const { encoding = scheme.encoding, prefix } = target?.fault ?? {};
  const { signature } = scheme;
  const parse =
    prefix === undefined || prefix === "" ? ({ kind: "raw" } as const) : ({ kind: "prefix", prefix } as const);
  return {
    ...scheme,
    algorithm,
    encoding,
    content: change.content ?? scheme.content,
    signature: prefix !== undefined && signature.from === "header" ? { ...signature, parse } : signature,
  };
}
