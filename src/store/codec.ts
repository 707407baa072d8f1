import type { SignatureNote } from "../events/event.js";
import type { HeaderList } from "../events/headers.js";
import type { SqlValue } from "./driver.js";

/** Text as the bytes that lie in the store. */
export function toBlob(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

export function toBlobOrNull(text: string | null): Uint8Array | null {
  return text === null ? null : toBlob(text);
}

/** The text of a BLOB or TEXT column; empty for NULL. */
export function textOf(value: SqlValue | undefined): string {
  return textOrNull(value) ?? "";
}

export function textOrNull(value: SqlValue | undefined): string | null {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
  return value === null || value === undefined ? null : String(value);
}

export function numberOrNull(value: SqlValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}

export function bytesOf(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

/** Headers as they cross to the writer and lie in the store. */
export function packHeaders(headers: HeaderList): string {
  return JSON.stringify(headers);
}

/** Headers out of the store. */
export function unpackHeaders(value: SqlValue | undefined): HeaderList {
  const text = textOf(value);
  return text === "" ? [] : (JSON.parse(text) as HeaderList);
}

/** What is known of a signature, but for its status, which has a column of its own. */
export function packSignature({ status: _status, ...rest }: SignatureNote): Uint8Array {
  return toBlob(JSON.stringify(rest));
}

export function unpackSignature(status: SqlValue | undefined, rest: SqlValue | undefined): SignatureNote {
  const known = JSON.parse(textOf(rest)) as Omit<SignatureNote, "status">;
  return { status: textOf(status) as SignatureNote["status"], ...known };
}
