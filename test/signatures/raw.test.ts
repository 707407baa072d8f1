import { createHmac, constants, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { keyFromObject, parseKey, type Key } from "../../src/signatures/key.js";
import { RAW_ALGORITHMS, signRaw, verifyRaw } from "../../src/signatures/raw.js";
import { dataPath, hasData } from "../helpers/data.js";

const MESSAGE = Buffer.from("what was signed");
const SHARED = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const OPENSSL = { p256: "prime256v1", p384: "secp384r1", p521: "secp521r1", secp256k1: "secp256k1" } as const;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** Signs with node:crypto as the algorithm's name says. */
function oracle(name: string): { key: Uint8Array | Key; signature: Uint8Array } {
  const [family, first = "", second = "", third] = name.split("-");
  if (family === "hmac") {
    const whole = createHmac(first, SHARED).update(MESSAGE).digest();
    return { key: SHARED, signature: second === "" ? whole : whole.subarray(0, Number(second) / 8) };
  }
  if (family === "rsa") {
    const padding =
      first === "pss" ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(second.slice(3)) / 8 } : {};
    const signature = sign(first === "pss" ? second : first, MESSAGE, { key: rsa.privateKey, ...padding });
    return { key: keyFromObject(rsa.publicKey, "pem"), signature };
  }
  const pair =
    family === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: OPENSSL[first as keyof typeof OPENSSL] });
  const dsaEncoding = third === "p1363" ? "ieee-p1363" : "der";
  return {
    key: keyFromObject(pair.publicKey, "pem"),
    signature: sign(family === "ed25519" ? null : second, MESSAGE, { key: pair.privateKey, dsaEncoding }),
  };
}

describe.each([...RAW_ALGORITHMS.keys()])("%s", (algorithm) => {
  const { key, signature } = oracle(algorithm);
  const check = (changed: { message?: Uint8Array; signature?: Uint8Array }) =>
    verifyRaw({ algorithm, key, message: MESSAGE, signature, ...changed });

  it("accepts what node:crypto signed", () => {
    expect(check({})).toEqual({ valid: true, reason: null });
  });

  it("refuses another message, and every signature that differs in a bit or in length", () => {
    expect(check({ message: Buffer.from("what was not signed") }).valid).toBe(false);
    for (let bit = 0; bit < signature.length * 8; bit += 7) {
      const changed = Buffer.from(signature);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(check({ signature: changed }).valid).toBe(false);
    }
    for (const changed of [
      signature.subarray(1),
      signature.subarray(0, -1),
      signature.subarray(0, signature.length / 2),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.alloc(signature.length),
    ]) {
      expect(check({ signature: changed }).valid).toBe(false);
    }
    expect(check({ signature: Buffer.alloc(0) }).reason).toBe("signature_malformed");
  });
});

