import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataPath, hasData } from "../helpers/data.js";
import { runCli } from "../helpers/run.js";

interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly result: "valid" | "invalid" | "acceptable";
  readonly key?: string;
  readonly msg: string;
  readonly sig?: string;
  readonly tag?: string;
}

interface WycheproofGroup {
  readonly tagSize?: number;
  readonly publicKeyPem?: string;
  readonly tests: readonly WycheproofTest[];
}

/** Each file with the scheme that checks it, and how many tests it has. */
const FILES: readonly (readonly [file: string, scheme: string, tests: number])[] = [
  ["hmac_sha1_test", "hmac-sha1", 170],
  ["hmac_sha256_test", "hmac-sha256", 174],
  ["hmac_sha384_test", "hmac-sha384", 174],
  ["hmac_sha512_test", "hmac-sha512", 174],
  ["ed25519_test", "ed25519", 151],
  ["ecdsa_secp256r1_sha256_test", "ecdsa-p256-sha256", 484],
  ["ecdsa_secp256r1_sha256_p1363_test", "ecdsa-p256-sha256-p1363", 262],
  ["ecdsa_secp384r1_sha384_test", "ecdsa-p384-sha384", 504],
  ["ecdsa_secp384r1_sha384_p1363_test", "ecdsa-p384-sha384-p1363", 280],
  ["ecdsa_secp521r1_sha512_test", "ecdsa-p521-sha512", 542],
  ["ecdsa_secp521r1_sha512_p1363_test", "ecdsa-p521-sha512-p1363", 318],
  ["ecdsa_secp256k1_sha256_test", "ecdsa-secp256k1-sha256", 476],
  ["rsa_signature_2048_sha256_test", "rsa-sha256", 259],
  ["rsa_signature_2048_sha384_test", "rsa-sha384", 258],
  ["rsa_signature_2048_sha512_test", "rsa-sha512", 259],
  ["rsa_signature_3072_sha256_test", "rsa-sha256", 259],
  ["rsa_signature_4096_sha256_test", "rsa-sha256", 258],
  ["rsa_pss_2048_sha256_mgf1_32_test", "rsa-pss-sha256", 108],
  ["rsa_pss_3072_sha256_mgf1_32_test", "rsa-pss-sha256", 108],
  ["rsa_pss_4096_sha256_mgf1_32_test", "rsa-pss-sha256", 108],
  ["rsa_pss_4096_sha384_mgf1_48_test", "rsa-pss-sha384", 141],
  ["rsa_pss_4096_sha512_mgf1_64_test", "rsa-pss-sha512", 179],
];

/** Of the HMAC tests some are cut to half; a scheme of its own says so. */
function schemeOf(scheme: string, { tagSize }: WycheproofGroup): string {
  const full: Readonly<Record<string, number>> = {
    "hmac-sha1": 160,
    "hmac-sha256": 256,
    "hmac-sha384": 384,
    "hmac-sha512": 512,
  };
  return tagSize === undefined || tagSize === full[scheme] ? scheme : `${scheme}-${tagSize}`;
}

function caseOf(group: WycheproofGroup, test: WycheproofTest, scheme: string) {
  return {
    id: test.tcId,
    scheme: schemeOf(scheme, group),
    ...(group.publicKeyPem === undefined ? { keyHex: test.key ?? "" } : { key: group.publicKeyPem }),
    bodyBase64: Buffer.from(test.msg, "hex").toString("base64"),
    signatureHex: test.sig ?? test.tag ?? "",
  };
}

interface TokenTest {
  readonly tcId: number;
  readonly comment: string;
  readonly result: "valid" | "invalid";
  readonly jws?: unknown;
  readonly jwe?: unknown;
}

interface TokenGroup {
  readonly private?: object;
  readonly public?: object;
  readonly tests: readonly TokenTest[];
}

/** Files of tokens: how many tests each has, and how many of them are encrypted (JWE), which is no signature. */
const TOKEN_FILES: readonly (readonly [file: string, tests: number, encrypted: number])[] = [
  ["json_web_signature_test", 401, 0],
  ["json_web_crypto_test", 83, 34],
  ["json_web_key_test", 26, 0],
];

