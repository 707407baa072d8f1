import type { FieldPath } from "../signatures/scheme.js";
import type { ValueSource } from "./provider.js";

/** What an endpoint has to answer before events come, or to each of them: as one record of data. */
export interface Handshake {
  /** Whose it is: whose secret its answers are made with. */
  readonly provider: string;
  /** For people: what comes, and what is the right answer. */
  readonly words: string;
  /** The requests of the set-up, and those that are answered in the same way later. */
  readonly exchanges: readonly [Exchange, ...Exchange[]];
}

/** One request of a provider, and its right answer. */
export interface Exchange {
  /** How the request is told from events: all of it must hold. */
  readonly told: Told;
  /** What `hookcli send <provider>/<name>` sends. */
  readonly sent: readonly Sent[];
  /** What the endpoint must say; `never`: nobody but the user may, for this reason. */
  readonly answer: Answer | Never;
  /** What must be so; else a refusal is the right answer: this status, 401 for a wrong signature and 403 for a wrong value. */
  readonly demands?: Demand;
  /** Where the request has the secret that later events are signed with. */
  readonly handsSecret?: Place;
}

/** Nobody but the user may answer. `shows`: what of the request they need for it. */
export interface Never {
  readonly never: string;
  readonly shows: Place;
}

/** What sets a request apart. */
export interface Told {
  readonly method: "GET" | "POST" | "HEAD" | "OPTIONS";
  readonly traits: readonly Trait[];
  /** Others send the same: it is this one only where the user named the provider, or the request's headers do. */
  readonly onlyOf?: "provider";
  /** Any event: answered so only where there is no app, for it would be lost where one is down. */
  readonly isEvent?: true;
}

/** A place that has a value: any, this one, or one that looks like this. `empty`: a list without items. */
export interface Trait {
  readonly at: Place;
  readonly is?: string;
  readonly looks?: RegExp;
  readonly empty?: true;
}

/** Where a value of a request stands. */
export type Place =
  | Extract<ValueSource, { readonly in: "header" | "query" | "form" | "body" }>
  | { readonly in: "formJson"; readonly name: string; readonly path: FieldPath };

/** What is answered, and what of an app's answer is looked at. */
export interface Answer {
  readonly status: number;
  /** What the provider takes besides. Absent: only `status`. */
  readonly takes?: "2xx" | readonly number[];
  readonly headers?: readonly AnswerHeader[];
  readonly body: AnswerBody;
  /** The provider waits no longer than this, milliseconds. Documented values only. */
  readonly withinMs?: number;
}

export interface AnswerHeader {
  readonly name: string;
  readonly value: Value;
  /** Another value that is as right. */
  readonly or?: string;
  /** Ours has it; the provider does not look at it. */
  readonly isOptional?: true;
}

export type AnswerBody =
  /** `isStrict`: the provider refuses an answer that has a body. */
  | { readonly kind: "none"; readonly isStrict?: true }
  /**
   * `mediaType`: the provider looks at that too. `inJson`: it takes an object with the text in this member as well. `isExact`:
   * blanks around it are wrong. `isOptional`: it does not look at bodies. `isPart`: it takes more than that text.
   */
  | {
      readonly kind: "text";
      readonly value: Value;
      readonly mediaType?: string;
      readonly inJson?: string;
      readonly isExact?: true;
      readonly isOptional?: true;
      readonly isPart?: true;
    }
  /** Members that an object must have: texts, and numbers. */
  | {
      readonly kind: "json";
      readonly members: Readonly<Record<string, Value | number>>;
    };

/** What a text is made of, one part after the other. */
export type Value = readonly ValuePart[];

export type ValuePart =
  | { readonly part: "literal"; readonly text: string }
  | { readonly part: "request"; readonly at: Place }
  /** What is configured at the provider, and known by `--setting`. */
  | { readonly part: "setting"; readonly name: string }
  /** The endpoint as the provider knows it, without its query. */
  | { readonly part: "endpoint" }
  | {
      readonly part: "hmac";
      readonly hash: "sha1" | "sha256";
      readonly of: Value;
      readonly encoding: "hex" | "base64";
      /** The key is the SHA-1 of the secret (Braintree). */
      readonly key?: "sha1";
    }
  | { readonly part: "hash"; readonly hash: "sha256"; readonly of: Value; readonly encoding: "hex" };

/**
 * `signature`: it is signed, and answered with a refusal where the signature is wrong; `isNeeded`: it is not answered
 * at all where the signature could not be checked, for the provider tries wrong ones too.
 */
export type Demand =
  | { readonly of: "signature"; readonly isNeeded?: true }
  | { readonly of: "value"; readonly at: Place; readonly equals: Value };

/** A request as a provider sends it at set-up. Its texts have the placeholders of fixtures. */
export interface Sent {
  /** Behind `<provider>/`: `handshake`, `handshake-bad`. */
  readonly name: string;
  readonly query?: readonly (readonly [name: string, value: string | Value])[];
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly contentType?: string;
  /** For headers that carry it. */
  readonly eventType?: string;
  /** A fixture of the provider by its event, or JSON, or a text. Absent: none. */
  readonly body?: { readonly fixture: string } | { readonly json: unknown } | { readonly text: string };
  /** The provider signs it as its events. */
  readonly isSigned?: true;
  /** It is wrong on purpose: its signature, or a value that stands here; the endpoint must refuse it. */
  readonly isWrong?: true;
}
