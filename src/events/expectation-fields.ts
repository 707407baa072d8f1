import { SIGNATURE_STATUSES, EVENT_SOURCES, EVENT_STATES, type Attempt, type HookEvent } from "./event.js";
import { BodyFields } from "./body-fields.js";
import { parsePath } from "./field-path.js";
import { headerValues, type HeaderList } from "./headers.js";
import { redactPath } from "./redact.js";

/** An answer, as far as something can be expected of it. */
export type AnswerFacts = Pick<Attempt, "status" | "error" | "durationMs" | "headers" | "body">;

/** What of an event can be expected. */
export type EventPart = Pick<
  HookEvent,
  | "eventType"
  | "provider"
  | "signature"
  | "state"
  | "source"
  | "method"
  | "path"
  | "providerEventId"
  | "deliveryId"
  | "size"
  | "duplicateOf"
  | "refusal"
  | "headers"
  | "body"
>;

/** An event and its last answer; bodies are read when a condition asks for them, and once. */
export class Facts {
  readonly event: EventPart | undefined;
  readonly answer: AnswerFacts | undefined;
  private readonly read = new Map<Message, BodyFields>();

  constructor(event: EventPart | undefined, answer: AnswerFacts | undefined) {
    this.event = event;
    this.answer = answer;
  }

  /** The fields of the body of one of the two; `undefined`: that one is not there. */
  bodyOf(message: Message | undefined): BodyFields | undefined {
    if (message === undefined) return undefined;
    let reader = this.read.get(message);
    if (reader === undefined) this.read.set(message, (reader = new BodyFields(message)));
    return reader;
  }
}

/** A field that can be named in an expectation. */
export interface Field {
  /** Its value as text; `undefined`: it is not there. */
  readonly read: (facts: Facts) => string | undefined;
  /** Its value is one text, in which commas stand for themselves. */
  readonly isFree?: true;
  readonly isStatus?: true;
  /** All values that there are. */
  readonly values?: readonly string[];
  /** Its value may be a credential, and is not shown. */
  readonly isHidden?: true;
  readonly show?: (value: string) => string;
  /** What is there in its place, for people. */
  readonly beside?: (facts: Facts) => string;
}

interface Message {
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

const YES_NO = ["true", "false"];

/** Fields with a name of their own. */
const FIELDS: Readonly<Record<string, Field>> = {
  type: { read: ({ event }) => event?.eventType ?? undefined },
  provider: { read: ({ event }) => event?.provider ?? undefined },
  signature: { read: ({ event }) => event?.signature.status, values: SIGNATURE_STATUSES },
  reason: { read: ({ event }) => event?.signature.reason ?? event?.refusal ?? undefined },
  state: { read: ({ event }) => event?.state, values: EVENT_STATES },
  source: { read: ({ event }) => event?.source, values: EVENT_SOURCES },
  method: { read: ({ event }) => event?.method },
  path: { read: ({ event }) => event?.path, isFree: true, show: redactPath },
  id: { read: ({ event }) => event?.providerEventId ?? undefined, isFree: true },
  deliveryId: { read: ({ event }) => event?.deliveryId ?? undefined, isFree: true },
  size: { read: ({ event }) => event?.size.toString() },
  duplicate: {
    read: ({ event }) => (event === undefined ? undefined : String(event.duplicateOf !== null)),
    values: YES_NO,
  },
  status: { read: ({ answer }) => answer?.status?.toString(), isStatus: true },
  error: { read: ({ answer }) => answer?.error ?? undefined },
  time: { read: ({ answer }) => (answer?.durationMs === null ? undefined : answer?.durationMs.toString()) },
  body: bodyField("body", ({ event }) => event),
  "answer.body": bodyField("answer.body", ({ answer }) => answer),
};

const OF_ANSWER = /^(?:status|error|time|answer\..*)$/;

/** Every form of a field, what it means, and whether it is of the answer: for help and for suggestions. */
export const FIELD_FORMS: readonly { readonly name: string; readonly about: string; readonly ofAnswer: boolean }[] = (
  [
    ["type", "the event's type"],
    ["provider", "who sent it"],
    ["signature", "valid, invalid, unchecked or not_checkable"],
    ["reason", "why the signature is invalid, or why it was refused"],
    ["state", "refused, stored, pending, delivered, failed or dead"],
    ["source", "tunnel, local, send, replay or import"],
    ["method", "POST"],
    ["path", "with its query, as it was sent"],
    ["header.NAME", "a header of the event, its name in any case: header.x-github-event=push"],
    ["body", "the whole body as text"],
    ["body.PATH", "a value in a JSON body or a form: body.data.items.0.id=it_1"],
    ["id", "the provider's id of the event"],
    ["deliveryId", "the provider's id of the delivery"],
    ["size", "of the body, bytes"],
    ["duplicate", "true when the event came before"],
    ["status", "of the app's answer: 200, 2xx"],
    ["error", "why the app gave no whole answer: refused, timeout, reset"],
    ["time", "how long the app took, milliseconds"],
    ["answer.header.NAME", "a header of the app's answer"],
    ["answer.body", "the app's answer as text, its first 64 KiB"],
    ["answer.body.PATH", "a value in the JSON that the app answered"],
  ] as const
).map(([name, about]) => ({ name, about, ofAnswer: OF_ANSWER.test(name) }));

/** The field of a name; `undefined`: there is none, or not of an answer where only that is judged. */
export function fieldNamed(name: string, of: "event" | "answer"): Field | undefined {
  if (of === "answer" && !OF_ANSWER.test(name)) return undefined;
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name];
  const header = /^(answer\.)?header\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/.exec(name);
  if (header !== null) return headerField(header[2] ?? "", messageOf(header[1] !== undefined));
  const inBody = /^(answer\.)?body([.[][^]+)$/.exec(name);
  const path = inBody === null ? undefined : parsePath(inBody[2] ?? "");
  return path === undefined ? undefined : bodyField(name, messageOf(inBody?.[1] !== undefined), path);
}

function messageOf(isAnswer: boolean): (facts: Facts) => Message | undefined {
  return ({ event, answer }) => (isAnswer ? answer : event);
}

function headerField(name: string, of: (facts: Facts) => Message | undefined): Field {
  return {
    isFree: true,
    isHidden: true,
    read: (facts) => {
      const values = headerValues(of(facts)?.headers ?? [], name);
      return values.length === 0 ? undefined : values.join(", ");
    },
  };
}

function bodyField(name: string, of: (facts: Facts) => Message | undefined, path: readonly string[] = []): Field {
  return {
    isFree: true,
    read: (facts) => facts.bodyOf(of(facts))?.value(path),
    beside: (facts) => facts.bodyOf(of(facts))?.beside(path, name.startsWith("answer.") ? "answer.body" : "body") ?? "",
  };
}
