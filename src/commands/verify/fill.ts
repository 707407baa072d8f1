import { CliError } from "../../errors.js";
import { withHeaders, type HeaderList } from "../../events/headers.js";
import type { Scheme } from "../../signatures/scheme.js";
import { writeSignatureText } from "../../signatures/signature-text.js";

/** Values for a provider's own headers, as `--signature`, `--id` and `--timestamp` give them. */
export interface HeaderValues {
  readonly signature?: string;
  readonly id?: string;
  readonly timestamp?: string;
}

/** The headers with a scheme's own ones filled in. Throws CliError 2 where the scheme has no such header. */
export function fillHeaders(headers: HeaderList, scheme: Scheme, values: HeaderValues): HeaderList {
  const filled: [string, string][] = [];
  const { signature, id, timestamp } = values;
  if (signature !== undefined)
    filled.push([signatureHeader(scheme), latin1(signatureText(scheme, signature, timestamp))]);
  if (id !== undefined) filled.push([idHeader(scheme), latin1(id)]);
  if (timestamp !== undefined && scheme.timestamp?.from.kind === "header") {
    filled.push([scheme.timestamp.from.names[0], latin1(timestamp)]);
  } else if (timestamp !== undefined && !timestampInSignature(scheme)) {
    throw new CliError(`--timestamp: ${scheme.name} has no header for it`);
  }
  return withHeaders(headers, filled);
}

/** Where the timestamp stands with the signature (`t=...,v1=...`), `--timestamp` completes a signature without one. */
function signatureText(scheme: Scheme, signature: string, timestamp: string | undefined): string {
  if (timestamp === undefined || !timestampInSignature(scheme)) return signature;
  return writeSignatureText({ signature, timestamp }, scheme.signature.parse);
}

function timestampInSignature({ timestamp }: Scheme): boolean {
  return timestamp?.from.kind === "signature";
}

function signatureHeader({ name, signature }: Scheme): string {
  if (signature.from === "header") return signature.names[0];
  throw new CliError(`--signature: ${name} has its signature in the body`);
}

function idHeader({ name, id }: Scheme): string {
  if (id !== undefined) return id[0];
  throw new CliError(`--id: ${name} signs no id`);
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
