import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider, providers } from "../../src/providers/index.js";
import { explain, type ExplainOptions } from "../../src/signatures/explain.js";
import type { Explanation } from "../../src/signatures/explanation.js";
import { keyFromObject } from "../../src/signatures/key.js";
import type { Scheme } from "../../src/signatures/scheme.js";
import { dataPath, hasData } from "../helpers/data.js";

const NOW = Date.UTC(2026, 0, 31);
const SECRET = "correct horse battery";
const BODY = '{"id":"evt_1","note":"caf\u00e9 <b>","url":"https://x.test/a","n":1.0}';

function scheme(provider: string, name?: string): Scheme {
  const { schemes } = findProvider(provider) ?? { schemes: [] };
  const found = name === undefined ? schemes[0] : schemes.find((row) => row.name === name);
  if (found === undefined) throw new Error(`no scheme of ${provider}`);
  return found;
}

const others = providers.flatMap(({ name, schemes }) => schemes.map((row) => ({ provider: name, scheme: row })));
const hmac = (hash: string, key: string | Uint8Array, data: string | Uint8Array) => createHmac(hash, key).update(data);
const githubHeader = (body: string | Uint8Array, key: string | Uint8Array = SECRET): HeaderList => [
  ["X-Hub-Signature-256", `sha256=${hmac("sha256", key, body).digest("hex")}`],
];

function explainGithub(
  body: string | Uint8Array,
  headers: HeaderList,
  secret: string | Uint8Array = SECRET,
): Explanation {
  return explain({
    scheme: scheme("github"),
    request: { headers, body: Buffer.from(body) },
    secrets: [Buffer.from(secret)],
    now: NOW,
    others,
  });
}

