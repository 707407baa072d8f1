import type { FieldPath, Scheme } from "../signatures/scheme.js";

/** A provider: who sends the webhooks, as one row of data. */
export interface Provider {
  /** Unique, lower case with dashes; the folder of its fixtures; `<NAME>_WEBHOOK_SECRET` in the environment. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** As the provider writes itself. */
  readonly title: string;
  /** The first is the default, the rest for requests or credentials that fit them, weak ones only when asked for by name. */
  readonly schemes: readonly Scheme[];
  /** What the provider sends: the default content type of its events. */
  readonly contentType: string;
  /** How the JSON of its fixtures becomes bodies; absent: it is sent as it stands. */
  readonly bodyForm?: BodyForm;
  readonly detection: Detection;
  /** Where the event's type stands; the first place that has one counts. */
  readonly eventType: readonly ValueSource[];
  /** Where the provider's own id of the event stands. */
  readonly eventId: readonly ValueSource[];
  /** Where the id of the delivery stands: the same over retries of one event to one endpoint. */
  readonly deliveryId: readonly ValueSource[];
  /** Headers beside content type and signature that the provider sends. */
  readonly outgoing: readonly OutgoingHeader[];
  /** The provider gives up waiting for an answer after this long, milliseconds. Documented values only. */
  readonly ackDeadlineMs?: number;
  /** What the provider documents about deliveries that were not accepted. */
  readonly retry?: RetryFacts;
  /** Where a delivery says which one it is. Documented places only. */
  readonly retryMark?: RetryMark;
  /** How well the row is known: the best of what it was read from. */
  readonly evidence: Evidence;
  /** The provider's own page about its webhooks. */
  readonly documents?: string;
  /** Where people find the secret at the provider. */
  readonly secretPlace?: string;
  /** For one whose requests prove little or nothing: what there is not to check, and what to do about it. */
  readonly unchecked?: string;
  /** Where the provider publishes the keys that it signs with, to anyone who asks. */
  readonly keySource?: KeySource;
  /** For keys of tests: as what the app is given them. */
  readonly testTrust?: string;
  /** What the endpoint must answer before or beside events. */
  readonly handshake?: HandshakeKind;
}

/**
 * `sdk`: the provider's own or a widely used library takes what we make and refuses what is changed; `vector`: published
 * examples were computed again; `source`, `documents`: read in its code, in its documents; `third-party`: others say so;
 * `own`: the user has defined it.
 */
export type Evidence = "sdk" | "vector" | "source" | "documents" | "third-party" | "own";

/** Which of a provider's fixtures are sent as something else than JSON, and as what. */
export interface BodyForm {
  /**
   * `all`; `asked`: those for which a form's content type is asked for, and no others; `objects`: all but arrays; names: those
   * that have one of these members.
   */
  readonly of: "all" | "asked" | "objects" | readonly string[];
  /** The whole JSON goes into this one field. */
  readonly field?: string;
  /**
   * What it becomes, where it is no form of the usual kind: `multipart`: a form of several parts; `xml`: a document, and
   * `xmlInField`: base64 of one, in lines of 60, in the field of a form; `compactJson`: JSON without blanks, which the
   * provider's own library demands.
   */
  readonly as?: "multipart" | "xml" | "xmlInField" | "compactJson";
}

/** The only places that keys are fetched from, by https at its own port: a request cannot name another. */
export interface KeySource {
  /** A certificate in PEM, or a JWK Set. */
  readonly kind: "x509" | "jwks";
  /** Where a request names the URL; absent: it is that of the only host and the path as it stands. */
  readonly named?: Extract<ValueSource, { readonly in: "header" | "body" }>;
  /** Whole names; `*` is one label or a part of it, of lower-case letters, digits and dashes. */
  readonly hosts: readonly [string, ...string[]];
  /** The whole path; `*` is letters and digits. */
  readonly path: string;
  /** The host's `*` is a piece of a text in the body: a certificate of one region signs for topics of it alone. */
  readonly region?: { readonly path: FieldPath; readonly separator: string; readonly index: number };
}

