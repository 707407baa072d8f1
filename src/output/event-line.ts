import type { Attempt, HookEvent, SignatureNote } from "../events/event.js";
import { redactPath } from "../events/redact.js";
import { safeText } from "../events/safe-text.js";
import { tableLines, type Cell, type Concession } from "./columns.js";
import type { Line, Span, Style } from "./output.js";
import { formatBytes, formatDuration, formatShortTime, formatTime } from "./quantity.js";

const GAP = 3;
/** Widths that columns of single lines have, so that lines printed one after the other stand under one another. */
const USUAL_WIDTHS = [8, 4, 16, 16, 13, 3, 6, 6];

const [TIME, TYPE, REQUEST, SIGNATURE, DURATION, SIZE, REMARKS] = [0, 2, 3, 4, 6, 7, 8] as const;
/** What gives way in a narrow terminal, the first one first; number and outcome always stay. */
const CONCESSIONS: readonly Concession[] = [
  { column: REQUEST, to: 12 },
  { gap: 2 },
  { column: TYPE, to: 12 },
  { column: REMARKS, to: 12 },
  { column: SIZE, to: "nothing" },
  { column: DURATION, to: "nothing" },
  { column: TIME, to: "short" },
  { column: REQUEST, to: "nothing" },
  { column: SIGNATURE, to: 9 },
  { column: REMARKS, to: "nothing" },
  { column: TYPE, to: 8 },
  { column: SIGNATURE, to: "nothing" },
  { column: TIME, to: "nothing" },
];

const SIGNATURES: Readonly<Record<Exclude<SignatureNote["status"], "invalid">, Span>> = {
  valid: { text: "signed ok", style: "green" },
  unchecked: { text: "unchecked", style: "dim" },
  not_checkable: { text: "no scheme", style: "dim" },
};

/**
 * One event on one line:
 * `12:04:31   #12   message.created   POST /webhook   signed ok   200   41 ms   1.2 kB`, then what is remarkable about it.
 * `now` (milliseconds) puts the date in front when the event is of another day; `columns` cuts the line to that width; `remark` is
 * said of it besides.
 */
export function eventLine(
  event: HookEvent,
  options: { readonly now?: number; readonly columns?: number; readonly remark?: string | undefined } = {},
): Line {
  const { remark, ...rest } = options;
  return table([event], { now: event.receivedAt, ...rest, least: USUAL_WIDTHS, remark })[0] ?? "";
}

/** Events one below the other, in columns that fit the width. */
export function eventTable(events: readonly HookEvent[], options: { now: number; columns: number }): Line[] {
  return table(events, { ...options, least: [] });
}

function table(
  events: readonly HookEvent[],
  {
    now,
    columns = Number.POSITIVE_INFINITY,
    least,
    remark,
  }: { now: number; columns?: number; least: readonly number[]; remark?: string | undefined },
): Line[] {
  const rows = events.map((event) => cells(event, now, remark));
  return tableLines(rows, { columns, gap: GAP, concessions: CONCESSIONS, least });
}

/** Time, number, type, request, signature, outcome, duration, size, remarks. Text is made safe here to know its width. */
function cells(event: HookEvent, now: number, remark?: string): Cell[] {
  const last = event.attempts.at(-1);
  return [
    { text: formatTime(event.receivedAt, now), short: formatShortTime(event.receivedAt, now), style: "dim" },
    { text: `#${event.seq}`, style: "plain" },
    { text: safeText(event.eventType ?? "-"), style: "bold" },
    { text: safeText(`${event.method} ${redactPath(event.path)}`), style: "plain" },
    signature(event.signature),
    outcome(event, last),
    { text: last?.durationMs == null ? "-" : formatDuration(last.durationMs), style: "dim" },
    { text: formatBytes(event.size), style: "dim" },
    { text: safeText(remarks(event, remark)), style: "yellow" },
  ];
}

/** The verdict in a word or two; of a signature that is not valid, the reason. */
function signature({ status, reason }: SignatureNote): Span {
  return status === "invalid" ? { text: reason ?? "bad signature", style: "red" } : SIGNATURES[status];
}

function outcome(event: HookEvent, last: Attempt | undefined): Span {
  if (event.state === "refused") return { text: "refused", style: "red" };
  // A connection that was refused is not an event that was refused.
  if (last?.error === "refused") return { text: "app down", style: "red" };
  if (last?.error != null) return { text: safeText(last.error), style: "red" };
  if (last?.status != null) return { text: String(last.status), style: statusStyle(last.status) };
  return { text: event.state, style: event.state === "dead" ? "red" : "dim" };
}

function statusStyle(status: number): Style {
  if (status < 300) return "green";
  return status < 400 ? "cyan" : status < 500 ? "yellow" : "red";
}

function remarks(event: HookEvent, remark: string | undefined): string {
  return [
    remark,
    event.refusal !== null && event.refusal !== event.signature.reason ? event.refusal : undefined,
    event.duplicateOf === null ? undefined : "duplicate",
    event.retry === undefined ? undefined : `retry ${event.retry.number}`,
    event.replayOf === null ? undefined : "replay",
    event.attempts.length > 1 ? `attempt ${event.attempts.length}` : undefined,
    event.state === "dead" && event.attempts.length > 0 ? "given up" : undefined,
  ]
    .filter((remark) => remark !== undefined)
    .join(", ");
}
