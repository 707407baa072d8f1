import { createPrivateKey, createPublicKey, ECDH, X509Certificate, type JsonWebKey, type KeyObject } from "node:crypto";
import { CliError } from "../errors.js";
import { decodeBase64, decodeBase64Url, decodeHex } from "./encoding.js";
import type { CurveName, KeyType } from "./scheme.js";

/** A public or private key, parsed. */
export interface Key {
  readonly visibility: "public" | "private";
  readonly type: KeyType;
  /** For `type` ec. */
  readonly curve?: CurveName;
  /** What it was written as. */
  readonly form: KeyForm;
  /** The half that verifies; there for private keys too. */
  readonly publicKey: KeyObject;
  /** The half that signs. */
  readonly privateKey?: KeyObject;
  /** What it is called where there are several. */
  readonly kid?: string;
  /** When signatures by it count, milliseconds since 1970; absent: always. */
  readonly validFrom?: number;
  readonly validTo?: number;
  /** What the certificate says that it came in. */
  readonly certificate?: CertificateFacts;
  /** One of several that came together: the others may be of other types. */
  readonly isOfSet?: boolean;
}

export interface CertificateFacts {
  /** Who it is made out to: the DNS names, else the common name. */
  readonly names: readonly string[];
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
  /** It may issue others. */
  readonly isAuthority: boolean;
}

export type KeyForm = "pem" | "certificate" | "jwk" | "der" | "raw" | "whsk" | "whpk";

/** Longer texts are no keys; an RSA key of 16,384 bits in PEM is under 13,000 characters. */
export const MAX_KEY_BYTES = 64 * 1024;

const CURVES: Readonly<Record<string, CurveName>> = {
  prime256v1: "p256",
  secp384r1: "p384",
  secp521r1: "p521",
  secp256k1: "secp256k1",
};
/** OpenSSL's name, JWK's name, and the bytes of a coordinate, by length of the uncompressed point. */
const POINTS: Readonly<Record<number, { readonly openssl: string; readonly jwk: string; readonly size: number }>> = {
  65: { openssl: "prime256v1", jwk: "P-256", size: 32 },
  97: { openssl: "secp384r1", jwk: "P-384", size: 48 },
  133: { openssl: "secp521r1", jwk: "P-521", size: 66 },
};
const COMPRESSED_TO_WHOLE: Readonly<Record<number, number>> = { 33: 65, 49: 97, 67: 133 };

/**
 * Reads a key: PEM (public, private, certificate), JWK, `whsk_`/`whpk_`, or hex or base64 of DER or of the raw bytes.
 *
 * Raw bytes: 32 are an Ed25519 public key, 64 an Ed25519 seed followed by its public key, an EC point (compressed or not)
 * a P-256, P-384 or P-521 public key.
 *
 * @throws CliError when it is none of these; the message never quotes the text
 */
export function parseKey(input: Uint8Array | string): Key {
  const text = (typeof input === "string" ? input : Buffer.from(input).toString("latin1")).trim();
  if (text.length === 0) throw new CliError("the key is empty");
  if (text.length > MAX_KEY_BYTES) throw notAKey();
  try {
    const key = readText(text) ?? (typeof input === "string" ? undefined : readBytes(Buffer.from(input)));
    if (key !== undefined) return key;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw notAKey(error);
  }
  throw notAKey();
}

/** True for a text that is plainly a key and no shared secret: PEM, JWK, `whpk_`, `whsk_`. */
export function looksLikeKey(secret: Uint8Array): boolean {
  if (!KEY_STARTS.has(secret[0] ?? 0)) return false;
  const start = Buffer.from(secret.subarray(0, 16)).toString("latin1");
  return start.startsWith("-----BEGIN") || start.startsWith("{") || /^wh[ps]k1?_/.test(start);
}

/** `-`, `{`, `w`. */
const KEY_STARTS: ReadonlySet<number> = new Set([0x2d, 0x7b, 0x77]);

/** A key around a `KeyObject`. @throws CliError for kinds that no scheme uses */
export function keyFromObject(object: KeyObject, form: KeyForm): Key {
  const kind = object.asymmetricKeyType;
  const isPrivate = object.type === "private";
  const halves = isPrivate ? { publicKey: createPublicKey(object), privateKey: object } : { publicKey: object };
  const visibility = isPrivate ? "private" : "public";
  if (kind === "ed25519") return { visibility, type: "ed25519", form, ...halves };
  if (kind === "rsa" || kind === "rsa-pss") return { visibility, type: "rsa", form, ...halves };
  const curve = kind === "ec" ? CURVES[object.asymmetricKeyDetails?.namedCurve ?? ""] : undefined;
  if (curve === undefined) throw new CliError(`no scheme uses keys of this kind (${kind ?? "secret"})`);
  return { visibility, type: "ec", curve, form, ...halves };
}

function readText(text: string): Key | undefined {
  if (text.startsWith("-----BEGIN")) return readPem(text);
  if (text.startsWith("{")) return keyFromJwk(JSON.parse(text) as unknown);
  const standard = /^wh([ps])k1?_(.*)$/s.exec(text);
  if (standard !== null) return readStandard(standard[1] === "p" ? "whpk" : "whsk", standard[2] ?? "");
  const bytes = decodeHex(text.toLowerCase()) ?? decodeBase64(text) ?? decodeBase64Url(text);
  return bytes === undefined ? undefined : readBytes(bytes);
}

