import { readInput } from "../../config/input.js";
import { resolveReference, resolveSecrets } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import { JWS_SCHEMES, signJws, verifyJws } from "../../signatures/jws.js";
import { readJwsKeys, sharedJwsKey, type JwsKey, type UnfitKey } from "../../signatures/jws-keys.js";
import type { RawVerdict } from "../../signatures/raw.js";
import type { JwtAlgorithm } from "../../signatures/scheme.js";
import { SecretError } from "../../signatures/secret.js";
import type { Surroundings } from "./input.js";
import type { SignatureOptions } from "./options.js";
import { hexBytes } from "./raw.js";

/** The verdict on a token: `--signature`, else the body. Throws CliError 2. */
export async function verifyToken(
  scheme: string,
  options: SignatureOptions & { readonly signature?: string | undefined },
  around: Surroundings,
): Promise<RawVerdict> {
  const keys = await keysFor(scheme, options, around);
  const text = options.signature ?? Buffer.from(await messageOf(options, around)).toString("latin1");
  return verifyJws(text.replace(/\r?\n$/, ""), keys);
}

/** A token over the body. Throws CliError 2. */
export async function signToken(scheme: string, options: SignatureOptions, around: Surroundings): Promise<string> {
  const keys = await keysFor(scheme, options, around);
  if ("unfit" in keys) throw new SecretError("malformed", keys.unfit);
  const [key] = keys;
  if (key === undefined) throw new SecretError("missing", `no key is given for ${scheme}`, "pass --key @key.jwk");
  return signJws(await messageOf(options, around), key);
}

/** The verdict on a line of `--batch`: the token is its body, the key a JWK, a JWK Set, or text. Throws CliError. */
export function verifyTokenCase(scheme: string, row: Readonly<Record<string, unknown>>): RawVerdict {
  const wanted = algorithmOf(scheme);
  const { key, secret, keyHex, body } = row;
  if (typeof body !== "string") throw new CliError("body is missing: it holds the token");
  if (typeof secret === "string" && secret !== "") return verifyJws(body, [sharedJwsKey(Buffer.from(secret), wanted)]);
  if (typeof keyHex === "string" && keyHex !== "")
    return verifyJws(body, [sharedJwsKey(hexBytes(keyHex, "keyHex"), wanted)]);
  if (typeof key === "string") return verifyJws(body, readJwsKeys(Buffer.from(key), wanted));
  if (typeof key !== "object" || key === null) throw new CliError("key, keyHex or secret is missing");
  return verifyJws(body, readJwsKeys(Buffer.from(JSON.stringify(key)), wanted));
}

function algorithmOf(scheme: string): JwtAlgorithm | undefined {
  if (JWS_SCHEMES.has(scheme)) return JWS_SCHEMES.get(scheme);
  throw new CliError(`unknown scheme: ${scheme}`, { hint: `tokens have ${[...JWS_SCHEMES.keys()].join(", ")}` });
}

async function messageOf(options: SignatureOptions, { context }: Surroundings): Promise<Uint8Array> {
  return readInput(options.body ?? options.payload ?? "-", { context, what: "the token" });
}

async function keysFor(
  scheme: string,
  options: SignatureOptions,
  around: Surroundings,
): Promise<readonly JwsKey[] | UnfitKey> {
  const wanted = algorithmOf(scheme);
  if (options.keyHex !== undefined) return [sharedJwsKey(hexBytes(options.keyHex, "--key-hex"), wanted)];
  const [key] = options.key;
  if (options.key.length > 1)
    throw new CliError("--key is given more than once", { hint: "put the keys into a JWK Set" });
  if (key !== undefined) return readJwsKeys(await resolveReference(key, { ...around, what: "--key" }), wanted);
  const [secret] = await resolveSecrets({ ...around, flags: options.secret, provider: undefined });
  if (secret === undefined)
    throw new SecretError("missing", `no key is given for ${scheme}`, "pass --key @key.jwk, or --secret");
  return [sharedJwsKey(secret.bytes, wanted)];
}
