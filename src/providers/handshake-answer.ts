import { createHash, createHmac } from "node:crypto";
import { isFormType, type HeaderList } from "../events/headers.js";
import { fieldAt, parseJsonBody, scalarText } from "../signatures/body.js";
import { fieldsOf, formField } from "../signatures/form.js";
import type { Settings } from "../signatures/request.js";
import { queryParameter } from "../signatures/url.js";
import type { Describable } from "./places.js";
import type { Answer, Exchange, Handshake, Never, Place, Trait, Value, ValuePart } from "./handshake.js";
import { handshakes } from "./handshakes.js";
import type { Provider } from "./provider.js";

/** What answers are made from. */
export interface HandshakeFacts {
  readonly request: Describable;
  /** The endpoint as the provider knows it. */
  readonly endpoint: string | undefined;
  readonly secret: Uint8Array | undefined;
  readonly settings: Settings;
}

/** A whole answer. */
export interface MadeAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** The right answer; or what is missing for it; or why only the user can give it. */
export type RightAnswer =
  | { readonly kind: "answer"; readonly answer: MadeAnswer }
  | { readonly kind: "refusal"; readonly answer: MadeAnswer; readonly why: string }
  /** `secret`, `checked signature`, or the name of a setting. */
  | { readonly kind: "missing"; readonly what: readonly Missing[] }
  | { readonly kind: "never"; readonly why: string; readonly shown: string };

export type Missing = { readonly of: "secret" | "endpoint" } | { readonly of: "setting"; readonly name: string };

/** An exchange that a request begins, and whose it is. */
export interface FoundExchange {
  readonly handshake: Handshake;
  readonly exchange: Exchange;
}

/** Handshakes are small: what is larger is an event. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * The exchange that a request begins.
 *
 * @param provider the row that the request is known to be of; without it all handshakes that tell themselves are looked at
 */
export function findExchange(request: Describable, provider: Provider | undefined): FoundExchange | undefined {
  if (request.body.length > MAX_BODY_BYTES) return undefined;
  const { handshake: kind } = provider ?? {};
  if (provider !== undefined && kind === undefined) return undefined;
  const candidates = kind === undefined ? Object.values(handshakes) : [handshakes[kind]];
  const read = reader(request);
  for (const handshake of candidates) {
    const exchange = handshake.exchanges.find(
      ({ told }) =>
        told.method === request.method &&
        (told.onlyOf === undefined || provider !== undefined) &&
        told.traits.every((trait) => hasTrait(trait, read)),
    );
    if (exchange !== undefined) return { handshake, exchange };
  }
  return undefined;
}

/** Whether the answer is made with the secret. */
export function usesSecret({ answer }: Exchange): boolean {
  if (isNever(answer) || answer.body.kind === "none") return false;
  const values = answer.body.kind === "text" ? [answer.body.value] : Object.values(answer.body.members);
  return values.some((value) => typeof value !== "number" && value.some(({ part }) => part === "hmac"));
}

/** The text at a place of a request. */
export function textAt(request: Describable, place: Place): string | undefined {
  return scalarText(reader(request)(place));
}

type Reader = (place: Place) => unknown;

function reader(request: Describable): Reader {
  let json: { readonly value: unknown } | undefined;
  return (place) => {
    switch (place.in) {
      case "header":
        return request.headers.find(([name]) => name.toLowerCase() === place.name.toLowerCase())?.[1];
      case "query":
        return queryParameter(request.path, place.name);
      case "body":
        return fieldAt((json ??= { value: parseJsonBody(request.body) }).value, place.path);
      default:
        return formValue(request, place);
    }
  };
}

function formValue(request: Describable, place: Extract<Place, { readonly in: "form" | "formJson" }>): unknown {
  const type = request.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  if (type === undefined || !(isFormType(type) || /^\s*multipart\/form-data/i.test(type))) return undefined;
  const value = formField(fieldsOf(request), place.name);
  if (place.in === "form" || value === undefined) return value;
  return fieldAt(parseJsonBody(Buffer.from(value, "latin1")), place.path);
}

