import { readInput } from "../../config/input.js";
import { resolveReference, resolveSecrets, secretVariable } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import { parseKey, type Key } from "../../signatures/key.js";
import { SecretError } from "../../signatures/secret.js";
import type { Surroundings } from "./input.js";
import type { SignatureOptions } from "./options.js";

/** What a signature is checked or made with. */
export interface Credentials {
  /** Texts of shared secrets, or of keys. */
  readonly secrets: readonly Uint8Array[];
  readonly keys: readonly Key[];
}

/** The flags that name them. */
export type CredentialOptions = Pick<SignatureOptions, "secret" | "key">;

/** Keys of `--key`, else the secrets of flags, environment and config; both may be empty. */
export async function knownCredentials(
  options: CredentialOptions,
  provider: string,
  around: Surroundings,
): Promise<Credentials> {
  const keys = await keysOf(options, around);
  if (keys.length > 0 && options.secret.length === 0) return { secrets: [], keys };
  const found = await resolveSecrets({ ...around, flags: options.secret, provider });
  return { secrets: found.map(({ bytes }) => bytes), keys };
}

/** The same; none is an error (2) that says where they go. */
export async function credentialsOf(
  options: CredentialOptions,
  provider: string,
  around: Surroundings,
): Promise<Credentials> {
  const known = await knownCredentials(options, provider, around);
  if (known.secrets.length + known.keys.length === 0) throw missingSecret(provider);
  return known;
}

/** The error for a secret that nobody named. */
export function missingSecret(provider: string): SecretError {
  const variable = provider === "generic" ? "HOOKCLI_SECRET" : `${secretVariable(provider)} or HOOKCLI_SECRET`;
  return new SecretError(
    "missing",
    `no secret is known for ${provider}`,
    `set ${variable}, or pass --secret env:NAME (--key for a public key)`,
  );
}

/** The keys of `--key`, in order. A private one on the command line is warned of. */
export async function keysOf(
  { key }: Pick<SignatureOptions, "key">,
  { context, output }: Surroundings,
): Promise<Key[]> {
  const keys: Key[] = [];
  for (const text of key) {
    const isLiteral = !/^(?:env:|@|file:)/.test(text) && text !== "-";
    const bytes = isLiteral ? Buffer.from(text.replace(/^literal:/, "")) : await keyBytes(text, { context, output });
    const parsed = readKey(bytes);
    if (isLiteral && parsed.visibility === "private") {
      output.warn("the process list shows the private key of --key; env:NAME or @file keeps it out");
    }
    keys.push(parsed);
  }
  return keys;
}

/** A key file may be DER: its bytes are taken whole, where a secret would lose a final newline. */
async function keyBytes(text: string, around: Pick<Surroundings, "context" | "output">): Promise<Uint8Array> {
  if (text.startsWith("env:")) return resolveReference(text, { ...around, what: "--key" });
  return readInput(text, { context: around.context, what: "--key", limitBytes: 65_536 });
}

function readKey(bytes: Uint8Array): Key {
  try {
    return parseKey(bytes);
  } catch (error) {
    if (error instanceof CliError) throw new SecretError("malformed", `--key: ${error.message}`, error.hint);
    throw error;
  }
}
