import type { Attempt, HookEvent, SignatureNote } from "../events/event.js";
import { redactPath } from "../events/redact.js";
import { safeText } from "../events/safe-text.js";
import type { Line, Span, Style } from "./output.js";
import { formatBytes, formatDuration, formatTime } from "./quantity.js";

/** Spaces between columns. */
const GAP = "   ";
/** What the columns of type and request are cut to at least, when the terminal is narrow. */
const SHORTEST = 12;
/** Widths that columns of single lines have, so that lines printed one after the other stand under one another. */
const USUAL_WIDTHS = [8, 4, 16, 16, 13, 3, 6, 6];

const SIGNATURES: Readonly<Record<Exclude<SignatureNote["status"], "invalid">, Span>> = {
  valid: { text: "signed ok", style: "green" },
  unchecked: { text: "unchecked", style: "dim" },
  not_checkable: { text: "no scheme", style: "dim" },
};

/**
 * One event on one line:
 * `12:04:31   #12   message.created   POST /webhook   signed ok   200   41 ms   1.2 kB`, then what is remarkable about it.
 * `now` (milliseconds) puts the date in front when the event is of another day; `columns` cuts the line to that width.
 */
export function eventLine(event: HookEvent, options: { readonly now?: number; readonly columns?: number } = {}): Line {
  return table([event], { now: event.receivedAt, ...options, least: USUAL_WIDTHS })[0] ?? "";
}

/** Events one below the other, in columns that fit the width. */
export function eventTable(events: readonly HookEvent[], options: { now: number; columns: number }): Line[] {
  return table(events, { ...options, least: [] });
}

function table(
  events: readonly HookEvent[],
  options: { readonly now: number; readonly columns?: number; readonly least: readonly number[] },
): Line[] {
  const rows = events.map((event) => cells(event, options.now));
  const widths = (rows[0] ?? []).map((_, column) => options.least[column] ?? 0);
  for (const row of rows) {
    for (const [column, { text }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, lengthOf(text));
  }
  const fitting = fit(widths, options.columns ?? Number.POSITIVE_INFINITY);
  return rows.map((row) => join(row, fitting));
}

/** Time, number, type, request, signature, outcome, duration, size, remarks. Text is made safe here to know its width. */
function cells(event: HookEvent, now: number): Span[] {
  const last = event.attempts.at(-1);
  return [
    { text: formatTime(event.receivedAt, now), style: "dim" },
    { text: `#${event.seq}`, style: "plain" },
    { text: safeText(event.eventType ?? "-"), style: "bold" },
    { text: safeText(`${event.method} ${redactPath(event.path)}`), style: "plain" },
    signature(event.signature),
    outcome(event, last),
    { text: last?.durationMs == null ? "-" : formatDuration(last.durationMs), style: "dim" },
    { text: formatBytes(event.size), style: "dim" },
    { text: safeText(remarks(event)), style: "yellow" },
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

function remarks(event: HookEvent): string {
  return [
    event.refusal !== null && event.refusal !== event.signature.reason ? event.refusal : undefined,
    event.duplicateOf === null ? undefined : "duplicate",
    event.replayOf === null ? undefined : "replay",
    event.attempts.length > 1 ? `attempt ${event.attempts.length}` : undefined,
    event.state === "dead" && event.attempts.length > 0 ? "given up" : undefined,
  ]
    .filter((remark) => remark !== undefined)
    .join(", ");
}

/** Widths that together fit: the request gives way first, then the type, then the remarks. */
function fit(widths: readonly number[], columns: number): number[] {
  const fitting = [...widths];
  if (columns === Number.POSITIVE_INFINITY) return fitting;
  for (const column of [3, 2, 8]) {
    const total = fitting.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
    const width = fitting[column] ?? 0;
    if (total > columns) fitting[column] = Math.min(width, Math.max(SHORTEST, width - (total - columns)));
  }
  return fitting;
}

/** The cells of a row, padded to their columns; nothing is padded where nothing follows. */
function join(row: readonly Span[], widths: readonly number[]): Line {
  const last = row.findLastIndex(({ text }) => text !== "");
  const line: (string | Span)[] = [];
  for (const [column, { text, style }] of row.slice(0, last + 1).entries()) {
    const width = widths[column] ?? 0;
    const shown = cut(text, width);
    line.push({ text: shown, style });
    if (column < last) line.push(" ".repeat(Math.max(0, width - lengthOf(shown)) + GAP.length));
  }
  return line;
}

/** In characters of one column each: what most texts are, whose length need not be counted. */
const PLAIN = /^[\x20-\x7e]*$/;

function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

function lengthOf(text: string): number {
  return PLAIN.test(text) ? text.length : Array.from(text).length;
}
