import type { Config } from "../../config/config.js";
import { readInput } from "../../config/input.js";
import { resolveReference, resolveSecrets, secretVariable, type Secret } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import { findProvider } from "../../providers/index.js";
import { credentialsFor } from "../../signatures/credentials.js";
import { parseKeys } from "../../signatures/key-set.js";
import type { Key } from "../../signatures/key.js";
import type { Scheme } from "../../signatures/scheme.js";
import { SecretError } from "../../signatures/secret.js";
import type { Surroundings } from "./input.js";
import type { SignatureOptions, VerifyCommandOptions } from "./options.js";

/** What a signature is checked or made with. */
export interface Credentials {
  /** Texts of shared secrets, or of keys. */
  readonly secrets: readonly Uint8Array[];
  readonly keys: readonly Key[];
}

/** The flags that name them. */
export type CredentialOptions = Pick<SignatureOptions, "secret" | "key"> & Partial<Pick<VerifyCommandOptions, "cert">>;

/** Keys of `--key`, else the secrets of flags, environment and config; both may be empty. */
export async function knownCredentials(
  options: CredentialOptions,
  provider: string,
  around: Surroundings,
): Promise<Credentials> {
  const keys = await keysOf(options, around);
  if (keys.length > 0 && options.secret.length === 0) return { secrets: [], keys };
  const found = await resolveSecrets({ ...around, flags: options.secret, provider });
  if (keys.length === 0) demandUsable(found, provider, around.config);
  return { secrets: found.map(({ bytes }) => bytes), keys };
}

/** The same; none is an error (2) that says where they go. */
export async function credentialsOf(
  options: CredentialOptions,
  provider: string,
  around: Surroundings,
): Promise<Credentials> {
  const known = await knownCredentials(options, provider, around);
  if (known.secrets.length + known.keys.length === 0) throw missingSecret(provider, around.config);
  return known;
}

/**
 * Refuses a secret that no scheme of the provider can take, and says where it came from: several places are looked at, and
 * a variable that is set for all providers may fit some of them only.
 */
function demandUsable(secrets: readonly Secret[], name: string, { ownProviders }: Config): void {
  const schemes = findProvider(name, ownProviders)?.schemes ?? [];
  for (const { bytes, origin } of secrets) {
    const problems = schemes.map((scheme) => problemWith(bytes, scheme));
    const [first] = problems;
    if (first === undefined || problems.includes(undefined)) continue;
    const isKey = schemes[0]?.secret.kind === "key";
    const message = `the secret of ${origin} does not fit ${name}, which takes ${formOf(schemes[0]?.secret)}`;
    throw new SecretError("malformed", message, isKey ? keyHint(name) : first.hint);
  }
}

function problemWith(secret: Uint8Array, scheme: Scheme): CliError | undefined {
  try {
    credentialsFor(scheme, [secret], []);
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

/** What a provider's secrets look like. */
function formOf(secret: Scheme["secret"] | undefined): string {
  if (secret?.kind === "key") return "a key";
  if (secret?.kind === "prefixedBase64") return `${secret.prefix} + base64`;
  return secret?.kind === "hex" || secret?.kind === "base64" ? secret.kind : "a shared secret as text";
}

function keyHint(name: string): string {
  return `pass --key @file: the public key to verify, the private key to sign (hookcli sign --new-key ${name} makes a pair)`;
}

/** The error for a secret, or a key, that nobody named. */
export function missingSecret(provider: string, { ownProviders }: Pick<Config, "ownProviders">): SecretError {
  const schemes = findProvider(provider, ownProviders)?.schemes ?? [];
  if (schemes.length > 0 && schemes.every(({ secret }) => secret.kind === "key")) {
    const fetched =
      findProvider(provider, ownProviders)?.keySource === undefined ? "" : "; verify --allow-fetch gets it";
    const hint = `${keyHint(provider)}; ${secretVariable(provider)} may hold it too${fetched}`;
    return new SecretError("missing", `no key is known for ${provider}`, hint);
  }
  const orKey = schemes.some(({ secret }) => secret.kind === "key") ? "; for its scheme with keys " : "";
  const variable = provider === "generic" ? "HOOKCLI_SECRET" : `${secretVariable(provider)} or HOOKCLI_SECRET`;
  return new SecretError(
    "missing",
    `no secret is known for ${provider}`,
    `set ${variable}, or pass --secret env:NAME${orKey === "" ? "" : orKey + keyHint(provider)}`,
  );
}

/** The keys of `--key`, in order, and those of the certificates of `--cert`. A private one on the command line is warned of. */
export async function keysOf(
  { key, cert = [] }: Omit<CredentialOptions, "secret">,
  { context, output }: Surroundings,
): Promise<Key[]> {
  const keys: Key[] = [];
  for (const text of key) {
    const isLiteral = !/^(?:env:|@|file:)/.test(text) && text !== "-";
    const parsed = readKeys(await keyBytes(text, "--key", { context, output }), "--key");
    if (isLiteral && parsed.some(({ visibility }) => visibility === "private")) {
      output.warn("the process list shows the private key of --key; env:NAME or @file keeps it out");
    }
    keys.push(...parsed);
  }
  for (const text of cert) {
    const parsed = readKeys(await keyBytes(text, "--cert", { context, output }), "--cert");
    if (parsed.some(({ certificate }) => certificate === undefined))
      throw new SecretError("malformed", "--cert: that is no certificate", "a key without one goes with --key");
    keys.push(...parsed);
  }
  return keys;
}

/** A key file may be DER: its bytes are taken whole, where a secret would lose a final newline. */
async function keyBytes(
  text: string,
  what: string,
  around: Pick<Surroundings, "context" | "output">,
): Promise<Uint8Array> {
  if (text.startsWith("env:")) return resolveReference(text, { ...around, what });
  if (!/^(?:@|file:)/.test(text) && text !== "-") return Buffer.from(text.replace(/^literal:/, ""));
  return readInput(text, { context: around.context, what, limitBytes: 65_536 });
}

function readKeys(bytes: Uint8Array, what: string): Key[] {
  try {
    return parseKeys(bytes);
  } catch (error) {
    if (error instanceof CliError) throw new SecretError("malformed", `${what}: ${error.message}`, error.hint);
    throw error;
  }
}
