import { signsBody } from "../content.js";
import type { Cause } from "../explanation.js";
import type { Fault } from "./fault.js";
import type { Subject } from "./subject.js";

/** A body that the sender may have signed in place of the one at hand. */
export interface BodyVariant {
  readonly bytes: Uint8Array;
  readonly cause: Extract<Cause, `body_${string}`>;
  /** Completes "the signature is right for ...". */
  readonly about: string;
}

/** Larger bodies are not rewritten as text. */
export const MAX_TEXT_BYTES = 16 * 2 ** 20;

/** A family of bodies as faults; none for a scheme that says nothing about the body. */
export function bodyFaults(variants: (body: Uint8Array) => Iterable<BodyVariant>) {
  return function* ({ scheme, request }: Subject): Generator<Fault> {
    if (!signsBody(scheme)) return;
    for (const { bytes, cause, about } of variants(request.body)) yield bodyFault({ bytes, cause, about });
  };
}

export function bodyFault({ bytes, cause, about }: BodyVariant): Fault {
  return { dimension: "body", cause, about, change: { body: bytes } };
}

/** One variant after another: `second` of each body that `first` makes. */
export function chained(
  first: (body: Uint8Array) => Iterable<BodyVariant>,
  second: (body: Uint8Array) => Iterable<BodyVariant>,
) {
  return function* (body: Uint8Array): Generator<BodyVariant> {
    for (const one of first(body)) {
      for (const { bytes, about } of second(one.bytes)) {
        yield { bytes, cause: one.cause, about: `${one.about}; of that, ${about}` };
      }
    }
  };
}

/** One character is one byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

export function fromLatin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Without blanks and line ends around it (linear, and a no-break space is not one: it may be half of a UTF-8 character). */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && " \t\r\n".includes(text[start] ?? "")) start += 1;
  while (end > start && " \t\r\n".includes(text[end - 1] ?? "")) end -= 1;
  return text.slice(start, end);
}
