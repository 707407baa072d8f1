/**
 * Why a signature did not match. Stable words: they stand in JSON. `incomplete`: the request lacks what the scheme needs, or its
 * signature cannot be read, so that the verdict says it all;
 * `unknown`: nothing that was tried matches.
 */
export type Cause =
  | "timestamp"
  | "secret_whitespace"
  | "secret_encoding"
  | "signature_encoding"
  | "header_altered"
  | "body_newline"
  | "body_encoding"
  | "body_form"
  | "body_reserialised"
  | "url_rewritten"
  | "other_algorithm"
  | "other_content"
  | "other_scheme"
  | "incomplete"
  | "unknown";

/** How to mend a cause in one framework or tool. */
export interface Fix {
  /** `Express`, `Django`, `curl` ... */
  readonly for: string;
  readonly text: string;
}

/** Why a signature did not match, and how to mend it. Holds no secret and no signature. */
export interface Explanation {
  readonly cause: Cause;
  /** A plain sentence without full stop. May quote header names of the request: print it as untrusted text. */
  readonly message: string;
  readonly fixes: readonly Fix[];
  /** What stands out beside that, a sentence each. */
  readonly hints: readonly string[];
  /** How many hypotheses were tried. */
  readonly tried: number;
  /** From 0: the secret that matches when the cause is mended. */
  readonly secretIndex: number | null;
}
