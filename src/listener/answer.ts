import { isToken, type HeaderList } from "../events/headers.js";
import { headerList, type HeadersInput } from "../events/headers-input.js";
import type { Responder } from "../receive/receiver.js";
import type { ListenerEvent } from "./event.js";
import type { RespondOptions } from "./listener.js";
import { matcherOf, type Matcher } from "./match.js";
import {
  ANYTHING,
  BYTES,
  checkShape,
  either,
  FUNCTION,
  NUMBER,
  OBJECT,
  OptionsError,
  TEXT,
  type Kind,
  type Shape,
} from "./options.js";

/** What is answered to a sender: a status alone, or more. */
export type AnswerInput =
  | number
  | {
      /** 200 when absent. */
      readonly status?: number;
      readonly headers?: HeadersInput;
      /** Text is sent as UTF-8. */
      readonly body?: string | Uint8Array;
      /** A value to send as JSON, in place of `body`. */
      readonly json?: unknown;
    };

/** An answer made for the event. It may take its time: the sender waits. */
export type AnswerOf = (event: ListenerEvent) => AnswerInput | Promise<AnswerInput>;

/** An answer, checked. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** Statuses that have no body: RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5. */
const BODYLESS = new Set([204, 205, 304]);

/** A list of pairs, `Headers`, or an object. */
const HEADERS: Kind = { text: "headers", holds: (value) => typeof value === "object" && value !== null };

const ANSWER: Shape<Exclude<AnswerInput, number>> = {
  status: NUMBER,
  headers: HEADERS,
  body: either(TEXT, BYTES),
  json: ANYTHING,
};

const RESPOND: Shape<RespondOptions> = { match: either(TEXT, OBJECT, FUNCTION), times: NUMBER };

/** Reads an answer. Throws OptionsError for one that HTTP does not have, and for what is none. */
export function answerOf(input: AnswerInput): Answer {
  if (typeof input !== "number") checkShape(input, ANSWER, "an answer");
  const { status = 200, headers = [], body, json } = typeof input === "number" ? { status: input } : input;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new OptionsError(`not a status to answer with: ${status}; it is one from 200 to 599`);
  }
  const bytes = json === undefined ? bytesOf(body ?? "") : Buffer.from(JSON.stringify(json));
  if (BODYLESS.has(status) && bytes.length > 0) throw new OptionsError(`an answer with status ${status} has no body`);
  const own = checkedHeaders(headerList(headers));
  const has = (name: string) => own.some(([key]) => key.toLowerCase() === name);
  return {
    status,
    headers: [
      ...own,
      ...(json === undefined || has("content-type") ? [] : [["Content-Type", "application/json"] as const]),
      ...(BODYLESS.has(status) || has("content-length") ? [] : [["Content-Length", String(bytes.length)] as const]),
    ],
    body: bytes,
  };
}

/** Writes a whole answer. */
export function writeAnswer(responder: Responder, { status, headers, body }: Answer): void {
  responder.writeHead(status, undefined, headers);
  if (body.length > 0) void responder.write(body);
  responder.end();
}

interface Rule {
  readonly matcher: Matcher;
  readonly make: AnswerOf;
  left: number;
}

/** What `respond` was told, the latest first. */
export class AnswerRules {
  private rules: Rule[] = [];

  /** Adds a rule. Throws OptionsError for an answer or a count that cannot be. */
  add(answer: AnswerInput | AnswerOf, options: RespondOptions = {}): void {
    checkShape(options, RESPOND, "the options of respond");
    const { match = {}, times = Infinity } = options;
    if (!(times >= 1)) throw new OptionsError(`an answer is given once or more often, not ${times} times`);
    if (typeof answer !== "function") answerOf(answer);
    const make = typeof answer === "function" ? answer : () => answer;
    this.rules.unshift({ matcher: matcherOf(match), make, left: times });
  }

  /** What answers this event, counted as given; `undefined`: no rule does. */
  take(event: ListenerEvent): AnswerOf | undefined {
    const rule = this.rules.find(({ matcher }) => matcher.fits(event));
    if (rule === undefined) return undefined;
    rule.left -= 1;
    if (rule.left < 1) this.rules = this.rules.filter((other) => other !== rule);
    return rule.make;
  }

  clear(): void {
    this.rules = [];
  }
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? Buffer.from(body, "utf8") : body;
}

function checkedHeaders(headers: HeaderList): HeaderList {
  for (const [name, value] of headers) {
    if (!isToken(name)) throw new OptionsError(`not a header's name: ${JSON.stringify(name)}`);
    // RFC 9110, section 5.5, and what node:http sends as latin1.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new OptionsError(`not a header's value: ${JSON.stringify(value)}`);
  }
  return headers;
}
