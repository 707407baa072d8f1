import { headerValue, isFormType, type HeaderList } from "./headers.js";
import { checkedHeaders, checkedPath, checkedTime, field, isFields, type Fields } from "./import-fields.js";
import { headerText, withLength, type ForeignRequest } from "./import-request.js";

/** What smee.io adds to the headers; all else at the top level is a header. */
const OWN_FIELDS = new Set(["body", "query", "timestamp", "id"]);

/** True for what a smee channel sends: the headers of a request, and beside them its body, query and time. */
export function isSmeeMessage(fields: Fields): boolean {
  if (field(fields, "body") === undefined || typeof field(fields, "timestamp") !== "number") return false;
  return field(fields, "query") !== undefined || typeof field(fields, "host") === "string";
}

/**
 * A message of a smee channel as the request that smee.io got. The channel carries a parsed body: it is written again
 * without white space, as most senders write it. `compactBody`: the member `body`, its tokens as they stand.
 */
export function readSmeeMessage(fields: Fields, compactBody: () => Uint8Array): ForeignRequest {
  const headers = checkedHeaders(headersOf(fields), "headers");
  const body = bodyOf(field(fields, "body"), headers, compactBody);
  const isSameLength = headerValue(headers, "content-length") === String(body.byteLength);
  return {
    method: "POST",
    path: checkedPath(`/${queryOf(field(fields, "query"))}`),
    headers: withLength(headers, body.byteLength),
    body,
    receivedAt: checkedTime(Number(field(fields, "timestamp")), "timestamp"),
    attempts: [],
    ...(isSameLength
      ? {}
      : { lossy: "smee.io hands bodies on parsed, so that they are not byte for byte those that were sent" }),
  };
}

function headersOf(fields: Fields): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    if (OWN_FIELDS.has(name)) return [];
    if (typeof value === "string") return [[name, headerText(value)]];
    return Array.isArray(value) ? value.map((one): [string, string] => [name, headerText(one)]) : [];
  });
}

function bodyOf(value: unknown, headers: HeaderList, compactBody: () => Uint8Array): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (isFields(value) && isFormType(headerValue(headers, "content-type"))) return Buffer.from(formText(value), "utf8");
  return compactBody();
}

function queryOf(value: unknown): string {
  const query = isFields(value) ? formText(value) : "";
  return query === "" ? "" : `?${query}`;
}

/** Parsed form fields as a form. */
function formText(value: Fields): string {
  const pairs = Object.entries(value).flatMap(([name, one]) =>
    (Array.isArray(one) ? one : [one]).map((item): [string, string] => [name, textOf(item)]),
  );
  return new URLSearchParams(pairs).toString();
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
