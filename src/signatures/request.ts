import type { HeaderList } from "../events/headers.js";
import type { Key } from "./key.js";
import type { Scheme } from "./scheme.js";

/** The request whose signature is made or checked. */
export interface SignedRequest {
  /** Upper case; `POST` when absent. */
  readonly method?: string;
  /**
   * The public URL as the provider knows it. A path (`/webhook?x=1`) is completed from the Host and X-Forwarded headers.
   * Needed only by schemes that sign it: there its absence is misuse.
   */
  readonly url?: string;
  readonly headers: HeaderList;
  /** May be an accessor: a copy of a request names it. */
  readonly body: Uint8Array;
}

/** Values that the user configured at the provider, by name (`webhookId`), for schemes that sign them. */
export type Settings = Readonly<Record<string, string>>;

/** Seconds both ways; `off` or 0: the time is not checked; `undefined`: 300. */
export type Tolerance = number | "off" | undefined;

/** The window around now, seconds, in both directions, for every scheme. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** What {@link verifyRequest} takes. */
export interface VerifyOptions {
  readonly scheme: Scheme;
  readonly request: SignedRequest;
  /** The body where it was given as text: `request.body` is read only where its bytes are needed. */
  readonly bodyText?: string | undefined;
  /** Texts of shared secrets as the user has them (`whsec_...`), in order; any one may match. Empty ones are misuse. */
  readonly secrets?: readonly Uint8Array[];
  /** For schemes with keys; without any, the secrets are parsed as keys. */
  readonly keys?: readonly Key[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly tolerance?: Tolerance;
  readonly settings?: Settings | undefined;
}

/** What {@link signRequest} takes. */
export interface SignOptions {
  readonly scheme: Scheme;
  readonly request: SignedRequest;
  /** As in {@link VerifyOptions}. */
  readonly bodyText?: string | undefined;
  /** Text of the shared secret; or of a private key, for schemes with keys. */
  readonly secret?: Uint8Array;
  /** A private key; a public one is misuse. */
  readonly key?: Key;
  /** Milliseconds since 1970: the timestamp, unless `timestamp` is given. */
  readonly now: number;
  /** The delivery id, for schemes that sign one. */
  readonly id?: string;
  /** The timestamp's text as it shall stand in the request, whatever it is. */
  readonly timestamp?: string;
  readonly settings?: Settings | undefined;
}

/** What a signature adds to a request. */
export interface SignatureParts {
  /** In the provider's spelling and order; put them in place of those of the same name (`withHeaders`). */
  readonly headers: HeaderList;
  /** Set when signing changes the URL (a body hash in the query). */
  readonly url?: string;
  /** Set when the signature stands in the body. */
  readonly body?: Uint8Array;
}

/** Whether time is not to be checked. */
export function isToleranceOff(tolerance: Tolerance): boolean {
  return tolerance === "off" || tolerance === 0;
}
