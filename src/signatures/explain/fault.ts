import type { HeaderList } from "../../events/headers.js";
import type { Cause, Fix } from "../explanation.js";
import type { ContentPart, Scheme } from "../scheme.js";

/** What a fault is in. Faults of different dimensions can be there at once; two of one dimension are chained by their family. */
export type Dimension = "secret" | "signature" | "body" | "url" | "time" | "content" | "scheme";

/** What a hypothesis puts in the place of what was given. */
export interface Change {
  readonly body?: Uint8Array;
  readonly url?: string;
  readonly headers?: HeaderList;
  /** The text that was signed as the timestamp, as the id. */
  readonly timestamp?: string;
  readonly id?: string;
  readonly key?: KeyChange;
  readonly content?: readonly ContentPart[];
  /** A plain hash in place of an HMAC, or the other way round. */
  readonly family?: "hmac" | "hash";
  /** Another scheme altogether: the request is verified by it as it stands. */
  readonly scheme?: Scheme;
}

/** In place of the secrets given. */
export interface KeyChange {
  readonly bytes: Uint8Array;
  /** Which of the secrets given it is made from. */
  readonly index: number;
  /** True: `bytes` are the key itself. False: they are a secret's text, to be decoded as the scheme says. */
  readonly decoded: boolean;
}

/** One thing that may have gone wrong, and what undoes it. */
export interface Fault {
  readonly dimension: Dimension;
  readonly cause: Cause;
  /** Completes the sentence of its dimension (`words.ts`); never quotes a secret or a signature. */
  readonly about: string;
  readonly change: Change;
  /** Mends this very fault, in place of what mends its cause. */
  readonly fix?: Fix;
}
