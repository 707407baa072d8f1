import { toByteText, tryParseJson } from "../../events/json-tree.js";
import { applyOverrides } from "../../fixtures/overrides.js";
import type { RetryMark, ValueSource } from "../../providers/provider.js";
import { retryReason, type FailedAttempt } from "../../providers/retry-headers.js";
import { fieldAt, parseJsonBody, scalarText } from "../../signatures/body.js";
import { replaceHeaders, type OutgoingRequest } from "../delivery/request.js";

/** Which retry of a delivery it is. */
export interface RetryOf {
  /** 1 is the first one. */
  readonly number: number;
  /** How the attempt before it ended. */
  readonly after: FailedAttempt;
}

/**
 * An unsigned request, marked as its provider marks a retry: by headers, or by a field of the body where the body has it.
 * What the first delivery does not have in its body is a matter of the provider's settings, and not made up.
 */
export function markedRetry(
  request: OutgoingRequest,
  mark: RetryMark | undefined,
  { number, after }: RetryOf,
): OutgoingRequest {
  if (mark === undefined) return request;
  const counted = marked(request, mark.at, String(mark.counts === "attempts" ? number + 1 : number));
  const reason = retryReason(after);
  return mark.reason === undefined || reason === undefined ? counted : marked(counted, mark.reason, reason);
}

function marked(request: OutgoingRequest, at: ValueSource, text: string): OutgoingRequest {
  if (at.in === "header") return replaceHeaders(request, [[at.name, text]]);
  return at.in === "body" ? { ...request, body: withField(request.body, at.path, text) } : request;
}

/** Strings stay strings. */
function withField(body: Uint8Array, path: readonly (string | number)[], text: string): Uint8Array {
  const before = fieldAt(parseJsonBody(body), path);
  if (scalarText(before) === undefined || tryParseJson(toByteText(body)) === undefined) return body;
  const isNumber = typeof before !== "string" && /^\d+$/.test(text);
  const value = isNumber ? text : JSON.stringify(text);
  const steps = path.map((step) => ({ name: String(step), index: typeof step === "number" }));
  return applyOverrides(body, [{ kind: "set", path: { text: path.join("."), steps }, value }]);
}
