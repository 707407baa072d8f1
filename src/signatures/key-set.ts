import { CliError } from "../errors.js";
import { keyFromCertificate, keyFromJwk, MAX_KEY_BYTES, parseKey, type Key } from "./key.js";

/**
 * Reads the keys of a text or file: whatever {@link parseKey} reads; several PEM blocks, of a chain the certificate that is
 * issued to somebody; a JWK Set; the answers of providers' key services, `{"key": ...}` and `{"<kid>": "<PEM>"}`.
 *
 * @throws CliError when there is none; the message never quotes the text
 */
export function parseKeys(input: Uint8Array | string): Key[] {
  const text = typeof input === "string" ? input.trim() : startOf(input);
  if (text.length > MAX_KEY_BYTES) return [parseKey(input)];
  if (text.startsWith("-----BEGIN")) return readBlocks(text);
  const value = text.startsWith("{") ? parseJson(text) : undefined;
  return value === undefined || "kty" in value ? [parseKey(input)] : readObject(value);
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The text of bytes that are no binary. */
function startOf(input: Uint8Array): string {
  return Buffer.from(input.buffer, input.byteOffset, Math.min(input.length, MAX_KEY_BYTES + 1))
    .toString("latin1")
    .trim();
}

function parseJson(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}

/** Curve parameters stand before a key in some files. */
const PARAMETERS = /^EC PARAMETERS-----/;

function readBlocks(text: string): Key[] {
  const blocks = text
    .split("-----BEGIN ")
    .slice(1)
    .filter((block) => !PARAMETERS.test(block));
  if (blocks.length < 2) return [parseKey(`-----BEGIN ${blocks[0] ?? text}`)];
  const keys = blocks.map((block) => parseKey(`-----BEGIN ${block}`));
  const issued = keys.filter(({ certificate }) => certificate?.isAuthority !== true);
  return issued.length > 0 ? issued : keys.slice(0, 1);
}

function readObject(value: JsonObject): Key[] {
  const { keys, key } = value;
  if (Array.isArray(keys)) return readSet(keys as unknown[]);
  if (typeof key === "string") return [parseKey(key)];
  if (typeof key === "object" && key !== null) return [keyFromJwk(key)];
  const certificates = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && entry[1].startsWith("-----BEGIN"),
  );
  if (certificates.length === 0) throw new CliError("the key is JSON but no JWK: it has no kty");
  return certificates.map(([kid, pem]) => ({ ...keyFromCertificate(pem), kid, isOfSet: true }));
}

/** A set may hold keys for other uses, and of kinds that nothing here takes: those are passed over. */
function readSet(members: readonly unknown[]): Key[] {
  const keys = members.flatMap((member) => {
    if (typeof member === "object" && member !== null && "use" in member && member.use !== "sig") return [];
    try {
      return [{ ...keyFromJwk(member), isOfSet: true }];
    } catch {
      return [];
    }
  });
  if (keys.length > 0) return keys;
  throw new CliError("the key set has no key that signatures could be checked with");
}