describe("a mismatch is explained by the body", () => {
  it("whatever part of it a scheme signs", () => {
    const asString: Scheme = { ...scheme("github"), content: [{ part: "bodyAsJsonString" }] };

    const { cause } = explain({
      scheme: asString,
      request: { headers: githubHeader(JSON.stringify(BODY)), body: Buffer.from(`${BODY}\n`) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(cause).toBe("body_newline");
  });

  it.each([
    ["body_newline", `${BODY}\n`, BODY, "the body without its final newline"],
    ["body_newline", `${BODY}\r\n`, BODY, "the body without its final CRLF"],
    ["body_newline", BODY, `${BODY}\n`, "the body with a final newline"],
    ["body_newline", "a\nb", "a\r\nb", "the body with CRLF in place of LF"],
    ["body_newline", "a\r\nb", "a\nb", "the body with LF in place of CRLF"],
    ["body_newline", "a\nb\n", "ab", "the body without any line ends"],
    ["body_newline", "a\nb", "a\r\nb\r\n", "the body with CRLF line ends and a final CRLF"],
    ["body_encoding", `\ufeff${BODY}`, BODY, "the body without its byte order mark"],
    ["body_encoding", BODY, Buffer.from(BODY, "latin1"), "the body in latin1, not UTF-8"],
    ["body_encoding", Buffer.from(BODY, "latin1"), BODY, "the body read as latin1 and written as UTF-8"],
    ["body_encoding", Buffer.from(BODY).toString("base64"), BODY, "the body decoded from base64"],
    ["body_encoding", JSON.stringify(BODY), BODY, "the text inside the JSON string that the body is"],
    ["body_encoding", gzipSync(BODY), BODY, "the decompressed body"],
    ["body_encoding", "", "{}", "the body {}"],
    ["body_encoding", "{}", "", "an empty body"],
    ["body_form", `payload=${encodeURIComponent(BODY)}`, BODY, "the value of the form field payload"],
    ["body_form", "{}", "payload=%7B%7D", "the form payload=..."],
    [
      "body_reserialised",
      JSON.stringify(JSON.parse(BODY)),
      '{"id":"evt_1","note":"caf\u00e9 <b>","url":"https://x.test/a","n":1.0}',
      "whole numbers with .0",
    ],
    ["body_reserialised", '{"a": [1, {"b": "c"}]}', '{"a":[1,{"b":"c"}]}', "written compact"],
    ["body_reserialised", '{"a":[1,{"b":"c"}],"d":[]}', '{"a": [1, {"b": "c"}], "d": []}', "in Python's style"],
    ["body_reserialised", '{"a":[1,{}]}', JSON.stringify({ a: [1, {}] }, null, 2), "indented by 2 spaces"],
    [
      "body_reserialised",
      '{"a":[1,{}]}',
      `${JSON.stringify({ a: [1, {}] }, null, 4)}\n`,
      "indented by 4 spaces, with a final newline",
    ],
    ["body_reserialised", '{"a":"\u00e9"}', '{"a":"\\u00e9"}', "non-ASCII text as \\uXXXX"],
    ["body_reserialised", '{"a":"\u00e9"}', '{"a":"\\u00E9"}', "upper-case \\uXXXX"],
    ["body_reserialised", '{"a":"x/y"}', '{"a":"x\\/y"}', "/ written as \\/"],
    ["body_reserialised", '{"a":"<&>"}', '{"a":"\\u003c\\u0026\\u003e"}', "\\u003c"],
    ["body_reserialised", '{"a":"\\u00e9\\/"}', '{"a":"\u00e9/"}', "without needless escapes"],
  ] as const)("%s: %j in place of %j", (cause, received, signed, about) => {
    const explanation = explainGithub(received, githubHeader(signed));

    expect(explanation).toMatchObject({ cause, secretIndex: 0 });
    expect(explanation.message).toContain(about);
    expect(explanation.fixes.length).toBeGreaterThan(0);
  });
});

describe("a mismatch is explained by the secret", () => {
  it.each([
    ["secret_whitespace", `${SECRET}\n`, SECRET, "without the blanks or line ends around it"],
    ["secret_whitespace", SECRET, `${SECRET}\n`, "with a line end after it"],
    ["secret_whitespace", `"${SECRET}"`, SECRET, "without the quotes around it"],
    ["secret_whitespace", `'${SECRET}' `, SECRET, "without the quotes around it"],
    ["secret_whitespace", "SECRET=abcdef", "abcdef", "without the NAME= before it"],
    ["secret_whitespace", "a%2Bb", "a+b", "with its %-escapes decoded"],
    ["secret_encoding", "whsec_c2VjcmV0", "secret", "decoded from base64 without its prefix whsec_"],
    ["secret_encoding", "whsec_c2VjcmV0", "c2VjcmV0", "used as plain text without its prefix whsec_"],
    ["secret_encoding", "abcdef", "whsec_abcdef", "with whsec_ before it"],
    ["secret_encoding", "c2VjcmV0Cg==", "secret\n", "decoded from base64"],
    ["secret_encoding", "c2VjcmV0Cg==", "secret", "decoded from base64 and trimmed"],
    ["secret_encoding", "00ff10", Buffer.from("00ff10", "hex"), "decoded from hex"],
    ["secret_encoding", "c2VjcmV0\n", "secret", "without the blanks or line ends around it and decoded from base64"],
  ] as const)("%s: %j in place of %j", (cause, given, right, about) => {
    const explanation = explainGithub(BODY, githubHeader(BODY, right), given);

    expect(explanation).toMatchObject({ cause, secretIndex: 0 });
    expect(explanation.message).toContain(about);
  });

  it("names which of several secrets it is", () => {
    const secrets = ["one", "two", ` ${SECRET}`].map((text) => Buffer.from(text));

    const explanation = explain({
      scheme: scheme("github"),
      request: { headers: githubHeader(BODY), body: Buffer.from(BODY) },
      secrets,
      now: NOW,
    });

    expect(explanation).toMatchObject({ cause: "secret_whitespace", secretIndex: 2 });
    expect(explanation.message).toMatch(/^secret 3 is right/);
  });

  it("finds a base64 secret that was used as text where the scheme decodes it", () => {
    const secret = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0";
    const signature = hmac("sha256", secret, `msg_1.1700000000.${BODY}`).digest("base64");
    const headers: HeaderList = [
      ["webhook-id", "msg_1"],
      ["webhook-timestamp", "1700000000"],
      ["webhook-signature", `v1,${signature}`],
    ];

    const explanation = explain({
      scheme: scheme("standard-webhooks"),
      request: { headers, body: Buffer.from(BODY) },
      secrets: [Buffer.from(secret)],
      now: NOW,
    });

    expect(explanation).toMatchObject({ cause: "secret_encoding", message: "secret 1 is right used as plain text" });
  });

  it("finds a wrong secret text and another line end at once", () => {
    expect(explainGithub(`${BODY}\n`, githubHeader(BODY), `${SECRET}\n`)).toMatchObject({
      cause: "secret_whitespace",
      message:
        "secret 1 is right without the blanks or line ends around it, and the signature is for the body without its final newline",
    });
  });

  it.each([
    ["sk_test_abcdefgh", "a Stripe API key"],
    ["ghp_abcdefgh", "a GitHub access token"],
    ["-----BEGIN PUBLIC KEY-----", "a key or certificate"],
  ])("says that %s is no signing secret, and does not print it", (secret, what) => {
    const explanation = explainGithub(BODY, githubHeader(BODY), secret);

    expect(explanation.cause).toBe("unknown");
    expect(explanation.hints.join()).toContain(what);
    expect(JSON.stringify(explanation)).not.toContain(secret);
  });
});

describe("a mismatch is explained by the signature's text", () => {
  const digest = hmac("sha256", SECRET, BODY).digest();

  it.each([
    ["signature_encoding", `sha256=${digest.toString("base64")}`, "as base64"],
    ["header_altered", `sha256=${digest.toString("hex").toUpperCase()}`.replace("SHA256", "sha256"), "once"],
    ["signature_encoding", digest.toString("hex"), "without a prefix"],
    ["header_altered", `"sha256=${digest.toString("hex")}"`, "the quotes are removed"],
    ["header_altered", `sha256%3D${digest.toString("hex")}`, "the %-escapes are decoded"],
    ["header_altered", `sha256=${digest.toString("hex")}, sha256=00`, "only the first of the values"],
  ])("%s: %s", (cause, value, about) => {
    const explanation = explainGithub(BODY, [["X-Hub-Signature-256", value]]);

    expect(explanation.cause).toBe(cause);
    expect(explanation.message).toContain(about);
  });

  it("restores the + of base64 that came as a blank", () => {
    const body = "find one with plus ".padEnd(24, "x");
    let n = 0;
    while (!hmac("sha256", SECRET, `${body}${n}`).digest("base64").includes("+")) n += 1;
    const value = hmac("sha256", SECRET, `${body}${n}`).digest("base64").replaceAll("+", " ");

    const explanation = explain({
      scheme: scheme("shopify"),
      request: { headers: [["X-Shopify-Hmac-Sha256", value]], body: Buffer.from(`${body}${n}`) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation).toMatchObject({ cause: "header_altered" });
    expect(explanation.message).toContain("blanks are + again");
  });

  it.each([
    ["other_algorithm", hmac("sha512", SECRET, BODY).digest("hex"), "HMAC-SHA512"],
    ["other_algorithm", hmac("sha1", SECRET, BODY).digest("base64"), "HMAC-SHA1"],
  ])("%s by its length and its value", (cause, signature, about) => {
    const explanation = explain({
      scheme: scheme("generic"),
      request: { headers: [["X-Signature", signature]], body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.cause).toBe(cause);
    expect(explanation.message).toContain(about);
  });

  it("says that the timestamp was left out of what was signed", () => {
    const headers: HeaderList = [["Stripe-Signature", `t=1700000000,v1=${hmac("sha256", SECRET, BODY).digest("hex")}`]];

    const explanation = explain({
      scheme: scheme("stripe"),
      request: { headers, body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.cause).toBe("other_content");
    expect(explanation.message).toContain("of the body alone, where this scheme has HMAC-SHA256 of {timestamp}.{body}");
  });
});

describe("a mismatch is explained by the request around it", () => {
  it.each([
    ["http://app.test/twilio", "https://app.test/twilio", "https in place of http"],
    ["https://inner:3000/twilio", "https://app.test/twilio", "the host of X-Forwarded-Host"],
    ["https://app.test/twilio", "https://app.test/twilio/", "a final slash"],
    ["https://app.test/twilio?b=1&a=2", "https://app.test/twilio?a=2&b=1", "the query sorted"],
    ["http://app.test/twilio?a=1", "https://app.test/twilio", "https in place of http, no query"],
  ])("url_rewritten: %s in place of %s", (given, signed, about) => {
    const signature = hmac("sha1", SECRET, signed).digest("base64");
    const headers: HeaderList = [
      ["X-Twilio-Signature", signature],
      ["X-Forwarded-Host", "app.test, inner"],
    ];

    const explanation = explain({
      scheme: scheme("twilio", "twilio-form"),
      request: { url: given, headers, body: new Uint8Array() },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.cause).toBe("url_rewritten");
    expect(explanation.message).toContain(about);
    expect(explanation.fixes.map((fix) => fix.for)).toContain("Express");
  });

  it("does not print credentials that stand in the URL", () => {
    const headers: HeaderList = [
      ["X-Twilio-Signature", hmac("sha1", SECRET, "https://u:hunter2@app.test/").digest("base64")],
    ];

    const explanation = explain({
      scheme: scheme("twilio", "twilio-form"),
      request: { url: "http://u:hunter2@app.test/", headers, body: new Uint8Array() },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.cause).toBe("url_rewritten");
    expect(JSON.stringify(explanation)).not.toContain("hunter2");
  });

  it("recognises another provider's signature", () => {
    const timestamp = String(NOW / 1000);
    const headers: HeaderList = [
      ["X-Slack-Request-Timestamp", timestamp],
      ["X-Slack-Signature", `v0=${hmac("sha256", SECRET, `v0:${timestamp}:${BODY}`).digest("hex")}`],
    ];

    const explanation = explain({
      scheme: scheme("stripe"),
      request: { headers, body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
      others,
    });

    expect(explanation).toMatchObject({ cause: "other_scheme" });
    expect(explanation.message).toContain("slack");
  });

  it("says what is missing when there is nothing to compare", () => {
    const explanation = explainGithub(BODY, []);

    expect(explanation).toMatchObject({ cause: "incomplete", secretIndex: null });
    expect(explanation.message).toContain("header X-Hub-Signature-256 is missing");
  });

  it("knows a right signature whose timestamp is old, a time zone off", () => {
    const old = String(NOW / 1000 - 2 * 3600 - 3);
    const headers: HeaderList = [
      ["Stripe-Signature", `t=${old},v1=${hmac("sha256", SECRET, `${old}.${BODY}`).digest("hex")}`],
    ];

    const explanation = explain({
      scheme: scheme("stripe"),
      request: { headers, body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.cause).toBe("timestamp");
    expect(explanation.hints.join()).toContain("off by 2 h");
  });

  it("tells where the provider's own library is laxer about the future", () => {
    const soon = String(NOW / 1000 + 900);
    const headers: HeaderList = [
      ["Stripe-Signature", `t=${soon},v1=${hmac("sha256", SECRET, `${soon}.${BODY}`).digest("hex")}`],
    ];

    const explanation = explain({
      scheme: scheme("stripe"),
      request: { headers, body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.hints.join()).toContain("takes timestamps in the future");
  });

  it("finds a changed body under a key as under a secret", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const headers: HeaderList = [
      ["X-Signature-Timestamp", "1700000000"],
      ["X-Signature-Ed25519", sign(null, Buffer.from(`1700000000${BODY}`), privateKey).toString("hex")],
    ];

    const explanation = explain({
      scheme: scheme("discord"),
      request: { headers, body: Buffer.from(`${BODY}\n`) },
      keys: [keyFromObject(publicKey, "pem")],
      now: NOW,
    });

    expect(explanation).toMatchObject({ cause: "body_newline", secretIndex: 0 });
  });
});

describe("a generic signature made in another way is explained by the flags that take it", () => {
  const right = (hash: string) => hmac(hash, SECRET, BODY).digest();

  it.each([
    ["--hash sha512", right("sha512").toString("hex")],
    ["--hash sha1", right("sha1").toString("hex")],
    ["--encoding base64", right("sha256").toString("base64")],
    ["--signature-prefix sha256=", `sha256=${right("sha256").toString("hex")}`],
    ["--hash sha512 --encoding base64", right("sha512").toString("base64")],
    ["--hash sha512 --signature-prefix sha512=", `sha512=${right("sha512").toString("hex")}`],
  ])("%s", (flags, signature) => {
    const explanation = explain({
      scheme: scheme("generic"),
      request: { headers: [["X-Signature", signature]], body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
      others,
    });

    expect(explanation.fixes[0]).toEqual({ for: "hookcli", text: `pass ${flags}` });
  });
});

describe("a mismatch that nothing explains", () => {
  it("says how many hypotheses were tried, and that it is another secret", () => {
    const explanation = explainGithub(BODY, githubHeader(BODY, "quite another secret"));

    expect(explanation).toMatchObject({ cause: "unknown", secretIndex: null, fixes: [] });
    expect(explanation.tried).toBeGreaterThan(200);
    expect(explanation.message).toBe(
      `${explanation.tried} hypotheses were tried and none matches: most likely another secret made it, or the body was changed`,
    );
  });

  it("prints neither a secret nor a signature that would be right", () => {
    const bodies = [BODY, `${BODY}\n`, "{}", "", JSON.stringify(JSON.parse(BODY))];

    for (const body of bodies) {
      const text = JSON.stringify(explainGithub(body, githubHeader("something else", "quite another secret")));

      expect(text).not.toContain(SECRET);
      for (const signed of bodies) {
        const digest = hmac("sha256", SECRET, signed).digest();
        expect(text).not.toContain(digest.toString("hex").slice(0, 16));
        expect(text).not.toContain(digest.toString("base64").slice(0, 16));
      }
    }
  });

  it("blames the signature's text when that cannot be one", () => {
    const explanation = explainGithub(BODY, [["X-Hub-Signature-256", "sha256=ab"]]);

    expect(explanation.cause).toBe("incomplete");
    expect(explanation.message).toMatch(
      /^the signature has 2 hex digits; sha256 has 64, and none of \d+ other readings/,
    );
  });

  it("sees numbers that a parser has rounded, where several cannot be restored", () => {
    const sent = '{"id": 820982911946154508, "order": 920982911946154509}';
    const reserialised = JSON.stringify(JSON.parse(sent));

    const rounded = explainGithub(reserialised, githubHeader(sent));
    const whole = explainGithub('{"id" : 820982911946154509}', githubHeader(sent));

    expect(rounded.message).toContain("or the body was parsed and written again (its whole numbers");
    expect(rounded.fixes.map((fix) => fix.for)).toContain("Express");
    expect(whole.message).toContain("or the body was changed");
  });

  it("takes a token's value for no proof of a body", () => {
    const explanation = explain({
      scheme: scheme("gitlab"),
      request: { headers: [["X-Gitlab-Token", "wrong"]], body: Buffer.from(BODY) },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(explanation.cause).toBe("unknown");
  });

  it.each([
    ["deep JSON", "[".repeat(100_000) + "]".repeat(100_000)],
    ["deep objects", '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000)],
    ["an unclosed string", `{"a":"${"x".repeat(1_000_000)}`],
    ["unbalanced brackets", "}]".repeat(100_000)],
    ["one long line of blanks", `{${" ".repeat(1_000_000)}`],
    ["many line ends", "\r\n".repeat(500_000)],
    ["a large body", JSON.stringify({ data: "x".repeat(20 * 2 ** 20) })],
    ["nearly base64", `${"A ".repeat(500_000)}!`],
  ])("ends in time and without overflow: %s", { timeout: 60_000 }, (_, body) => {
    const started = performance.now();

    const explanation = explainGithub(body, githubHeader("something else"));

    expect(explanation.cause).toBe("unknown");
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.skipIf(!hasData)(
    "survives every file of JSONTestSuite (skipped without HOOKCLI_TEST_DATA)",
    { timeout: 120_000 },
    () => {
      const folder = dataPath("jsontestsuite", "test_parsing");
      const files = readdirSync(folder);

      const causes = files.map(
        (file) =>
          explainGithub(readFileSync(`${folder}/${file}`), githubHeader(createHash("sha256").update(file).digest()))
            .cause,
      );

      expect(files).toHaveLength(318);
      expect(new Set(causes)).toEqual(new Set(["unknown", "body_lost"]));
    },
  );
});

describe("what is looked at is bounded", () => {
  it("tries no more than its limit however many secrets there are", () => {
    const secrets = Array.from({ length: 400 }, (_, index) => Buffer.from(`whsec_${index}abcd== `));
    const options: ExplainOptions = {
      scheme: scheme("github"),
      request: { headers: githubHeader("something else"), body: Buffer.from(BODY) },
      secrets,
      now: NOW,
    };

    const { tried } = explain(options);

    expect(tried).toBeLessThanOrEqual(20_000);
  });
});
