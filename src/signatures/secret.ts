import { createHash } from "node:crypto";
import { CliError } from "../errors.js";
import { decodeBase64, decodeHex } from "./encoding.js";
import type { SecretForm } from "./scheme.js";

/** A secret that cannot be used: empty, or not in the form that the scheme demands. Misuse, never a verdict. Never quotes the secret. */
export class SecretError extends CliError {
  readonly code: "empty" | "malformed" | "missing";

  constructor(code: "empty" | "malformed" | "missing", message: string, hint?: string) {
    super(message, { hint });
    this.code = code;
  }
}

type Decoder = (text: string, bytes: Uint8Array, form: SecretForm) => Uint8Array | undefined;

const DECODERS: Readonly<
  Record<Exclude<SecretForm["kind"], "key">, { readonly wants: string; readonly decode: Decoder }>
> = {
  utf8: { wants: "text", decode: (_text, bytes) => bytes },
  utf8Nfkd: { wants: "text", decode: (text) => new TextEncoder().encode(text.normalize("NFKD")) },
  hex: { wants: "hex", decode: (text) => decodeHex(text.toLowerCase()) },
  base64: { wants: "base64", decode: (text) => decodeBase64(text) },
  prefixedBase64: { wants: "base64 after its prefix", decode: decodePrefixed },
  utf8After: { wants: "text", decode: decodeAfter },
  sha1: { wants: "text", decode: (_text, bytes) => createHash("sha1").update(bytes).digest() },
};

/**
 * The key bytes of a secret.
 *
 * @param secret the text as the user has it, as bytes
 * @throws SecretError when it is empty or malformed
 */
export function decodeSecret(secret: Uint8Array, form: SecretForm): Uint8Array {
  const nothing = nothingIn(secret);
  if (nothing !== undefined)
    throw new SecretError(
      "empty",
      `the secret is ${nothing}`,
      "anybody can sign with such a secret; set the variable or the file it comes from",
    );
  if (form.kind === "key")
    throw new SecretError("malformed", "this scheme takes a key, not a shared secret", "pass --key");
  if (form.kind === "utf8") return secret;
  const { wants, decode } = DECODERS[form.kind];
  const key = decode(Buffer.from(secret.buffer, secret.byteOffset, secret.length).toString("utf8"), secret, form);
  if (key === undefined) throw malformed(secret, form, wants);
  if (key.length === 0) throw new SecretError("empty", "the secret is empty once decoded");
  return key;
}

/** Longer blanks are nobody's slip. */
const MAX_NOTHING = 64;

/** What a secret without a secret in it is; zeros are to a MAC what an empty key is. */
function nothingIn(secret: Uint8Array): string | undefined {
  if (secret.length === 0) return "empty";
  if (secret.length > MAX_NOTHING) return undefined;
  if (secret.every(isBlank)) return "nothing but blanks";
  // Most secrets are told by their first letter to have no prefix.
  if (secret[0] !== LETTER_V && secret[0] !== LETTER_W) return undefined;
  const text = Buffer.from(secret).toString("latin1");
  return /^(?:v1,)?whsec_=*\s*$/.test(text) ? "nothing but the prefix whsec_" : undefined;
}

const LETTER_V = 0x76;
const LETTER_W = 0x77;

/** NUL, or one of latin1's blanks. */
function isBlank(byte: number): boolean {
  return byte === 0 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x20 || byte === 0xa0;
}

function decodePrefixed(text: string, bytes: Uint8Array, form: SecretForm): Uint8Array | undefined {
  if (form.kind !== "prefixedBase64") return undefined;
  if (text.startsWith(form.prefix)) return decodeBase64(text.slice(form.prefix.length));
  if (form.without === "none") return undefined;
  return form.without === "utf8" ? bytes : decodeBase64(text);
}

/** `signkey-*-`: what stands for the star is not empty, and as long as it can be. */
function decodeAfter(text: string, bytes: Uint8Array, form: SecretForm): Uint8Array | undefined {
  if (form.kind !== "utf8After") return undefined;
  const [start = "", end = ""] = form.prefix.split("*");
  if (!text.startsWith(start)) return bytes;
  const word = /^\w*/.exec(text.slice(start.length))?.[0] ?? "";
  const length = start.length + word.length;
  return word === "" || !text.startsWith(end, length) ? bytes : Buffer.from(text.slice(length + end.length));
}

function malformed(secret: Uint8Array, form: SecretForm, wants: string): SecretError {
  const prefix = form.kind === "prefixedBase64" ? ` (${form.prefix}...)` : "";
  const last = secret[secret.length - 1];
  const hint =
    last === 0x0a || last === 0x0d || last === 0x20
      ? "it ends with a blank or a line break"
      : "copy it again from the provider, whole";
  return new SecretError("malformed", `the secret is malformed: this scheme's secrets are ${wants}${prefix}`, hint);
}
