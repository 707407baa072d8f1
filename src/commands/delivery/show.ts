import { isUtf8 } from "node:buffer";
import { secretVariable } from "../../config/secrets.js";
import { curlScript } from "../../events/curl.js";
import { attemptToJson, type AttemptJson } from "../../events/event-json.js";
import { headerValue, type HeaderList } from "../../events/headers.js";
import { safeBlock } from "../../events/safe-text.js";
import { REDACTED, redactAttempt, redactHeaders, redactPath, redactUrl } from "../../events/redact.js";
import type { Output, Span } from "../../output/output.js";
import { dim, green, red } from "../../output/style.js";
import type { Context } from "../../context.js";
import type { Provider } from "../../providers/provider.js";
import type { Judgement } from "./judgement.js";
import type { Recorded } from "./record.js";
import { secretHeaders, type OutgoingRequest } from "./request.js";
import type { Destination } from "./target.js";

/** How much of an answer is shown without `--verbose`. */
const SHOWN_LINES = 10;
const SHOWN_CHARACTERS = 1_500;

export interface ShowOptions {
  readonly output: Output;
  readonly provider: Provider | undefined;
  readonly showSecrets: boolean;
  /** Names of headers whose values are secrets, whatever they are called. */
  readonly hidden: readonly string[];
}

/** Prints a request as it would go out, to a file or a pipe with the exact bytes of a body of plain text; or a curl command that sends it. */
export async function showRequest(
  whole: OutgoingRequest,
  { output, provider, showSecrets, hidden, env }: ShowOptions & { readonly env: Context["env"] },
  as: "http" | "curl",
): Promise<void> {
  const request = showSecrets ? whole : { ...whole, headers: withoutValues(whole.headers, hidden) };
  const headers = showSecrets ? request.headers : redacted(request.headers, provider);
  const variable =
    provider === undefined || provider.name === "generic" ? "HOOKCLI_SECRET" : secretVariable(provider.name);
  const curl =
    as === "http"
      ? undefined
      : curlScript(request, {
          showSecrets,
          secretHeaders: secretHeaders(provider),
          plainHeaders: plainHeaders(provider),
          secretEnv: variable,
        });
  const { method, body } = request;
  const url = showSecrets ? request.url : redactPath(request.url);
  const path = showSecrets ? request.path : redactPath(request.path);
  output.record({ method, url, headers, ...bodyJson(body), ...(curl === undefined ? {} : { curl: curl.command }) });
  if (curl !== undefined) {
    const unset = curl.variables.filter((name) => env[name] === undefined);
    if (unset.length > 0) output.note(`set ${unset.join(", ")} to the secret before you run it`);
    return output.block(curl.command);
  }
  output.line(`${method} ${path} HTTP/1.1`);
  for (const [name, value] of headers) output.line(`${name}: ${latin1Text(value)}`);
  if (headerValue(headers, "content-length") === undefined) output.line(`Content-Length: ${body.length}`);
  output.line("");
  await showSentBody(output, body);
}

function withoutValues(headers: HeaderList, hidden: readonly string[]): HeaderList {
  const names = new Set(hidden.map((name) => name.toLowerCase()));
  return headers.map(([name, value]) => [name, names.has(name.toLowerCase()) ? REDACTED : value]);
}

async function showSentBody(output: Output, body: Uint8Array): Promise<void> {
  if (output.json || body.length === 0) return;
  if (!isUtf8(body)) return output.line([dim(`(${body.length} bytes that are no text)`)]);
  const text = Buffer.from(body).toString();
  if (output.isTerminal || !isPlain(text)) output.block(text);
  else await output.bytes(body);
}

/** No character of it does anything but end a line. */
function isPlain(text: string): boolean {
  const lines = text.replaceAll("\r\n", "\n");
  return safeBlock(lines) === lines;
}

/** Prints an answer: status, time, what is to be said of it, and the first lines of its body. */
export function showAnswer(output: Output, { delivery }: Recorded, judgement: Judgement): void {
  output.line(answerLine(delivery, judgement));
  if (output.verbose)
    for (const [name, value] of redactHeaders(delivery.headers)) output.line([dim(`${name}: ${latin1Text(value)}`)]);
  showBody(output, delivery.body, delivery.answerSize);
}

/** One line of an answer: status, time, and what is to be said of it. */
export function answerLine(
  { status, reason, durationMs }: Recorded["delivery"],
  { accepted, remark }: Judgement,
): readonly (string | Span)[] {
  const style = accepted ? green : red;
  const head = status === null ? "no answer" : `${status}${reason === "" ? "" : ` ${reason}`}`;
  return [style(head), dim(`  ${Math.round(durationMs)} ms`), ...(remark === undefined ? [] : [`  ${remark}`])];
}

function showBody(output: Output, body: Uint8Array, size: number): void {
  if (body.length === 0) return;
  if (!isUtf8(body) && body.length === size) return output.line([dim(`(${size} bytes that are no text)`)]);
  const text = Buffer.from(body).toString();
  const shown = output.verbose ? text : text.split("\n").slice(0, SHOWN_LINES).join("\n").slice(0, SHOWN_CHARACTERS);
  output.block(shown);
  if (shown.length < text.length || body.length < size)
    output.line([dim(`(${size} bytes in all${output.verbose ? "" : ", -v shows more"})`)]);
}

/** Headers that the provider's row makes hold no secret, whatever they are called (I-Twilio-Idempotency-Token). */
function plainHeaders(provider: Provider | undefined): string[] {
  return (provider?.outgoing ?? []).map(({ name }) => name);
}

function redacted(headers: HeaderList, provider: Provider | undefined): HeaderList {
  const plain = new Set(plainHeaders(provider).map((name) => name.toLowerCase()));
  const masked = redactHeaders(headers, secretHeaders(provider));
  return headers.map((pair, index) => (plain.has(pair[0].toLowerCase()) ? pair : (masked[index] ?? pair)));
}

/** An attempt in JSON. */
function recordedJson({ delivery, startedAt, n }: Recorded, target: string): AttemptJson {
  return attemptToJson(redactAttempt({ ...delivery, n, target, startedAt }));
}

/** What both commands print with `--json` for one event. */
export function resultJson(parts: {
  readonly eventId: string;
  readonly attempts: readonly Recorded[];
  readonly destination: Destination;
  readonly judgement: Judgement;
  readonly expected: string;
  /** What chance began with, where that is repeatable. */
  readonly seed: number | undefined;
}): Record<string, unknown> {
  const { eventId, attempts, destination, judgement, expected, seed } = parts;
  const seq = attempts[0]?.seq ?? 0;
  return {
    eventId: seq === 0 ? null : eventId,
    seq: seq === 0 ? null : seq,
    target: redactUrl(destination.target.label),
    targetFrom: destination.via,
    attempts: attempts.map((attempt) => recordedJson(attempt, destination.target.label)),
    expected,
    accepted: judgement.accepted,
    exitCode: judgement.exitCode,
    ...(seed === undefined ? {} : { seed }),
  };
}

function bodyJson(body: Uint8Array): { bodyText: string } | { bodyBase64: string } {
  return isUtf8(body)
    ? { bodyText: Buffer.from(body).toString() }
    : { bodyBase64: Buffer.from(body).toString("base64") };
}

/** A header's bytes as the text that they most likely are. */
function latin1Text(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString() : value;
}
