import { CliError } from "../../errors.js";
import { headerValue, isFormType } from "../../events/headers.js";
import { decodeString, toByteText, tryParseJson, type JsonNode } from "../../events/json-tree.js";
import { newKey } from "../../keys/new-key.js";
import { signsBody } from "../../signatures/content.js";
import type { Scheme, SecretForm } from "../../signatures/scheme.js";
import { writeTimestamp } from "../../signatures/timestamp.js";
import type { Tampering } from "./options.js";
import { replaceHeaders, type OutgoingRequest } from "./request.js";
import type { Signer } from "./signing.js";

/** Refuses troubles that no receiver could notice with this scheme. */
export function refuseUnnoticeable(scheme: Scheme, trouble: { tamper: Tampering | undefined; stale: boolean }): void {
  const { tamper, stale } = trouble;
  const timeless = scheme.timestamp === undefined;
  // A token says itself how long it counts.
  if (stale && timeless && scheme.algorithm.family !== "jwt") throw unnoticeable("--stale", scheme, "signs no time");
  if (tamper === "timestamp" && timeless) throw unnoticeable("--tamper timestamp", scheme, "signs no time");
  if (tamper === "body" && !signsBody(scheme)) throw unnoticeable("--tamper body", scheme, "does not sign the body");
}

function unnoticeable(flag: string, scheme: Scheme, why: string): CliError {
  return new CliError(`${flag} makes no difference: ${scheme.name} ${why}`);
}

/** A signer whose secret or key is another one of the same form. */
export function withWrongSecret(signer: Signer, random: (length: number) => Uint8Array): Signer {
  const { provider, scheme } = signer;
  if (scheme.secret.kind === "key") return { provider, scheme, key: newKey(scheme).key };
  return { provider, scheme, secret: Buffer.from(wrongSecret(scheme.secret, Buffer.from(random(24)))) };
}

function wrongSecret(form: SecretForm, bytes: Buffer): string {
  if (form.kind === "base64") return bytes.toString("base64");
  if (form.kind === "prefixedBase64") return form.prefix + bytes.toString("base64");
  return bytes.toString("hex");
}

/** A signed request with its body, its signature or its time changed after signing. */
export function tampered(request: OutgoingRequest, scheme: Scheme, what: Tampering | undefined): OutgoingRequest {
  if (what === "body") return { ...request, body: changedBody(request) };
  if (what === "signature") return changedHeader(request, signatureHeader(scheme), changedSignature);
  if (what === "timestamp") return changedTimestamp(request, scheme);
  return request;
}

function signatureHeader(scheme: Scheme): string {
  if (scheme.signature.from === "header") return scheme.signature.names[0];
  throw new CliError(`${scheme.name} carries its signature in the body`);
}

function changedHeader(request: OutgoingRequest, name: string, change: (value: string) => string): OutgoingRequest {
  const value = headerValue(request.headers, name);
  return value === undefined ? request : replaceHeaders(request, [[name, change(value)]]);
}

/** One character in the middle of the longest word, which is the signature's own; its form stays right. */
function changedSignature(value: string): string {
  let longest = { index: 0, text: "" };
  for (const match of value.matchAll(/[A-Za-z0-9+/_-]+/g)) {
    if (match[0].length > longest.text.length) longest = { index: match.index, text: match[0] };
  }
  const at = longest.index + Math.floor(longest.text.length / 2);
  return value.slice(0, at) + (value[at] === "0" ? "1" : "0") + value.slice(at + 1);
}

/** The time moved by one second: within any tolerance, but not what was signed. */
function changedTimestamp(request: OutgoingRequest, { timestamp, signature }: Scheme): OutgoingRequest {
  if (timestamp?.from.kind === "header") {
    return changedHeader(request, timestamp.from.names[0], (value) => later(value, timestamp.unit));
  }
  const parse = signature.from === "header" ? signature.parse : undefined;
  const key = parse?.kind === "pairs" ? parse.timestamp : undefined;
  if (signature.from !== "header" || parse?.kind !== "pairs" || key === undefined) {
    throw new CliError("--tamper timestamp cannot find the time of this scheme");
  }
  return changedHeader(request, signature.names[0], (value) =>
    value
      .split(parse.item)
      .map((item) =>
        item.trim().startsWith(key + parse.pair) ? item.replace(/\d+$/, (digits) => later(digits, "s")) : item,
      )
      .join(parse.item),
  );
}

function later(value: string, unit: "s" | "ms" | "iso8601" | "httpDate"): string {
  if (unit === "s" || unit === "ms") return String(Number(value) + 1);
  return writeTimestamp(Date.parse(value) + 1000, unit);
}

/** Values that an app looks at before it checks anything: changing them would test something else. */
const SELF_DESCRIBING = /^(?:type|event|event_type|object|object_kind|action|specversion|kind)$/i;

/** The body with one character of one value changed; what is no JSON and no form gets its last bit flipped. */
function changedBody({ body, headers }: OutgoingRequest): Uint8Array {
  const text = toByteText(body);
  const at = isFormType(headerValue(headers, "content-type")) ? lastWordCharacter(text) : characterOfValue(text);
  if (at !== undefined) return withByte(body, at, text[at] === "x" ? 0x79 : 0x78);
  if (body.length === 0) return Uint8Array.of(0x78);
  return withByte(body, body.length - 1, (body.at(-1) ?? 0) ^ 1);
}

function withByte(body: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(body);
  copy[at] = value;
  return copy;
}

function lastWordCharacter(text: string): number | undefined {
  const match = /[A-Za-z0-9](?=[^A-Za-z0-9]*$)/.exec(text.slice(-1024));
  return match === null ? undefined : Math.max(0, text.length - 1024) + match.index;
}

function characterOfValue(text: string): number | undefined {
  const strings = stringsIn(text);
  const chosen = strings.find(({ key }) => !SELF_DESCRIBING.test(key)) ?? strings[0];
  return chosen?.at;
}

/** The strings of a JSON text, each with its key and the place of a plain character in it. */
function stringsIn(text: string): { key: string; at: number }[] {
  const found: { key: string; at: number }[] = [];
  const root = tryParseJson(text);
  const waiting: JsonNode[] = root === undefined ? [] : [root];
  for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
    for (const { keyStart, keyEnd, value } of node.members) {
      if (value.members.length > 0) waiting.push(value);
      const plain = value.kind === "string" ? /^"[A-Za-z]/.test(text.slice(value.start, value.start + 2)) : false;
      const key = keyStart === keyEnd ? "" : decodeString(text, keyStart, keyEnd);
      if (plain) found.push({ key, at: value.start + 1 });
    }
    if (found.some(({ key }) => !SELF_DESCRIBING.test(key))) break;
  }
  return found;
}
