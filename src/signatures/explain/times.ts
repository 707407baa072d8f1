import { fieldAt, parseJsonBody, scalarText } from "../body.js";
import { readRequest } from "../read-request.js";
import { signatureHeaderNames, type Subject } from "./subject.js";
import type { Fault } from "./fault.js";
import { quoted } from "./mask.js";

const DIGITS = /^\d{9,19}$/;
const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/i;
const HTTP_DATE = /^[A-Za-z]{3}, \d\d [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/;
/** Fields of bodies that hold a time. */
const TIME_FIELDS = ["timestamp", "time", "created", "created_at", "createdAt", "date", "sent_at"];
const MAX_TIMES = 8;

/** A text that may have been signed as the timestamp, and where it stands. */
export interface TimeText {
  readonly text: string;
  readonly about: string;
}

/** The timestamp in other units and writings, and other times of the request in its place. */
export function* timeFaults(subject: Subject): Generator<Fault> {
  if (subject.scheme.timestamp === undefined || !subject.scheme.content.some(({ part }) => part === "timestamp"))
    return;
  const reading = readRequest(subject.scheme, subject.request);
  const own = "reason" in reading ? undefined : reading.timestamp?.text;
  const starts = [
    ...(own === undefined ? [] : [{ text: own, about: "" }]),
    ...timesOf(subject).filter(({ text }) => text !== own),
  ];
  for (const { text, about } of starts) {
    const from = about === "" ? "" : `${about}, `;
    if (about !== "") yield timeFault(text, `${about} as the timestamp`);
    const unit = unitOf(text);
    for (const [written, how] of writings(text)) {
      yield timeFault(written, `${from}the timestamp ${how}, where the request has ${unit}`);
    }
  }
}

function timeFault(timestamp: string, about: string): Fault {
  return { dimension: "time", cause: "timestamp_text", about, change: { timestamp } };
}

/** Headers and body fields that hold a time. */
export function timesOf({ scheme, request }: Pick<Subject, "scheme" | "request">): TimeText[] {
  const found = new Map<string, string>();
  const add = (text: string, about: string) => {
    if (isTime(text) && !found.has(text)) found.set(text, about);
  };
  const skipped = signatureHeaderNames(scheme);
  for (const [name, value] of request.headers) {
    const lower = name.toLowerCase();
    if (!skipped.has(lower)) add(value.trim(), `${quoted(name)} is taken`);
    else
      for (const [, number = ""] of value.matchAll(/(?:^|[,; ])(?:t|ts|time|timestamp)=(\d{9,19})(?![0-9a-f])/g))
        add(number, `the time in ${quoted(name)} is taken`);
  }
  const body = request.body.length > 1 && request.body[0] === 0x7b ? parseJsonBody(request.body) : undefined;
  for (const name of TIME_FIELDS) add(scalarText(fieldAt(body, [name])) ?? "", `the body's ${name} is taken`);
  return [...found].map(([text, about]) => ({ text, about })).slice(0, MAX_TIMES);
}

function isTime(text: string): boolean {
  return DIGITS.test(text) || ISO.test(text) || HTTP_DATE.test(text);
}

/** The same time as other programs write it. */
function* writings(text: string): Generator<readonly [text: string, about: string]> {
  const ms = readAny(text);
  if (ms === undefined) return;
  const seen = new Set([text]);
  for (const [written, about] of allWritings(text, ms)) {
    if (!seen.has(written)) yield [written, about];
    seen.add(written);
  }
}

function allWritings(text: string, ms: number): [string, string][] {
  const seconds = String(Math.floor(ms / 1000));
  const iso = new Date(ms).toISOString();
  const short = iso.replace(/\.\d+Z$/, "Z");
  return [
    [seconds, "in seconds"],
    [String(ms), "in milliseconds"],
    [`${seconds}000`, "in whole milliseconds"],
    [`${seconds}000000`, "in microseconds"],
    [`${seconds}.0`, "in seconds with .0"],
    [String(ms / 1000), "in seconds with a fraction"],
    [iso, "as an RFC 3339 date with milliseconds"],
    [short, "as an RFC 3339 date"],
    [short.replace("Z", "+00:00"), "as an RFC 3339 date with +00:00"],
    [iso.replace("Z", "+00:00"), "as an RFC 3339 date with milliseconds and +00:00"],
    [short.replace("Z", "+0000"), "as an RFC 3339 date with +0000"],
    [short.replace("T", " ").replace("Z", ""), "as a date and a time with a blank between"],
    [iso.replace(/\.(\d+)Z$/, ".$1000Z"), "as an RFC 3339 date with microseconds"],
    [text.replace(/\.\d+/, ""), "without its fraction"],
    [text.replace(" ", "+"), "with + in place of its blank"],
    [new Date(ms).toUTCString(), "as an HTTP date"],
    [text.replace(/^0+/, ""), "without zeros before it"],
    ["", "left empty"],
  ];
}

function unitOf(text: string): string {
  if (!DIGITS.test(text)) return "a date";
  if (text.length <= 11) return "seconds";
  return text.length <= 14 ? "milliseconds" : "a smaller unit";
}

/** Milliseconds; digits by how many there are: 10 are seconds, 13 milliseconds, 16 micro-, 19 nanoseconds. */
function readAny(text: string): number | undefined {
  if (DIGITS.test(text))
    return Math.floor(
      Number(text) / 10 ** (text.length <= 11 ? -3 : text.length <= 14 ? 0 : text.length <= 17 ? 3 : 6),
    );
  if (!isTime(text)) return undefined;
  const ms = Date.parse(/Z|GMT|[+-]\d\d:?\d\d$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) || Math.abs(ms) > 8e15 ? undefined : ms;
}
