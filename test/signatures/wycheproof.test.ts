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
