import type { Attempt } from "./event.js";
import { headerValue, isFormType } from "./headers.js";
import { checkedHeaders, field, isFields, numberOrNull, textOrNull, timeField, type Fields } from "./import-fields.js";
import { headerText, MAX_ANSWER_BYTES, pathOfUrl, type ForeignRequest } from "./import-request.js";

/** True for one delivery of GitHub's API (`GET /repos/:owner/:repo/hooks/:id/deliveries/:id`). */
export function isGithubDelivery(fields: Fields): boolean {
  return (
    typeof field(fields, "guid") === "string" &&
    typeof field(fields, "delivered_at") === "string" &&
    isFields(field(fields, "request"))
  );
}

/**
 * A delivery of GitHub's API as the request that GitHub sent. The API tells the payload as JSON: it is written again without
 * white space, as GitHub writes it. `compactPayload`: the member `payload`, its tokens as they stand.
 */
export function readGithubDelivery(fields: Fields, compactPayload: () => Uint8Array): ForeignRequest {
  const request = field(fields, "request") as Fields;
  const headers = checkedHeaders(pairsOf(field(request, "headers")), "headers");
  const json = field(request, "payload") === null ? new Uint8Array(0) : compactPayload();
  const isForm = isFormType(headerValue(headers, "content-type"));
  const url = textOrNull(fields, "url");
  return {
    method: "POST",
    path: url === null ? "/" : pathOfUrl(url),
    headers,
    body: isForm ? Buffer.from(`payload=${encodeURIComponent(Buffer.from(json).toString("utf8"))}`) : json,
    receivedAt: timeField(fields, "delivered_at"),
    provider: "github",
    attempts: attemptsOf(fields, url),
    lossy: "GitHub's API tells the payload parsed, so that it may not be byte for byte the one that was sent",
  };
}

function attemptsOf(fields: Fields, url: string | null): Attempt[] {
  const status = numberOrNull(fields, "status_code", 999);
  if (status === null || status === 0) return [];
  const response = field(fields, "response");
  const answer = isFields(response) ? response : {};
  const payload = field(answer, "payload");
  return [
    {
      n: 1,
      target: url ?? "/",
      startedAt: timeField(fields, "delivered_at"),
      durationMs: (numberOrNull(fields, "duration", 86_400) ?? 0) * 1000,
      status: Math.trunc(status),
      error: null,
      headers: checkedHeaders(pairsOf(field(answer, "headers")), "headers of the answer"),
      body:
        typeof payload === "string" ? Buffer.from(payload, "utf8").subarray(0, MAX_ANSWER_BYTES) : new Uint8Array(0),
    },
  ];
}

function pairsOf(headers: unknown): [string, string][] {
  if (!isFields(headers)) return [];
  return Object.entries(headers).map(([name, value]) => [name, headerText(value)]);
}
