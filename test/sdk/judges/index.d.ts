/** A request as it came in. */
export interface JudgedRequest {
  readonly method: string;
  /** As the sender called it. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
}

/** What a secret looks like; `ed25519`: a pair of keys, of which the judge is given the public half, raw as base64. */
export type SecretKind = "text" | "whsec" | "hex" | "hex64" | "basic" | "ed25519";

/** A package that says whether a webhook is to be believed. */
export interface Judge {
  /** hookcli's name of the provider. */
  readonly provider: string;
  readonly package: string;
  /** Of hookcli, when it isn't the provider's default. */
  readonly scheme?: string;
  readonly secret: SecretKind;
  /** The package refuses a signature that is ten minutes old. */
  readonly checksAge?: boolean;
  /** False where the signature knows nothing of the body, or not all of it. */
  readonly signsBody?: boolean;
  /** For a signature in the body: the first letter of what must not be changed, in text that every fixture has. */
  readonly wrongs?: readonly RegExp[];
  /** What the provider adds to the URL. */
  readonly query?: string;
  /** Loads the package. */
  readonly open: (secret: string) => (request: JudgedRequest) => boolean | Promise<boolean>;
}

export declare const judges: readonly Judge[];
