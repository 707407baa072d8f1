import { readInput } from "../../config/input.js";
import { resolveSecrets } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import type { HeaderList } from "../../events/headers.js";
import type { ExplainOptions } from "../../signatures/explain.js";
import { parseKey, type Key } from "../../signatures/key.js";
import { rawAlgorithm, type RawVerdict } from "../../signatures/raw.js";
import type { Scheme } from "../../signatures/scheme.js";
import { SecretError } from "../../signatures/secret.js";
import { keysOf, missingSecret } from "./credentials.js";
import { readSignatureInput, type Surroundings } from "./input.js";
import type { SignatureOptions } from "./options.js";

/** A raw scheme signs a message and nothing else: the message and its key. */
export interface RawInput {
  readonly key: Uint8Array | Key;
  readonly message: Uint8Array;
}

/** Reads message and key for a raw `--scheme`. Throws CliError 2. */
export async function readRawInput(name: string, options: SignatureOptions, around: Surroundings): Promise<RawInput> {
  const key = await rawKey(name, options, around);
  const named = options.body ?? options.payload;
  if (options.request === undefined && options.event === undefined) {
    return { key, message: await readInput(named ?? "-", { context: around.context, what: "the message" }) };
  }
  const { body } = await readSignatureInput(options, around);
  return { key, message: body };
}

async function rawKey(name: string, options: SignatureOptions, around: Surroundings): Promise<Uint8Array | Key> {
  const isMac = rawAlgorithm(name).family === "hmac";
  if (options.keyHex !== undefined) {
    const bytes = hexBytes(options.keyHex, "--key-hex");
    if (isMac) return bytes;
    const [key] = await keysOf({ key: [`literal:${options.keyHex}`] }, around);
    if (key !== undefined) return key;
  }
  const [key] = await keysOf(options, around);
  if (key !== undefined) return key;
  const [secret] = await resolveSecrets({ ...around, flags: options.secret, provider: undefined });
  if (secret === undefined)
    throw isMac
      ? missingSecret("generic", around.config)
      : new SecretError("missing", `no key is given for ${name}`, "pass --key @key.pem");
  return isMac ? secret.bytes : parseKey(secret.bytes);
}

/** Whole bytes in hex digits, either case. */
export function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

/** Hex digits, either case; throws CliError 2 for anything else. Empty is no bytes. */
export function hexBytes(text: string, what: string): Uint8Array {
  if (!isHex(text)) throw new CliError(`${what} is not hex`);
  return Buffer.from(text, "hex");
}

/** A raw signature as a request with one header, for the search for what went wrong. */
export function rawAsRequest(
  name: string,
  { key, message }: RawInput,
  { signature, now }: { readonly signature: Uint8Array; readonly now: number },
): ExplainOptions {
  const algorithm = rawAlgorithm(name);
  const scheme: Scheme = {
    name,
    label: name,
    algorithm,
    content: [{ part: "body" }],
    signature: { from: "header", names: ["Signature"], parse: { kind: "raw" } },
    encoding: "hex",
    secret: key instanceof Uint8Array ? { kind: "utf8" } : { kind: "key", type: key.type },
  };
  const headers: HeaderList = [["Signature", Buffer.from(signature).toString("hex")]];
  const credentials = key instanceof Uint8Array ? { secrets: [key] } : { keys: [key] };
  return { scheme, request: { headers, body: message }, ...credentials, now };
}

/** The verdict of a raw scheme as JSON, in the shape of every verdict. */
export function rawVerdictJson(scheme: string, verdict: RawVerdict) {
  return {
    valid: verdict.valid,
    provider: null,
    scheme,
    reason: verdict.reason,
    message: verdict.valid ? null : verdict.message,
    secretIndex: verdict.valid ? 0 : null,
    signatureIndex: verdict.valid ? 0 : null,
    timestamp: null,
    ageSeconds: null,
    explanation: null,
  };
}
