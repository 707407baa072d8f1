import { isUtf8 } from "node:buffer";
import { DECODED_LIMIT, decodeBody } from "../content-encoding.js";
import type { Attempt, EventRequest } from "../event.js";
import { headerValue, isFormType, type HeaderList } from "../headers.js";
import { redactHeaders, redactPath } from "../redact.js";
import { diffBodies, type BodyDiff } from "./body.js";
import { diffLists, type ListChange, type ShownList } from "./list.js";
import { parameters, splitTarget } from "./parameters.js";

/** How one part of two messages differs. A part without a difference has none of these. */
export type PartDiff =
  /** `hidden`: they differ in a credential, which is not shown. */
  | {
      readonly part: "method" | "path" | "status";
      readonly before: string;
      readonly after: string;
      readonly hidden?: true;
    }
  | { readonly part: "query" | "headers" | "trailers"; readonly changes: readonly ListChange[] }
  /** `decoded`: what is compared are the bodies with their content codings undone. */
  | { readonly part: "body"; readonly body: BodyDiff; readonly decoded?: true };

/** How two messages differ; empty: not at all. */
export type MessageDiff = readonly PartDiff[];

/** An answer as far as it is compared. */
export type Answer = Pick<Attempt, "status" | "error" | "headers" | "body">;

export interface MaskOptions {
  /** Credentials in headers and query as they are, in place of `***`. */
  readonly showSecrets?: boolean;
  /** Names of further headers that hold a credential. */
  readonly secretHeaders?: readonly string[];
}

/** How two requests differ. Credentials in headers and queries are masked; that they differ is told nevertheless. */
export function diffRequests(before: EventRequest, after: EventRequest, options: MaskOptions = {}): MessageDiff {
  return [
    ...valueDiff("method", before.method, after.method),
    ...pathDiff(splitTarget(before.path).path, splitTarget(after.path).path, options),
    ...queryDiff(before.path, after.path, options),
    ...headerDiff("headers", [before.headers, after.headers], options),
    ...headerDiff("trailers", [before.trailers, after.trailers], options),
    ...bodyDiff(before, after),
  ];
}

/** How two answers differ. */
export function diffAnswers(before: Answer, after: Answer, options: MaskOptions = {}): MessageDiff {
  return [
    ...valueDiff("status", statusText(before), statusText(after)),
    ...headerDiff("headers", [before.headers, after.headers], options),
    ...bodyDiff(before, after),
  ];
}

function statusText({ status, error }: Answer): string {
  if (error === null) return status === null ? "not ended" : String(status);
  return status === null ? `no answer (${error})` : `${status} (${error})`;
}

function valueDiff(part: "method" | "path" | "status", before: string, after: string): MessageDiff {
  return before === after ? [] : [{ part, before, after }];
}

function pathDiff(before: string, after: string, { showSecrets }: MaskOptions): MessageDiff {
  if (before === after) return [];
  if (showSecrets === true) return valueDiff("path", before, after);
  const [was, is] = [redactPath(before), redactPath(after)];
  return was === is ? [{ part: "path", before: was, after: is, hidden: true }] : valueDiff("path", was, is);
}

function queryDiff(before: string, after: string, options: MaskOptions): MessageDiff {
  const list = (path: string): ShownList => ({
    real: parameters(splitTarget(path).query),
    shown: parameters(splitTarget(options.showSecrets === true ? path : redactPath(path)).query),
  });
  return listDiff(
    "query",
    diffLists(list(before), list(after), (name) => name),
  );
}

function headerDiff(
  part: "headers" | "trailers",
  [before, after]: readonly [HeaderList, HeaderList],
  { showSecrets, secretHeaders }: MaskOptions,
): MessageDiff {
  const list = (real: HeaderList): ShownList => ({
    real,
    shown: showSecrets === true ? real : redactHeaders(real, secretHeaders),
  });
  return listDiff(
    part,
    diffLists(list(before), list(after), (name) => name.toLowerCase()),
  );
}

function listDiff(part: "query" | "headers" | "trailers", changes: readonly ListChange[]): MessageDiff {
  return changes.length === 0 ? [] : [{ part, changes }];
}

type Message = Pick<EventRequest, "headers" | "body">;

function bodyDiff(before: Message, after: Message): MessageDiff {
  const forms = isForm(before) && isForm(after);
  const [old, now] = [plainBody(before), plainBody(after)];
  const decoded = old === before.body && now === after.body ? undefined : diffBodies(old, now, forms);
  if (decoded !== undefined) return [{ part: "body", body: decoded, decoded: true }];
  const body = diffBodies(before.body, after.body, forms);
  return body === undefined ? [] : [{ part: "body", body }];
}

function isForm({ headers }: Message): boolean {
  return isFormType(headerValue(headers, "content-type"));
}

/** The body with its codings undone, where that gives a text of which nothing is missing. */
function plainBody({ headers, body }: Message): Uint8Array {
  const { bytes, notes } = decodeBody(body, headers);
  return notes.length > 0 && bytes.length < DECODED_LIMIT && isUtf8(bytes) ? bytes : body;
}