function readPem(given: string): Key {
  const label = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(given)?.[1] ?? "";
  const text = given.includes("\n") ? given : onLines(given, label);
  if (label.includes("CERTIFICATE")) return keyFromCertificate(text);
  if (label.includes("ENCRYPTED") || /^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new CliError("the private key is encrypted", {
      hint: "decrypt it first: openssl pkey -in key.pem -out plain.pem",
    });
  }
  return keyFromObject(label.endsWith("PRIVATE KEY") ? createPrivateKey(text) : createPublicKey(text), "pem");
}

/** Some services give out PEM without its line ends. */
function onLines(text: string, label: string): string {
  return text.replace(`-----BEGIN ${label}-----`, "$&\n").replace(`-----END ${label}-----`, "\n$&");
}

/** The key of a certificate, in PEM or DER. @throws when it is none */
export function keyFromCertificate(input: string | Uint8Array): Key {
  const certificate = new X509Certificate(input);
  const { subject, subjectAltName = "", fingerprint256: fingerprint, ca: isAuthority } = certificate;
  const alternatives = [...subjectAltName.matchAll(/DNS:([a-z0-9*._-]+)/gi)].map(([, name = ""]) => name);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  const names = alternatives.length > 0 ? alternatives : [common ?? ""];
  return {
    ...keyFromObject(certificate.publicKey, "certificate"),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    certificate: { names, fingerprint, isAuthority },
  };
}

/** The longest id of a key that is looked at. */
const MAX_KID_LENGTH = 256;

/** The key of a JWK; `kid`, and `expired_at` in unix seconds, are kept. @throws CliError when it is none */
export function keyFromJwk(value: unknown): Key {
  const key = readJwk(value);
  const { kid, expired_at: expiredAt } = value as { kid?: unknown; expired_at?: unknown };
  return {
    ...key,
    ...(typeof kid === "string" && kid !== "" && kid.length <= MAX_KID_LENGTH ? { kid } : {}),
    ...(typeof expiredAt === "number" ? { validTo: expiredAt * 1000 } : {}),
  };
}

function readJwk(value: unknown): Key {
  if (typeof value !== "object" || value === null || !("kty" in value))
    throw new CliError("the key is JSON but no JWK: it has no kty");
  if (value.kty === "oct") throw new CliError("the key is a JWK of a shared secret", { hint: "pass it with --secret" });
  const jwk = value as JsonWebKey;
  const object =
    "d" in jwk ? createPrivateKey({ key: jwk, format: "jwk" }) : createPublicKey({ key: jwk, format: "jwk" });
  return keyFromObject(object, "jwk");
}

function readStandard(form: "whpk" | "whsk", encoded: string): Key | undefined {
  const bytes = decodeBase64(encoded);
  if (form === "whpk") return bytes?.length === 32 ? ed25519Public(bytes, form) : undefined;
  if (bytes?.length === 32) return keyFromObject(ed25519Private(bytes), form);
  return bytes?.length === 64 ? seedAndPublic(bytes, form) : undefined;
}

function readBytes(bytes: Buffer): Key | undefined {
  if (bytes.length === 32) return ed25519Public(bytes, "raw");
  if (bytes.length === 64) return seedAndPublic(bytes, "raw");
  const whole = COMPRESSED_TO_WHOLE[bytes.length];
  const point = POINTS[whole ?? bytes.length];
  if (point !== undefined && (bytes[0] ?? 0) >= 2 && (bytes[0] ?? 0) <= 4) return ecPoint(bytes, point);
  return bytes[0] === 0x30 ? readDer(bytes) : undefined;
}

function readDer(bytes: Buffer): Key {
  const attempts = [
    () => createPublicKey({ key: bytes, format: "der", type: "spki" }),
    () => createPrivateKey({ key: bytes, format: "der", type: "pkcs8" }),
    () => createPublicKey({ key: bytes, format: "der", type: "pkcs1" }),
    () => createPrivateKey({ key: bytes, format: "der", type: "pkcs1" }),
    () => createPrivateKey({ key: bytes, format: "der", type: "sec1" }),
  ];
  for (const attempt of attempts) {
    try {
      return keyFromObject(attempt(), "der");
    } catch (error) {
      if (error instanceof CliError) throw error;
    }
  }
  return keyFromCertificate(bytes);
}

function ed25519Public(bytes: Uint8Array, form: KeyForm): Key {
  const x = Buffer.from(bytes).toString("base64url");
  return keyFromObject(createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), form);
}

/** RFC 8410: the fixed head of a PKCS #8 Ed25519 key, before its 32 bytes of seed. */
const ED25519_PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

function ed25519Private(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}

function seedAndPublic(bytes: Buffer, form: KeyForm): Key {
  const key = keyFromObject(ed25519Private(bytes.subarray(0, 32)), form);
  const x = key.publicKey.export({ format: "jwk" }).x;
  if (x !== bytes.subarray(32).toString("base64url")) throw new CliError("the key's halves do not belong together");
  return key;
}

function ecPoint(bytes: Buffer, point: { readonly openssl: string; readonly jwk: string; readonly size: number }): Key {
  const whole = ECDH.convertKey(bytes, point.openssl, undefined, undefined, "uncompressed");
  const buffer = typeof whole === "string" ? Buffer.from(whole, "latin1") : whole;
  const x = buffer.subarray(1, 1 + point.size).toString("base64url");
  const y = buffer.subarray(1 + point.size).toString("base64url");
  return keyFromObject(createPublicKey({ key: { kty: "EC", crv: point.jwk, x, y }, format: "jwk" }), "raw");
}

function notAKey(cause?: unknown): CliError {
  return new CliError("the key cannot be read", {
    hint: "a key is PEM, JWK, hex, base64, whpk_... or whsk_...",
    cause,
  });
}