describe("verifyRaw", () => {
  it("knows the HMAC of RFC 4231, case 2", () => {
    const signature = Buffer.from("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "hex");

    expect(
      verifyRaw({
        algorithm: "hmac-sha256",
        key: Buffer.from("Jefe"),
        message: Buffer.from("what do ya want for nothing?"),
        signature,
      }).valid,
    ).toBe(true);
  });

  it("refuses unknown algorithms, empty secrets and keys of another kind as misuse", () => {
    const given = { message: MESSAGE, signature: Buffer.alloc(32) };

    expect(() => verifyRaw({ ...given, algorithm: "hmac-md5", key: SHARED })).toThrow("unknown scheme: hmac-md5");
    expect(() => verifyRaw({ ...given, algorithm: "constructor", key: SHARED })).toThrow("unknown scheme: constructor");
    expect(() => verifyRaw({ ...given, algorithm: "hmac-sha256", key: Buffer.alloc(0) })).toThrow("the key is empty");
    expect(() => verifyRaw({ ...given, algorithm: "ed25519", key: SHARED })).toThrow("takes a public key");
    expect(() => verifyRaw({ ...given, algorithm: "hmac-sha256", key: keyFromObject(rsa.publicKey, "pem") })).toThrow(
      "takes a shared secret",
    );
    expect(() =>
      verifyRaw({ ...given, algorithm: "ecdsa-p256-sha256", key: keyFromObject(rsa.publicKey, "pem") }),
    ).toThrow("of type rsa");
    expect(() =>
      signRaw({ algorithm: "rsa-sha256", key: keyFromObject(rsa.publicKey, "pem"), message: MESSAGE }),
    ).toThrow("a public key cannot sign");
  });

  it("makes signatures that node:crypto's own accept", () => {
    const key = keyFromObject(rsa.privateKey, "pem");
    const signature = signRaw({ algorithm: "rsa-sha256", key, message: MESSAGE });

    expect(Buffer.from(signature)).toEqual(sign("sha256", MESSAGE, rsa.privateKey));
  });
});

interface Group {
  readonly sha?: string;
  readonly tagSize?: number;
  readonly publicKey?: { readonly curve?: string };
  readonly publicKeyPem?: string;
  readonly publicKeyDer?: string;
  readonly publicKeyJwk?: object;
  readonly tests: readonly {
    readonly tcId: number;
    readonly result: string;
    readonly msg: string;
    readonly key?: string;
    readonly sig?: string;
    readonly tag?: string;
  }[];
}

const CURVE_NAMES: Readonly<Record<string, string>> = {
  secp256r1: "p256",
  secp384r1: "p384",
  secp521r1: "p521",
  secp256k1: "secp256k1",
};
const FULL_BITS: Readonly<Record<string, number>> = { sha1: 160, sha256: 256, sha384: 384, sha512: 512 };

function algorithmOf(file: string, { sha = "", tagSize, publicKey }: Group): string {
  const hash = sha.replace("-", "").toLowerCase();
  if (file.startsWith("hmac")) {
    const mac = file.split("_")[1] ?? "";
    return tagSize === FULL_BITS[mac] ? `hmac-${mac}` : `hmac-${mac}-${tagSize}`;
  }
  if (file.startsWith("ed25519")) return "ed25519";
  if (file.startsWith("rsa")) return file.startsWith("rsa_pss") ? `rsa-pss-${hash}` : `rsa-${hash}`;
  return `ecdsa-${CURVE_NAMES[publicKey?.curve ?? ""]}-${hash}${file.includes("p1363") ? "-p1363" : ""}`;
}

/** The key of a group in every writing that the group has. */
function keysOf({ publicKeyPem, publicKeyDer, publicKeyJwk }: Group): Key[] {
  const texts = [publicKeyPem, publicKeyDer, publicKeyJwk === undefined ? undefined : JSON.stringify(publicKeyJwk)];
  return texts.filter((text) => text !== undefined).map(parseKey);
}

const FILES: readonly (readonly [string, number])[] = [
  ["hmac_sha1", 170],
  ["hmac_sha256", 174],
  ["hmac_sha384", 174],
  ["hmac_sha512", 174],
  ["ed25519", 151],
  ["ecdsa_secp256k1_sha256", 476],
  ["ecdsa_secp256r1_sha256_p1363", 262],
  ["ecdsa_secp256r1_sha256", 484],
  ["ecdsa_secp384r1_sha384_p1363", 280],
  ["ecdsa_secp384r1_sha384", 504],
  ["ecdsa_secp521r1_sha512_p1363", 318],
  ["ecdsa_secp521r1_sha512", 542],
  ["rsa_pss_2048_sha256_mgf1_32", 108],
  ["rsa_pss_4096_sha384_mgf1_48", 141],
  ["rsa_pss_4096_sha512_mgf1_64", 179],
  ["rsa_signature_2048_sha256", 259],
  ["rsa_signature_2048_sha384", 258],
  ["rsa_signature_2048_sha512", 259],
  ["rsa_signature_4096_sha256", 258],
];

describe.skipIf(!hasData)("Wycheproof (skipped without the test data)", () => {
  it.each(FILES)("%s: all %d right", (name, count) => {
    const { testGroups } = JSON.parse(readFileSync(dataPath("wycheproof", `${name}_test.json`), "utf8")) as {
      testGroups: Group[];
    };
    let seen = 0;
    for (const group of testGroups) {
      const algorithm = algorithmOf(name, group);
      const keys = keysOf(group);
      for (const test of group.tests) {
        seen += 1;
        const given = {
          algorithm,
          message: Buffer.from(test.msg, "hex"),
          signature: Buffer.from(test.sig ?? test.tag ?? "", "hex"),
        };
        const key = keys[seen % Math.max(1, keys.length)] ?? Buffer.from(test.key ?? "", "hex");
        if (test.result !== "acceptable")
          expect(verifyRaw({ ...given, key }).valid, `case ${test.tcId}`).toBe(test.result === "valid");
      }
    }

    expect(seen).toBe(count);
  });
});