function hasTrait({ at, is, looks, empty }: Trait, read: Reader): boolean {
  const value = read(at);
  if (empty === true) return Array.isArray(value) && value.length === 0;
  if (is === undefined && looks === undefined) return value !== undefined;
  const text = scalarText(value);
  return text !== undefined && (is === undefined || text === is) && (looks === undefined || looks.test(text));
}

/** The right answer to a request. `signature`: whether it is signed rightly; `undefined`: that could not be checked. */
export function rightAnswer(exchange: Exchange, facts: HandshakeFacts, signature: boolean | undefined): RightAnswer {
  const { answer, demands } = exchange;
  if (isNever(answer)) return { kind: "never", why: answer.never, shown: textAt(facts.request, answer.shows) ?? "" };
  if (demands?.of === "signature" && signature === false) return refusal(401, "the signature is wrong");
  if (demands?.of === "signature" && demands.isNeeded === true && signature === undefined)
    return { kind: "missing", what: [{ of: "secret" }] };
  const missing: Missing[] = [];
  const text = (value: Value) => valueText(value, facts, missing);
  if (demands?.of === "value") {
    const given = textAt(facts.request, demands.at);
    const wanted = text(demands.equals);
    if (missing.length === 0 && given !== wanted) return refusal(403, `${placeName(demands.at)} is another one`);
  }
  const made = madeAnswer(answer, text);
  return missing.length > 0 ? { kind: "missing", what: missing } : { kind: "answer", answer: made };
}

export function isNever(answer: Answer | Never): answer is Never {
  return "never" in answer;
}

function placeName(place: Place): string {
  return place.in === "body" ? place.path.join(".") : place.name;
}

function refusal(status: number, why: string): RightAnswer {
  return { kind: "refusal", why, answer: { status, headers: [["Content-Length", "0"]], body: new Uint8Array() } };
}

function madeAnswer({ status, headers = [], body }: Answer, text: (value: Value) => string): MadeAnswer {
  const [type, written] = writtenBody(body, text);
  const bytes = Buffer.from(written, "utf8");
  const own = headers.map(({ name, value }) => [name, text(value)] as const);
  // What comes from a request is never taken for a page.
  const typed = type === undefined ? [] : ([["Content-Type", type]] as const);
  const sniffed = type === undefined ? [] : ([["X-Content-Type-Options", "nosniff"]] as const);
  const named = new Set(own.map(([name]) => name.toLowerCase()));
  const all: HeaderList = [
    ...typed,
    ...sniffed.filter(([name]) => !named.has(name.toLowerCase())),
    ...own,
    ...(status === 204 ? [] : ([["Content-Length", String(bytes.length)]] as const)),
  ];
  return { status, headers: all, body: bytes };
}

function writtenBody(body: Answer["body"], text: (value: Value) => string): [type: string | undefined, text: string] {
  if (body.kind === "none") return [undefined, ""];
  if (body.kind === "text") return ["text/plain; charset=utf-8", text(body.value)];
  const members = Object.entries(body.members).map(([name, value]) => [
    name,
    typeof value === "number" ? value : text(value),
  ]);
  return ["application/json", JSON.stringify(Object.fromEntries(members))];
}

/** A text of its parts; what is not known goes into `missing`. */
export function valueText(value: Value, facts: HandshakeFacts, missing: Missing[]): string {
  return value.map((part) => partText(part, facts, missing)).join("");
}

function partText(part: ValuePart, facts: HandshakeFacts, missing: Missing[]): string {
  const lacking = (what: Missing) => {
    missing.push(what);
    return "";
  };
  switch (part.part) {
    case "literal":
      return part.text;
    case "request":
      return textAt(facts.request, part.at) ?? "";
    case "setting":
      return facts.settings[part.name] ?? lacking({ of: "setting", name: part.name });
    case "endpoint":
      return facts.endpoint?.replace(/[?#].*$/s, "") ?? lacking({ of: "endpoint" });
    case "hash":
      return createHash(part.hash)
        .update(valueText(part.of, facts, missing))
        .digest(part.encoding);
    case "hmac": {
      if (facts.secret === undefined) return lacking({ of: "secret" });
      const key = part.key === "sha1" ? createHash("sha1").update(facts.secret).digest() : facts.secret;
      return createHmac(part.hash, key)
        .update(valueText(part.of, facts, missing))
        .digest(part.encoding);
    }
  }
}
