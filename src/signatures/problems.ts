import { hashOfLength, signatureBytes } from "./algorithm.js";
import { decodeSignature, ENCODING_TITLES } from "./encoding.js";
import type { RequestReading } from "./read-request.js";
import { DEFAULT_TOLERANCE_SECONDS, isToleranceOff, type VerifyOptions } from "./request.js";
import type { Scheme } from "./scheme.js";
import type { SignatureProblem } from "./signature-text.js";
import { findHeader } from "./spelling.js";
import { ageInSeconds, unitHint } from "./timestamp.js";
import type { ReasonCode } from "./verdict.js";

/* What may be wrong with a request that could be read, each with a plain sentence. */

/** Why none of the signatures can be one of this scheme; `undefined` when at least one may be. */
export function formProblem(
  scheme: Scheme,
  decoded: readonly (Uint8Array | undefined)[],
  texts: readonly string[],
): SignatureProblem | undefined {
  const wanted = signatureBytes(scheme.algorithm);
  if (decoded.some((bytes) => bytes !== undefined && (wanted === undefined || bytes.length === wanted)))
    return undefined;
  const found = decoded.find((bytes) => bytes !== undefined);
  const message =
    found === undefined ? encodingMessage(scheme, texts[0] ?? "", wanted) : lengthMessage(scheme, found.length, wanted);
  if (texts.every((text) => isHexOf(text, wanted)) && !isHex(scheme.encoding))
    return { reason: "signature_malformed", message: hexMessage(scheme) };
  return { reason: "signature_malformed", message };
}

function lengthMessage({ encoding, label }: Scheme, bytes: number, wanted = 0): string {
  const hash = hashOfLength(bytes);
  const guess = hash === undefined ? "" : `, as many as ${hash.toUpperCase()} makes`;
  return isHex(encoding)
    ? `the signature has ${counted(bytes * 2, "hex digit")}${guess}; ${label} has ${wanted * 2}`
    : `the signature has ${counted(bytes, "byte")}${guess}; ${label} has ${wanted}`;
}

/** All of a signature's bytes in hex; hex digits are base64 too, of other bytes. */
function isHexOf(text: string, bytes: number | undefined): boolean {
  return text.length === (bytes ?? 0) * 2 && /^[0-9a-f]+$/i.test(text);
}

function hexMessage({ encoding }: Scheme): string {
  return `the signature is written in hex; the provider sends ${ENCODING_TITLES[encoding]}`;
}

function isHex(encoding: Scheme["encoding"]): boolean {
  return encoding === "hex" || encoding === "hexAnyCase";
}

function encodingMessage({ encoding }: Scheme, text: string, wanted: number | undefined): string {
  if (text === "") return "the signature is empty";
  if (isHex(encoding) && text.length % 2 !== 0 && /^[0-9a-f]+$/i.test(text)) {
    const expected = wanted === undefined ? "an even number is" : `${wanted * 2} are`;
    return `the signature has ${counted(text.length, "hex digit")}; ${expected} expected`;
  }
  const upper = encoding === "hex" && decodeSignature(text, "hexAnyCase") !== undefined;
  return upper
    ? "the signature is upper-case hex; the provider sends lower case"
    : `the signature is not ${ENCODING_TITLES[encoding]}`;
}

/** `1 byte`, `2 bytes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** No signature fits. Where the body's length is not what the sender said, that is the reason. */
export function mismatch({ request, secrets, keys }: VerifyOptions, tries: number): SignatureProblem {
  const length = findHeader(request.headers, "content-length");
  const isWhole =
    length.count !== 1 || !/^[0-9]{1,15}$/.test(length.value) || Number(length.value) === request.body.length;
  if (!isWhole && findHeader(request.headers, "content-encoding").count === 0) {
    return {
      reason: "body_length",
      message: `Content-Length says ${length.count === 1 ? length.value : ""}, the body has ${counted(request.body.length, "byte")}`,
    };
  }
  const hasSeveral = (secrets?.length ?? 0) + (keys?.length ?? 0) > 1;
  const message = hasSeveral
    ? `none of the secrets made any of the signatures (${tries} tried)`
    : "the signature was made with another secret, or another body";
  return { reason: "signature_mismatch", message };
}

/** What is wrong with the time of a request whose signature is right; `undefined`: nothing, or it is not checked. */
export function windowProblem(
  { scheme, tolerance, now }: VerifyOptions,
  { timestamp }: RequestReading,
): SignatureProblem | undefined {
  const rule = scheme.timestamp;
  if (rule === undefined || timestamp === undefined || isToleranceOff(tolerance)) return undefined;
  const limit = typeof tolerance === "number" ? tolerance : (rule.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS);
  const age = ageInSeconds(timestamp.ms, now, rule.unit);
  if (Math.abs(age) <= limit) return undefined;
  const [reason, words]: [ReasonCode, string] =
    age > 0 ? ["timestamp_too_old", "old"] : ["timestamp_in_future", "ahead of the clock"];
  const message = `the signature is right, but its timestamp is ${Math.abs(Math.trunc(age))} s ${words} (${limit} s are allowed)${unitHint(timestamp.ms, rule.unit)}`;
  return { reason, message };
}
