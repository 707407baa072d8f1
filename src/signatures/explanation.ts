/**
 * Why a signature did not match. Stable words: they stand in JSON.
 *
 * - `timestamp`: the signature is right, only its time is not
 * - `timestamp_text`: another writing of the time was signed, or another time of the request
 * - `secret_whitespace`, `secret_encoding`: what stands around the secret's text; how it becomes key bytes
 * - `signature_encoding`, `header_altered`: how the signature is written; what was done to its header on the way
 * - `body_newline`, `body_encoding`, `body_form`, `body_reserialised`: line ends; character set, compression, base64 and other
 *   wrapping; form against JSON, or another writing of a form; JSON parsed and written again
 * - `body_lost`: the body is empty, and the request says that it had one
 * - `url_rewritten`: another spelling of the public URL was signed
 * - `other_algorithm`, `other_content`, `other_scheme`: another hash; other parts, or another order; another provider's
 * - `incomplete`: the request lacks what the scheme needs, or its signature cannot be read, so that the verdict says it all
 * - `none`: the signature is valid
 * - `unknown`: nothing that was tried matches
 */
export type Cause =
  | "timestamp"
  | "timestamp_text"
  | "secret_whitespace"
  | "secret_encoding"
  | "signature_encoding"
  | "header_altered"
  | "body_newline"
  | "body_encoding"
  | "body_form"
  | "body_reserialised"
  | "body_lost"
  | "url_rewritten"
  | "other_algorithm"
  | "other_content"
  | "other_scheme"
  | "incomplete"
  | "none"
  | "unknown";

/** How to mend a cause in one framework or tool. */
export interface Fix {
  /** `Express`, `Django`, `curl` ... */
  readonly for: string;
  readonly text: string;
}

/** Which side changed the body: whoever received it (after its length or digest was written), or someone before. */
export type ChangedBy = "receiver" | "sender";

/** Where two bodies part. Text with its controls as in JSON, `...` where it is cut; hex where a body is no text. */
export interface Difference {
  /** From 0, in bytes. */
  readonly offset: number;
  /** The body at hand around that place. */
  readonly received: string;
  /** The body that was signed around that place. */
  readonly signed: string;
}

/**
 * Why a signature did not match, and how to mend it: what stands under `explanation` in JSON. Holds no secret and no
 * signature. Members are added, never taken away.
 */
export interface Explanation {
  /** The first of {@link causes}. */
  readonly cause: Cause;
  /** All that has to be mended: one, or two where a secret and a body, say, are wrong at once. */
  readonly causes: readonly Cause[];
  /** A plain sentence without full stop. May quote header names of the request: print it as untrusted text. */
  readonly message: string;
  readonly fixes: readonly Fix[];
  /** What stands out beside that, a sentence each. */
  readonly hints: readonly string[];
  /** How many hypotheses were tried. */
  readonly tried: number;
  /** False: the budget ended before all hypotheses were tried. */
  readonly isComplete: boolean;
  /** From 0: the secret that matches when the cause is mended. */
  readonly secretIndex: number | null;
  /** Where the body that was signed parts from the one at hand; `null`: it is the same one, or was not found. */
  readonly difference: Difference | null;
  /** Which side changed the body, when a length or a digest in the request proves it. */
  readonly changedBy: ChangedBy | null;
}
