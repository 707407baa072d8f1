import type { Credential } from "./algorithm.js";
import { parseKeys } from "./key-set.js";
import { looksLikeKey, type Key } from "./key.js";
import type { Scheme } from "./scheme.js";
import { decodeSecret, SecretError } from "./secret.js";

/**
 * The credentials of a call in the form that the scheme takes, in order. For a scheme with keys and none given, the
 * secrets are read as keys.
 *
 * @throws SecretError when there are none, or one is empty or malformed
 */
export function credentialsFor(scheme: Scheme, secrets: readonly Uint8Array[], keys: readonly Key[]): Credential[] {
  if (scheme.secret.kind === "key") return keysFor(scheme, secrets, keys);
  if (secrets.length === 0)
    throw new SecretError("missing", `no secret is known for ${scheme.name}`, "pass --secret, or set HOOKCLI_SECRET");
  return secrets.map((secret) => ({ bytes: decodeShared(scheme, secret) }));
}

function keysFor(scheme: Scheme, secrets: readonly Uint8Array[], keys: readonly Key[]): Credential[] {
  const all = keys.length > 0 ? keys : secrets.flatMap(parseSecretAsKeys);
  if (all.length === 0) throw new SecretError("missing", `no key is known for ${scheme.name}`, "pass --key");
  return all.map((key) => ({ key }));
}

function parseSecretAsKeys(secret: Uint8Array): Key[] {
  if (secret.length === 0) throw new SecretError("empty", "the key is empty");
  return parseKeys(secret);
}

/** A public key is known to everyone: as the key of a MAC it would let anyone sign. */
function decodeShared(scheme: Scheme, secret: Uint8Array): Uint8Array {
  if (scheme.algorithm.family === "jwt" && looksLikeKey(secret)) {
    throw new SecretError("malformed", `${scheme.name} takes a shared secret, not a key`);
  }
  return decodeSecret(secret, scheme.secret);
}
