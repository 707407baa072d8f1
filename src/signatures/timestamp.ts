import type { TimestampRule } from "./scheme.js";

type Unit = TimestampRule["unit"];

/** At most 15 digits, nothing else: no sign, exponent, blank, or other writing that a lax number parser takes. */
const DIGITS = /^[0-9]{1,15}$/;
/** RFC 3339, up to nanoseconds. */
const RFC_3339 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;
/** RFC 9110, section 5.6.7: IMF-fixdate. */
const HTTP_DATE = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;

/** From 10^11 on, seconds would lie past the year 5000: such a number is milliseconds. */
export const MILLISECONDS_FROM = 100_000_000_000;

const READERS: Readonly<Record<Unit, (text: string) => number | undefined>> = {
  s: (text) => (DIGITS.test(text) ? Number(text) * 1000 : undefined),
  ms: (text) => (DIGITS.test(text) ? Number(text) : undefined),
  iso8601: (text) => readDate(text, RFC_3339),
  httpDate: (text) => readDate(text, HTTP_DATE),
};

const WRITERS: Readonly<Record<Unit, (nowMs: number) => string>> = {
  s: (nowMs) => String(Math.floor(nowMs / 1000)),
  ms: (nowMs) => String(Math.floor(nowMs)),
  iso8601: (nowMs) => new Date(nowMs).toISOString(),
  httpDate: (nowMs) => new Date(nowMs).toUTCString(),
};

/** What a timestamp of a unit looks like, for messages. */
export const UNIT_TITLES: Readonly<Record<Unit, string>> = {
  s: "unix seconds",
  ms: "unix milliseconds",
  iso8601: "an RFC 3339 date",
  httpDate: "an HTTP date",
};

/** Milliseconds since 1970, or `undefined` when the text is not a timestamp of that unit. */
export function readTimestamp(text: string, unit: Unit): number | undefined {
  return READERS[unit](text);
}

/** The timestamp as the provider writes it. */
export function writeTimestamp(nowMs: number, unit: Unit): string {
  return WRITERS[unit](nowMs);
}

/** Whole seconds since the timestamp; negative in the future. A unit of seconds is compared in whole seconds, as libraries do. */
export function ageInSeconds(timestampMs: number, nowMs: number, unit: Unit): number {
  if (unit === "s") return Math.floor(nowMs / 1000) - timestampMs / 1000;
  return (nowMs - timestampMs) / 1000;
}

/** A guess at why a timestamp is far off: the unit taken for another. */
export function unitHint(timestampMs: number, unit: Unit): string {
  if (unit === "s" && timestampMs / 1000 >= MILLISECONDS_FROM)
    return "; it looks like milliseconds where seconds are expected";
  if (unit === "ms" && timestampMs < MILLISECONDS_FROM)
    return "; it looks like seconds where milliseconds are expected";
  return "";
}

function readDate(text: string, pattern: RegExp): number | undefined {
  if (text.length > 40 || !pattern.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