/** RFC 7520's keys say PS256 of a token with PS384: the algorithm of a key counts, unless the user names another. */
const OTHERWISE: Readonly<Record<string, string>> = {
  "json_web_signature_test 346": "jws-ps384",
  "json_web_signature_test 350": "jws-ps384",
};

/**
 * What cannot be as the corpus has it. 367 and 370 are "invalid", and the same bytes as 357, which is valid. 372 and 373 are
 * "valid" with a question mark in their base64url, which RFC 7515 (section 2) does not allow: they are refused.
 */
const CONTRARY: readonly number[] = [367, 370, 372, 373];

describe.skipIf(!hasData)(
  "Wycheproof's tokens through verify --batch --scheme jws (skipped without HOOKCLI_TEST_DATA)",
  () => {
    const readGroups = (file: string) =>
      (
        JSON.parse(readFileSync(dataPath("wycheproof", `${file}.json`), "utf8")) as {
          testGroups: readonly TokenGroup[];
        }
      ).testGroups;

    it.each(TOKEN_FILES)("%s: %i tests, %i of them no signatures, the others right", async (file, count, encrypted) => {
      const all = readGroups(file).flatMap(({ tests, ...keys }) =>
        tests.map((test) => ({ test, key: keys.public ?? keys.private })),
      );
      const tokens = all.filter(({ test }) => test.jwe === undefined);
      const rows = tokens.map(({ test, key }) => ({
        id: test.tcId,
        scheme: OTHERWISE[`${file} ${test.tcId}`] ?? "jws",
        key,
        body: typeof test.jws === "string" ? test.jws : JSON.stringify(test.jws),
      }));

      const { stdout } = await runCli(["verify", "--batch"], {
        stdin: rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
      });

      const verdicts = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { id: number; valid: boolean });
      const wrong = tokens.flatMap(({ test }, index) => {
        const verdict = verdicts[index];
        return verdict?.id === test.tcId && verdict.valid === (test.result === "valid") ? [] : [test.tcId];
      });
      expect(all).toHaveLength(count);
      expect(all.length - tokens.length).toBe(encrypted);
      expect(wrong).toEqual(file === "json_web_signature_test" ? CONTRARY : []);
    });

    it("contradict one another in two cases, and the specification in two", () => {
      const tokens = new Map(
        readGroups("json_web_signature_test").flatMap(({ tests }) => tests.map((test) => [test.tcId, test])),
      );
      const valid = tokens.get(357);

      expect(valid?.result).toBe("valid");
      for (const id of [367, 370]) expect(tokens.get(id)).toMatchObject({ result: "invalid", jws: valid?.jws });
      for (const id of [372, 373]) {
        expect(tokens.get(id)?.result).toBe("valid");
        expect(tokens.get(id)?.jws).toContain("?");
      }
    });

    it("are, with those of all other files, the whole corpus", () => {
      const sum = (rows: readonly (readonly [string, unknown, unknown])[], at: 1 | 2) =>
        rows.reduce((total, row) => total + Number(row[at]), 0);

      expect(sum(FILES, 2) + sum(TOKEN_FILES, 1)).toBe(6156);
      expect(sum(TOKEN_FILES, 2) + CONTRARY.length).toBe(38);
    });
  },
);

describe.skipIf(!hasData)("Wycheproof through verify --batch (skipped without HOOKCLI_TEST_DATA)", () => {
  it.each(FILES)("%s as %s: all %i right", async (file, scheme, count) => {
    const { testGroups } = JSON.parse(readFileSync(dataPath("wycheproof", `${file}.json`), "utf8")) as {
      testGroups: readonly WycheproofGroup[];
    };
    const tests = testGroups.flatMap((group) =>
      group.tests.map((test) => ({ test, row: caseOf(group, test, scheme) })),
    );

    const { code, stdout } = await runCli(["verify", "--batch"], {
      stdin: tests.map(({ row }) => `${JSON.stringify(row)}\n`).join(""),
    });

    const verdicts = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: number; valid: boolean });
    const wrong = tests
      .map(({ test }, index) => ({ ...test, verdict: verdicts[index] }))
      .filter(
        ({ verdict, tcId, result }) =>
          verdict?.id !== tcId || (result !== "acceptable" && verdict.valid !== (result === "valid")),
      );
    expect(wrong).toEqual([]);
    expect(verdicts).toHaveLength(count);
    expect(code).toBe(1);
  });
});
