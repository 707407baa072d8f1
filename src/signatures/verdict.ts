/** Why a signature is not valid. Stable: scripts build on these words. */
export const REASON_CODES = [
  "missing_header",
  "malformed_header",
  "unsupported_version",
  "wrong_header_for_provider",
  "timestamp_missing",
  "timestamp_malformed",
  "timestamp_too_old",
  "timestamp_in_future",
  "signature_malformed",
  "signature_mismatch",
  "algorithm_not_allowed",
  "key_not_trusted",
  "body_hash_mismatch",
  "body_length",
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** What both outcomes tell. */
interface VerdictFacts {
  /** {@link Scheme.name} of the scheme that was checked. */
  readonly scheme: string;
  /** {@link Scheme.label}: `v1`. */
  readonly label: string;
  /** Milliseconds since 1970, as the request says; `null` when the scheme has none or it could not be read. */
  readonly timestamp: number | null;
  /** Whole seconds from the timestamp to now; negative: in the future. */
  readonly ageSeconds: number | null;
  /**
   * True when there is a {@link timestamp} to hold against the tolerance; false when the scheme has none, when it could not be
   * read, or when the tolerance was off. Times inside a token (JWT) are not meant.
   */
  readonly timestampChecked: boolean;
}

export interface ValidVerdict extends VerdictFacts {
  readonly valid: true;
  readonly reason: null;
  /** Which of the secrets (or keys) given, from 0. */
  readonly secretIndex: number;
  /** Which of the signatures in the request, from 0, counting those of the scheme's version. */
  readonly signatureIndex: number;
  /** The spelling of the URL that was signed, when it is not the one given. */
  readonly signedUrl?: string;
  /** What the signature leaves open, a plain sentence without full stop. */
  readonly note?: string;
  /** Which key it was, where that has a name: it may be another's word, print it as untrusted text. */
  readonly key?: KeyName;
}

/** What tells a key from others. */
export interface KeyName {
  readonly kid?: string;
  /** Who its certificate is made out to, and the certificate's SHA-256. */
  readonly certificate?: { readonly names: readonly string[]; readonly fingerprint: string };
}

export interface InvalidVerdict extends VerdictFacts {
  readonly valid: false;
  readonly reason: ReasonCode;
  /** A plain sentence without full stop; may quote the request: print it as untrusted text. */
  readonly message: string;
  /** Set when a signature was right and something else was not (a timestamp too old). */
  readonly secretIndex: number | null;
  readonly signatureIndex: number | null;
}

/** The outcome of checking a signature. A wrong signature is a value; misuse (an empty secret) throws. */
export type Verdict = ValidVerdict | InvalidVerdict;
