import type { SignatureEncoding } from "./scheme.js";

/*
 * Strict decoders: text that is not the one canonical spelling of its bytes is refused. `Buffer.from(text, "hex")` stops at
 * the first wrong digit and base64 skips what it does not know, so the result is encoded again and compared.
 */

/** Lower-case hex; `undefined` when it is anything else or empty. */
export function decodeHex(text: string): Buffer | undefined {
  if (text.length === 0 || text.length % 2 !== 0) return undefined;
  const bytes = Buffer.from(text, "hex");
  return bytes.toString("hex") === text ? bytes : undefined;
}

/** Standard base64 with its padding; `undefined` when it is anything else or empty. */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length === 0) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** base64url without padding; `undefined` when it is anything else or empty. */
export function decodeBase64Url(text: string): Buffer | undefined {
  if (text.length === 0) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

const DECODERS: Readonly<Record<SignatureEncoding, (text: string) => Buffer | undefined>> = {
  hex: decodeHex,
  hexAnyCase: (text) => decodeHex(text.toLowerCase()),
  base64: decodeBase64,
  base64url: decodeBase64Url,
  text: (text) => (text.length === 0 ? undefined : Buffer.from(text, "latin1")),
};

/** The bytes of an encoded signature, or `undefined` when the text is not in that encoding. */
export function decodeSignature(text: string, encoding: SignatureEncoding): Buffer | undefined {
  return DECODERS[encoding](text);
}

/** The text of a signature as the provider would send it. */
export function encodeSignature(bytes: Uint8Array, encoding: SignatureEncoding): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (encoding === "text") return buffer.toString("latin1");
  return buffer.toString(encoding === "hexAnyCase" ? "hex" : encoding);
}

/** What an encoding is called in a sentence. */
export const ENCODING_TITLES: Readonly<Record<SignatureEncoding, string>> = {
  hex: "lower-case hex",
  hexAnyCase: "hex",
  base64: "base64",
  base64url: "base64url",
  text: "text",
};
