import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rootDir } from "../helpers/data.js";

/** What makes a digest or a signature, or the text of one. */
const MAKERS =
  /\.digest\(|\b(?:createHmac|macText|writtenMac|makeSignature|makeToken|signRaw|signJws|encodeSignature|contentDigest|bodyHash|hashed|digest|mac|signatureText)\(/;
const DECLARED = /\b(?:const|let)\s+(?:\{\s*)?(\w+)[^=;]*=\s*([^;]*);/g;
/** Equality in a condition: it ends at the first byte that differs, and so tells where. `undefined` and lengths are no secrets. */
const EQUALITY = /([\w.()[\]"'?]+)\s*(?:===|!==|==|!=)\s*([\w.()[\]"'?-]+)/g;
const COMPARING = /(?:Buffer\.compare\(|\.(?:equals|localeCompare|compare|startsWith|endsWith)\()([^;)\n]*)/g;
const HARMLESS = /^\(*(?:undefined|null|-?[0-9]+|["'][^"']*["'])\)*$|\.length\b/;

/** Code without its comments. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

/** Comparisons, other than in constant time, of what a maker made. */
function leaks(text: string): string[] {
  const code = codeOf(text);
  const made = [...code.matchAll(DECLARED)].flatMap(([, name = "", value = ""]) => (MAKERS.test(value) ? [name] : []));
  const isMade = (operand: string) =>
    MAKERS.test(operand) || made.some((name) => new RegExp(`(?<![\\w.])${name}\\b(?!\\.(?!toString))`).test(operand));
  const equalities = [...code.matchAll(EQUALITY)].filter(
    ([, left = "", right = ""]) => ![left, right].some((side) => HARMLESS.test(side)) && [left, right].some(isMade),
  );
  const calls = [...code.matchAll(COMPARING)].filter(([, given = ""]) => isMade(given));
  return [...equalities, ...calls].map(([found]) => found);
}

const FOLDERS = ["src/signatures", "src/providers", "src/listener", "src/receive", "src/commands/verify"];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(rootDir, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name)),
);

/** A hash without a key, of a body that the user has, looked at after the verdict: it tells nobody anything. */
const WITHOUT_SECRET = new Set([join("src/signatures", "explain", "evidence.ts")]);

describe("no digest is compared but in constant time", () => {
  it.each(files.filter((file) => !WITHOUT_SECRET.has(file)))("in %s", (file) => {
    expect(leaks(readFileSync(join(rootDir, file), "utf8"))).toEqual([]);
  });

  it.each([
    'const expected = createHmac("sha256", key).update(body).digest("hex"); return expected === given;',
    'if (given !== createHash("sha1").update(body).digest("hex")) return false;',
    "const whole = mac(algorithm, key, pieces); return whole.toString() == text;",
    "return Buffer.compare(given, hash.digest()) === 0;",
    "const signature = makeSignature(a, b, c); return given.equals(signature);",
  ])("which this test would see: %s", (code) => {
    expect(leaks(code)).not.toEqual([]);
  });

  it.each([
    "const bytes = makeSignature(a, b, c); if (bytes.length !== 64) return undefined;",
    'const bytes = hash.digest("hex"); return bytes === undefined ? 1 : 2;',
    "return sameBytes(said, createHash(hash).update(body).digest());",
  ])("and which would not be hindered by it: %s", (code) => {
    expect(leaks(code)).toEqual([]);
  });

  it("there is one place that compares, and it looks at the lengths first", () => {
    const comparing = files.filter((file) =>
      codeOf(readFileSync(join(rootDir, file), "utf8")).includes("timingSafeEqual("),
    );

    expect(comparing).toContain(join("src/signatures", "algorithm.ts"));
    expect(readFileSync(join(rootDir, "src/signatures/algorithm.ts"), "utf8")).toContain(
      "a.length === b.length && timingSafeEqual(a, b)",
    );
  });
});
