import { isUtf8 } from "node:buffer";
import { headerValue, type HeaderList } from "../events/headers.js";
import { fieldAt, parseJsonBody } from "../signatures/body.js";
import type { Answer, Exchange } from "./handshake.js";
import { isNever, type MadeAnswer } from "./handshake-answer.js";

/** What the app answered. */
export interface GivenAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  readonly durationMs: number;
}

/** Whether an app's answer is right; `reason` says why it is not. */
export interface HandshakeVerdict {
  readonly accepted: boolean;
  readonly reason: string;
}

/** Judges an answer to an exchange. `right`: the answer that we would have given. `title`: the provider's. */
export function judgeAnswer(
  exchange: Exchange,
  { right, given, title }: { right: MadeAnswer; given: GivenAnswer; title: string },
): HandshakeVerdict {
  const { answer } = exchange;
  const wrong =
    (isNever(answer) ? wrongStatus({ ...right, takes: "2xx" }, given) : wrongAnswer(answer, right, given)) ??
    wrongTime(answer, given, title);
  if (wrong !== undefined) return { accepted: false, reason: wrong };
  return { accepted: true, reason: `the handshake is answered as ${title} demands` };
}

/** Judges the answer to a request that was made wrong on purpose. A wrong signature must get 401, a wrong value any refusal. */
export function judgeRefusal({ demands }: Exchange, { status }: Pick<GivenAnswer, "status">): HandshakeVerdict {
  const isSignature = demands?.of === "signature";
  const accepted = isSignature ? status === 401 : status >= 400 && status < 500;
  if (accepted) return { accepted, reason: `refused, as it should be (${status})` };
  const what = isSignature ? "a wrong signature" : "a wrong token";
  return { accepted, reason: `the app answered ${status} to ${what}, not ${isSignature ? "401" : "403"}` };
}

function wrongAnswer(answer: Answer, right: MadeAnswer, given: GivenAnswer): string | undefined {
  return wrongStatus(answer, given) ?? wrongHeader(answer, right, given) ?? wrongBody(answer, right, given);
}

function wrongStatus({ status, takes }: Pick<Answer, "status" | "takes">, given: GivenAnswer): string | undefined {
  const isTaken =
    given.status === status ||
    (takes === "2xx" ? given.status >= 200 && given.status < 300 : (takes?.includes(given.status) ?? false));
  const wanted = takes === "2xx" ? "2xx" : [status, ...(takes ?? [])].join(" or ");
  return isTaken ? undefined : `the app answered ${given.status}, not ${wanted}`;
}

function wrongHeader({ headers = [] }: Answer, right: MadeAnswer, given: GivenAnswer): string | undefined {
  for (const { name, or, isOptional } of headers) {
    if (isOptional === true) continue;
    const value = headerValue(given.headers, name)?.trim();
    if (value === undefined) return `the app answered ${given.status}, but without the header ${name}`;
    if (value !== headerValue(right.headers, name) && value !== or)
      return `the app answered ${given.status}, but ${name} is not what was asked`;
  }
  return undefined;
}

function wrongBody({ body }: Answer, right: MadeAnswer, given: GivenAnswer): string | undefined {
  const but = `the app answered ${given.status}, but`;
  if (body.kind === "none")
    return body.isStrict === true && given.body.length > 0 ? `${but} with a body, which must be empty` : undefined;
  if (!isUtf8(given.body)) return `${but} its body is no text`;
  if (body.kind === "text") {
    const wrong = wrongText(body, Buffer.from(right.body).toString(), given);
    return wrong === undefined ? undefined : `${but} ${wrong}`;
  }
  const json = parseJsonBody(given.body);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return `${but} not with a JSON object`;
  const wanted = parseJsonBody(right.body);
  const name = Object.keys(body.members).find((member) => fieldAt(json, [member]) !== fieldAt(wanted, [member]));
  if (name === undefined) return undefined;
  return `${but} ${Object.hasOwn(json, name) ? `${name} is not the right one` : `its JSON has no ${name}`}`;
}

function wrongText(
  body: Extract<Answer["body"], { readonly kind: "text" }>,
  wanted: string,
  given: GivenAnswer,
): string | undefined {
  if (body.isOptional === true) return undefined;
  const text = Buffer.from(given.body).toString();
  const inJson = body.inJson === undefined ? undefined : fieldAt(parseJsonBody(given.body), [body.inJson]);
  const name = body.value.every(({ part }) => part === "literal") ? JSON.stringify(wanted) : "the challenge";
  const isThere = body.isPart === true ? text.includes(wanted) : text.trim() === wanted;
  if (isThere || inJson === wanted) {
    if (body.isExact === true && text !== wanted) return `with blanks around ${name}`;
    return wrongMediaType(body.mediaType, given.headers);
  }
  return text.includes(wanted) ? `with more than ${name} as text` : `not with ${name} as text`;
}

function wrongMediaType(wanted: string | undefined, headers: HeaderList): string | undefined {
  if (wanted === undefined) return undefined;
  const type = headerValue(headers, "content-type");
  const isRight = type?.split(";")[0]?.trim().toLowerCase() === wanted;
  return isRight
    ? undefined
    : `with ${type === undefined ? "no content type" : `the content type ${type}`}, not ${wanted}`;
}

function wrongTime(answer: Exchange["answer"], { durationMs }: GivenAnswer, title: string): string | undefined {
  if (isNever(answer) || answer.withinMs === undefined || durationMs <= answer.withinMs) return undefined;
  return `the answer took ${(durationMs / 1000).toFixed(1)} s, and ${title} waits ${answer.withinMs / 1000} s`;
}
