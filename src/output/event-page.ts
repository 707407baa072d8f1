import type { Attempt, HookEvent, RetryNote, SignatureNote } from "../events/event.js";
import { attemptErrorText } from "../events/attempt-error.js";
import { bodyText } from "../events/body-text.js";
import type { HeaderList } from "../events/headers.js";
import type { Line, Output } from "./output.js";
import { formatBytes, formatDuration, formatTime } from "./quantity.js";
import { bold, dim, green, red, yellow } from "./style.js";

const LABEL_WIDTH = 12;
/** Of an answer's body so much is stored. */
const KEPT_ANSWER_BYTES = 64 * 1024;

export interface PageOptions {
  /** The day of today, milliseconds since 1970. */
  readonly now: number;
  /** Bytes of a binary body that are shown. */
  readonly hexLimit?: number | undefined;
}

/** Prints all that is known of an event: verdict and facts, request, body, attempts. */
export function printEvent(output: Output, event: HookEvent, { now, hexLimit }: PageOptions): void {
  for (const line of factLines(event, now)) output.line(line);
  output.line("");
  output.line([bold(event.method), ` ${event.path}`]);
  printHeaders(output, event.headers);
  for (const [name, value] of event.trailers) output.line([dim(`(trailer) ${name}: `), value]);
  output.line("");
  const whenEmpty = event.bodyComplete ? "no body" : "the body was not read";
  printBody(output, event, { whenEmpty, hexLimit });
  for (const attempt of event.attempts) {
    output.line("");
    printAttempt(output, attempt, { now, hexLimit });
  }
}

/** Prints one attempt and the answer to it. */
export function printAttempt(output: Output, attempt: Attempt, { now, hexLimit }: PageOptions): void {
  const { n, target, startedAt, durationMs, status, error } = attempt;
  const took = durationMs === null ? "not ended" : formatDuration(durationMs);
  output.line([bold(`attempt ${n}`), ` to ${target}, ${formatTime(startedAt, now)}, ${took}`]);
  output.line(
    error === null
      ? `status ${status ?? "unknown"}`
      : [yellow(attemptErrorText(error)), status === null ? "" : `, status ${status}`],
  );
  printHeaders(output, attempt.headers);
  if (attempt.body.byteLength === 0) return;
  output.line("");
  if (attempt.body.byteLength >= KEPT_ANSWER_BYTES) output.line([dim("(the first 64 KiB, which is what is kept)")]);
  printBody(output, attempt, { whenEmpty: "", hexLimit });
}

/** Prints header lines as they came, one a line. */
export function printHeaders(output: Output, headers: HeaderList): void {
  for (const [name, value] of headers) output.line([dim(`${name}: `), value]);
}

function factLines(event: HookEvent, now: number): Line[] {
  const facts: readonly (readonly [string, string | null | Line])[] = [
    ["event", [bold(`#${event.seq}`), `  ${event.id}`]],
    [
      "received",
      `${formatTime(event.receivedAt, now)}, ${event.source}${event.remoteIp === null ? "" : ` from ${event.remoteIp}`}`,
    ],
    ["type", event.eventType],
    ["provider", event.provider],
    ["provider id", event.providerEventId],
    ["delivery id", event.deliveryId],
    ["retry", retryText(event.retry)],
    ["signature", signatureLine(event.signature)],
    ["state", event.refusal === null ? event.state : [red(event.state), `: ${event.refusal}`]],
    ["duplicate of", event.duplicateOf],
    ["replay of", event.replayOf],
    ["project", event.project],
    ["body", `${formatBytes(event.size)}${event.bodyComplete ? "" : ", not whole"}, sha256 ${event.bodySha256}`],
  ];
  return facts.flatMap(([label, value]) =>
    value === null ? [] : [[dim(`${label}:`.padEnd(LABEL_WIDTH + 2)), ...pieces(value)]],
  );
}

/** `2 (http_timeout)`: as its sender says. */
function retryText(retry: RetryNote | undefined): string | null {
  if (retry === undefined) return null;
  return `${retry.number}${retry.reason === undefined ? "" : ` (${retry.reason})`}, as its sender says`;
}

function signatureLine({ status, reason, scheme, secretIndex }: SignatureNote): Line {
  const by =
    scheme === undefined ? "" : ` (${scheme}${secretIndex === undefined ? "" : `, secret ${secretIndex + 1}`})`;
  if (status === "valid") return [green("valid"), by];
  if (status === "invalid") return [red(`invalid: ${reason ?? "unknown"}`), by];
  return status === "unchecked" ? "unchecked" : "not checkable: the provider signs nothing, or not with such a secret";
}

function printBody(
  output: Output,
  { headers, body }: { readonly headers: HeaderList; readonly body: Uint8Array },
  { whenEmpty, hexLimit }: { whenEmpty: string; hexLimit: number | undefined },
): void {
  const { kind, text, hidden, notes } = bodyText(body, headers, { hexLimit });
  for (const note of notes) output.line([dim(`(${note})`)]);
  if (kind === "empty") output.line([dim(whenEmpty)]);
  else output.block(text);
  if (hidden > 0) output.line([dim(`${formatBytes(hidden)} more; --body writes all of it to a file or a pipe`)]);
}

function pieces(line: Line): Exclude<Line, string> {
  return typeof line === "string" ? [line] : line;
}