/** How a request tells who sent it. */
export interface Detection {
  /** Names of headers that carry the provider's signature or token. */
  readonly signatureHeaders: readonly string[];
  /** Media types of its bodies, where others with the same signature headers send none of them. */
  readonly mediaTypes?: RegExp;
  /** Other headers only this provider sends. */
  readonly otherHeaders?: readonly string[];
  /** With one of these it is somebody else, who imitates the provider's headers. */
  readonly unless?: readonly string[];
  /** What its signature headers look like, where others send headers of the same names: the whole value of any, or of those named. */
  readonly signatureLooks?: RegExp | Readonly<Record<string, RegExp>>;
  /**
   * Members of a JSON body that tell it from others with the same headers; all of one list must be there. A provider whose
   * signature has no header of its own is told by them alone.
   */
  readonly bodies?: readonly (readonly BodyTrait[])[];
  /** Signature headers that others use in the same way: the row is meant when nothing tells which of them sent the request. */
  readonly commonHeaders?: readonly string[];
}

/** A member that a JSON body has, or a field of a form, or the JSON in it: whatever its value, or with a text that looks like this. */
export interface BodyTrait {
  readonly form?: string;
  readonly path: FieldPath;
  readonly looks?: RegExp;
}

/**
 * A place in a request. `also`: a second part, joined with a dot when it is there. `names`: other words for the value.
 * `prefix`: put before it. `as`: what it is called whatever the value.
 */
export type ValueSource = (
  | { readonly in: "header"; readonly name: string }
  | { readonly in: "body"; readonly path: FieldPath }
  | { readonly in: "form"; readonly name: string }
  /** A form field that holds JSON. */
  | { readonly in: "formJson"; readonly name: string; readonly path: FieldPath }
  | { readonly in: "query"; readonly name: string }
  /** The first element of that name in an XML body, or in the base64 that a form field holds. */
  | { readonly in: "xml"; readonly element: string; readonly form?: string }
) & {
  readonly also?: ValueSource;
  readonly names?: Readonly<Record<string, string>>;
  readonly prefix?: string;
  readonly as?: string;
};

/** A header that the provider sends; left out when its value is not known. */
export interface OutgoingHeader {
  readonly name: string;
  readonly value:
    | { readonly from: "literal"; readonly text: string }
    /** `beforeDot`: up to the first dot; `slash`: the first dot becomes one; `colon`: all do; `names`: by table, else the header is left out. */
    | {
        readonly from: "eventType";
        readonly form?: "whole" | "beforeDot" | "slash" | "colon";
        readonly names?: Readonly<Record<string, string>>;
      }
    | { readonly from: "eventId" }
    | { readonly from: "deliveryId" }
    /** RFC 3339. */
    | { readonly from: "now" }
    /** Seconds since 1970. */
    | { readonly from: "nowSeconds" };
}

export interface RetryFacts {
  /** Waits between attempts, milliseconds, where the provider documents them. */
  readonly delaysMs?: readonly number[];
  /** Retries after the first attempt. */
  readonly retries?: number;
  /** One sentence. */
  readonly note: string;
}

/** How a delivery tells whether it is a retry, and which. */
export interface RetryMark {
  readonly at: ValueSource;
  /** What its number counts: retries, so that the first delivery has 0 or no number, or attempts, of which it is 1. */
  readonly counts: "retries" | "attempts";
  /** Where it says why there is a retry. */
  readonly reason?: ValueSource;
}

/** The handshakes that hookcli knows; handshakes.ts has what is asked and answered. */
export type HandshakeKind =
  | "slack-url-verification"
  | "discord-ping"
  | "websub"
  | "meta-verify-token"
  | "x-crc"
  | "zoom-url-validation"
  | "graph-validation-token"
  | "event-grid-validation"
  | "dropbox-challenge"
  | "okta-verification"
  | "sns-subscription"
  | "xero-intent"
  | "asana-hook-secret"
  | "twitch-callback-verification"
  | "trello-head"
  | "mandrill-head"
  | "braintree-challenge"
  | "ebay-challenge"
  | "notion-verification-token"
  | "dropbox-sign-hello"
  | "adyen-accepted"
  | "woocommerce-ping"
  | "github-ping";
