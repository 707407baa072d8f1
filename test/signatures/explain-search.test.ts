import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { brotliCompressSync, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider, providers } from "../../src/providers/index.js";
import { explain, type ExplainOptions } from "../../src/signatures/explain.js";
import type { Explanation } from "../../src/signatures/explanation.js";
import { keyFromObject } from "../../src/signatures/key.js";
import type { Scheme } from "../../src/signatures/scheme.js";

const NOW = Date.UTC(2026, 0, 31);
const SECRET = "correct horse battery";
const others = providers.flatMap(({ name, schemes }) => schemes.map((row) => ({ provider: name, scheme: row })));

type Bytes = string | Uint8Array;
const mac = (hash: string, key: Bytes, ...data: readonly Bytes[]) =>
  data.reduce((hmac, piece) => hmac.update(piece), createHmac(hash, key));
const hex = (key: Bytes, ...data: readonly Bytes[]) => mac("sha256", key, ...data).digest("hex");

function scheme(provider: string, name?: string): Scheme {
  const { schemes } = findProvider(provider) ?? { schemes: [] };
  const found = name === undefined ? schemes[0] : schemes.find((row) => row.name === name);
  if (found === undefined) throw new Error(`no scheme of ${provider}`);
  return found;
}

interface Given {
  readonly provider?: string;
  readonly scheme?: Scheme;
  readonly headers: HeaderList;
  readonly body?: Bytes;
  readonly url?: string;
  readonly secret?: Bytes;
  readonly more?: Partial<ExplainOptions>;
}

function explained({
  provider = "github",
  headers,
  body = "",
  url,
  secret = SECRET,
  more,
  ...given
}: Given): Explanation {
  const request = { headers, body: Buffer.from(body), ...(url === undefined ? {} : { url }) };
  const found = given.scheme ?? scheme(provider);
  return explain({ scheme: found, request, secrets: [Buffer.from(secret)], now: NOW, others, ...more });
}

/** What GitHub sent as `signed` comes to the handler as `received`. */
function changed(
  received: Bytes,
  signed: Bytes,
  secrets: readonly [given: Bytes, right: Bytes] = [SECRET, SECRET],
): Explanation {
  const headers: HeaderList = [["X-Hub-Signature-256", `sha256=${hex(secrets[1], signed)}`]];
  return explained({ headers, body: received, secret: secrets[0] });
}

const JSON_BODY = '{"id":7,"name":"Zoë <i>","url":"https://x.test/a","price":10}';

describe("a body is found again whatever was done to it: character sets", () => {
  it.each([
    ["a byte order mark", JSON_BODY, `\ufeff${JSON_BODY}`],
    ["UTF-8 read as latin1", Buffer.from(JSON_BODY).toString("latin1"), JSON_BODY],
    ["UTF-8 read as Windows-1252", "â‚¬ 5", "€ 5"],
    ["read as Windows-1252", Buffer.from([0x80, 0x20, 0x35]), "€ 5"],
    ["written in Windows-1252", "€ 5", Buffer.from([0x80, 0x20, 0x35])],
    ["UTF-16", Buffer.from(JSON_BODY, "utf16le"), JSON_BODY],
    ["Unicode NFD", "Zo\u0065\u0308", "Zo\u00eb"],
    ["Unicode NFC", "Zo\u00eb", "Zo\u0065\u0308"],
    ["HTML entities", '{"a":"&lt;b&gt; &amp; &quot;c&quot;"}', '{"a":"<b> & "c""}'],
    ["slashes of WordPress", '{\\"a\\":\\"b\\\'s\\"}', '{"a":"b\'s"}'],
    ["percent escapes", "%7B%22a%22%3A1%7D", '{"a":1}'],
    ["blanks for +", "a b c", "a+b+c"],
  ] as const)("%s", (_, received, signed) => {
    expect(changed(received, signed)).toMatchObject({ cause: "body_encoding", causes: ["body_encoding"] });
  });
});

describe("a body is found again whatever was done to it: wrapping and compression", () => {
  it.each([
    ["base64 by a gateway", Buffer.from(JSON_BODY).toString("base64"), JSON_BODY],
    ["base64url", Buffer.from(`${JSON_BODY}ÿÿÿ`).toString("base64url"), `${JSON_BODY}ÿÿÿ`],
    ["decoded from base64", JSON_BODY, Buffer.from(JSON_BODY).toString("base64")],
    ["the event of a gateway", JSON.stringify({ version: "2.0", body: JSON_BODY, isBase64Encoded: false }), JSON_BODY],
    [
      "the event of a gateway in base64",
      JSON.stringify({ body: Buffer.from(JSON_BODY).toString("base64"), isBase64Encoded: true }),
      JSON_BODY,
    ],
    ["a message of SQS", JSON.stringify({ Records: [{ body: JSON_BODY }] }), JSON_BODY],
    ["a Buffer as JSON", JSON.stringify(Buffer.from(JSON_BODY)), JSON_BODY],
    ["a JSON string in a JSON string", JSON.stringify(JSON.stringify(JSON_BODY)), JSON_BODY],
    ["deflate", deflateSync(JSON_BODY), JSON_BODY],
    ["brotli", brotliCompressSync(JSON_BODY), JSON_BODY],
    ["an empty object for nothing", "{}", ""],
    ["null for nothing", "null", ""],
    ["[object Object] for nothing", "[object Object]", "{}"],
  ] as const)("%s", (_, received, signed) => {
    expect(changed(received, signed)).toMatchObject({ causes: ["body_encoding"] });
  });

  it("decompressed, where the sender signed what it sent compressed", () => {
    // gzip.compress(b'{"a":1}', mtime=0) of Python 3.
    const signed = Buffer.from("1f8b0800000000000203ab564a54b232ac0500afac1b5607000000", "hex");

    expect(changed('{"a":1}', signed).causes).toEqual(["body_encoding"]);
  });
});

describe("a body is found again whatever was done to it: forms", () => {
  it.each([
    ["payload=", `payload=${encodeURIComponent(JSON_BODY)}`, JSON_BODY],
    ["a field of Mandrill", `mandrill_events=${encodeURIComponent("[{}]")}&x=1`, "[{}]"],
    ["JSON taken out of payload=", '{"a":"b c"}', "payload=%7B%22a%22%3A%22b+c%22%7D"],
    ["%20 for +", "a=b%20c&d=e", "a=b+c&d=e"],
    ["+ for %20", "a=b+c&d=e", "a=b%20c&d=e"],
    ["lower-case escapes", "a=%2F", "a=%2f"],
    ["another order", "b=1&a=2", "a=2&b=1"],
    ["brackets of PHP", "a[]=1&a[]=2", "a%5B%5D=1&a%5B%5D=2"],
    [
      "parsed into JSON",
      '{"From":"+4912","Body":"a b","Media":["x","y"]}',
      "From=%2B4912&Body=a+b&Media%5B%5D=x&Media%5B%5D=y",
    ],
  ] as const)("%s", (_, received, signed) => {
    expect(changed(received, signed)).toMatchObject({ causes: ["body_form"] });
  });
});

describe("a body is found again whatever was done to it: JSON", () => {
  it.each([
    ["PHP's escapes", '{"a":"Zoë/€"}', '{"a":"Zo\\u00eb\\/\\u20ac"}'],
    ["PHP's escapes undone the other way", '{"a":"Zo\\u00eb\\/"}', '{"a":"Zoë/"}'],
    [".NET's escapes", `{"a":"it's <b> + é"}`, '{"a":"it\\u0027s \\u003Cb\\u003E \\u002B \\u00E9"}'],
    ["Gson's escapes", `{"a":"x=1 & y='2'"}`, '{"a":"x\\u003d1 \\u0026 y\\u003d\\u00272\\u0027"}'],
    ["Rails' escapes", '{"a":"<b>&"}', '{"a":"\\u003cb\\u003e\\u0026"}'],
    ["Python's floats and blanks", '{"a":1e-7,"b":[1.5]}', '{"a": 1e-07, "b": [1.5]}'],
    ["Java's large doubles", '{"a":12345678.5}', '{"a":1.23456785E7}'],
    ["Ruby's exponents", '{"a":0.00001,"b":2.5}', '{"a":1.0e-05,"b":2.5}'],
    ["PHP's large floats", '{"a":1e+25}', '{"a":1.0e+25}'],
    ["one float among integers", '{"id":7,"score":0,"n":3}', '{"id":7,"score":0.0,"n":3}'],
    ["one exponent", '{"id":7,"n":1000}', '{"id":7,"n":1e3}'],
    ["a negative zero", '{"id":7,"n":0}', '{"id":7,"n":-0}'],
    ["money", '{"a":10,"b":1.5}', '{"a":10.00,"b":1.50}'],
    ["an integer beyond 2^53", '{"id":820982911946154500}', '{"id":820982911946154508}'],
    ["sorted keys", '{"b":{"d":1,"c":2},"a":3}', '{"a":3,"b":{"c":2,"d":1}}'],
    ["unsorted keys", '{"a":1,"b":2,"c":3}', '{"b":2,"c":3,"a":1}'],
    ["sorted keys in Python's style", '{"b":1,"a":"é"}', '{"a": "\\u00e9", "b": 1}'],
    ["a pretty body from a dashboard", '{\n    "a": [\n        1\n    ]\n}\n', '{"a":[1]}'],
    ["a tab", '{"a":[1]}', '{\n\t"a": [\n\t\t1\n\t]\n}'],
    ["an odd layout that keeps its blanks", '{ "a" : "x/y" }', '{ "a" : "x\\/y" }'],
  ] as const)("%s", (_, received, signed) => {
    expect(changed(received, signed)).toMatchObject({ causes: ["body_reserialised"] });
  });

  it("shows the first byte that differs, and what stands around it", () => {
    expect(changed('{"id":"evt_1234567890","n":1}', '{"id":"evt_1234567890","n":1.0}').difference).toEqual({
      offset: 28,
      received: '...234567890","n":1}',
      signed: '...234567890","n":1.0}',
    });
    expect(changed("a\nb", "a\r\nb").difference).toEqual({ offset: 1, received: "a\\nb", signed: "a\\r\\nb" });
  });
});

describe("two faults at once are both named", () => {
  it.each([
    ["a secret and a newline", `${JSON_BODY}\n`, JSON_BODY, `${SECRET}\n`, ["secret_whitespace", "body_newline"]],
    ["a secret and JSON", '{"a":[1]}', '{"a": [1]}', ` ${SECRET}`, ["secret_whitespace", "body_reserialised"]],
    ["base64 and a newline", Buffer.from("x y\n").toString("base64"), "x y", SECRET, ["body_encoding"]],
    ["an event and JSON", '{"body":"{\\"a\\": 1}"}', '{"a":1}', SECRET, ["body_encoding"]],
  ] as const)("%s", (_, received, signed, given, causes) => {
    expect(changed(received, signed, [given, SECRET]).causes).toEqual(causes);
  });

  it("another encoding of the signature beside another body", () => {
    const headers: HeaderList = [["X-Hub-Signature-256", `sha256=${mac("sha256", SECRET, "{}").digest("base64")}`]];

    expect(explained({ headers, body: "{}\n" }).causes).toEqual(["body_newline", "signature_encoding"]);
  });

  it("a URL and a newline", () => {
    const square = scheme("square");
    const signature = mac("sha256", SECRET, "https://app.test/hook", "{}").digest("base64");
    const headers: HeaderList = [["x-square-hmacsha256-signature", signature]];

    const explanation = explained({ scheme: square, headers, body: "{}\n", url: "http://app.test/hook" });

    expect(explanation.causes).toEqual(["url_rewritten", "body_newline"]);
  });

  it("names a single fault where one is enough", () => {
    expect(changed(`${JSON_BODY}\n`, JSON_BODY).causes).toEqual(["body_newline"]);
    expect(changed(JSON_BODY, JSON_BODY, [`${SECRET}\n`, SECRET]).causes).toEqual(["secret_whitespace"]);
  });
});

describe("the secret is found in what it was written as", () => {
  it.each([
    [
      "a file of PowerShell",
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${SECRET}\r\n`, "utf16le")]),
      SECRET,
    ],
    ["v1,whsec_ pasted", "v1,whsec_c2VjcmV0LXNlY3JldA==", "secret-secret"],
    ["v1, pasted before whsec_", "v1,whsec_c2VjcmV0", "whsec_c2VjcmV0"],
    ["base64url", "c2VjcmV0_-8", Buffer.from("c2VjcmV0_-8", "base64url")],
    ["hex in upper case", "00FF10AB", Buffer.from("00ff10ab", "hex")],
    ["base64 of Kubernetes", "secret-one", Buffer.from("secret-one").toString("base64")],
    ["Unicode NFKD", "p\u00e4ss", "pa\u0308ss"],
    ["an id before a colon", "id:the-secret", "the-secret"],
    ["a second line", "the-secret\n# comment", "the-secret"],
  ] as const)("%s", (_, given, right) => {
    const { cause, secretIndex } = changed(JSON_BODY, JSON_BODY, [given, right]);

    expect(cause).toMatch(/^secret_/);
    expect(secretIndex).toBe(0);
  });
});

describe("the signature is found in what its header became", () => {
  const digest = mac("sha256", SECRET, JSON_BODY).digest();
  const right = `sha256=${digest.toString("hex")}`;

  it.each([
    ["a CGI name", [["HTTP_X_HUB_SIGNATURE_256", right]], "header_altered"],
    ["underscores", [["X_Hub_Signature_256", right]], "header_altered"],
    ["another header", [["X-Signature", right]], "header_altered"],
    ["the list of a framework", [["X-Hub-Signature-256", `['${right}']`]], "header_altered"],
    ["a line wrap", [["X-Hub-Signature-256", `${right.slice(0, 40)}\r\n ${right.slice(40)}`]], "header_altered"],
    ["cut off", [["X-Hub-Signature-256", right.slice(0, 63)]], "header_altered"],
    [
      "sent twice",
      [
        ["X-Hub-Signature-256", right],
        ["X-Hub-Signature-256", right],
      ],
      "header_altered",
    ],
    ["the header's name in the value", [["X-Hub-Signature-256", `X-Hub-Signature-256: ${right}`]], "header_altered"],
    [
      "base64 of the hex",
      [["X-Hub-Signature-256", Buffer.from(digest.toString("hex")).toString("base64")]],
      "signature_encoding",
    ],
    ["base64url", [["X-Hub-Signature-256", digest.toString("base64url")]], "signature_encoding"],
    ["v1= before it", [["X-Hub-Signature-256", `v1=${digest.toString("hex")}`]], "signature_encoding"],
  ] as const satisfies readonly (readonly [string, HeaderList, string])[])("%s", (_, headers, cause) => {
    expect(explained({ headers, body: JSON_BODY })).toMatchObject({ cause, secretIndex: 0 });
  });

  it("does not take half a signature of less than 16 bytes for one", () => {
    const headers: HeaderList = [["X-Hub-Signature-256", right.slice(0, 7 + 30)]];

    expect(explained({ headers, body: JSON_BODY }).cause).toBe("incomplete");
  });
});

describe("other content is found under the same secret", () => {
  const stripe = (...signed: readonly Bytes[]): HeaderList => [
    ["Stripe-Signature", `t=1769817600,v1=${hex(SECRET, ...signed)}`],
  ];
  const slack = (timestamp: string, signed: string): HeaderList => [
    ["X-Slack-Request-Timestamp", timestamp],
    ["X-Slack-Signature", `v0=${hex(SECRET, signed)}`],
  ];

  it.each([
    ["timestamp_text", "slack", slack("1769817600", "v0:1769817600000:x"), "in milliseconds"],
    ["timestamp_text", "slack", slack("1769817600", "v0:2026-01-31T00:00:00Z:x"), "as an RFC 3339 date"],
    [
      "timestamp_text",
      "stripe",
      [...stripe("1769817601.x"), ["X-Request-Timestamp", "1769817601"]],
      "X-Request-Timestamp",
    ],
    ["other_content", "stripe", stripe("1769817600:x"), "timestamp:body"],
    ["other_content", "stripe", stripe("v0:1769817600:x"), "v0:timestamp:body"],
    ["other_content", "stripe", stripe("x", "1769817600"), "body and timestamp"],
    [
      "other_content",
      "github",
      [
        ["X-Hub-Signature-256", `sha256=${hex(SECRET, "1769817600.x")}`],
        ["X-Timestamp", "1769817600"],
      ],
      "X-Timestamp",
    ],
    [
      "other_content",
      "github",
      [["X-Hub-Signature-256", `sha256=${createHash("sha256").update(`${SECRET}x`).digest("hex")}`]],
      "plain hash",
    ],
    [
      "other_algorithm",
      "github",
      [["X-Hub-Signature-256", `sha512=${mac("sha512", SECRET, "x").digest("hex")}`]],
      "HMAC-SHA512",
    ],
  ] as const satisfies readonly (readonly [string, string, HeaderList, string])[])(
    "%s of %s: %o",
    (cause, provider, headers, about) => {
      const explanation = explained({ provider, headers, body: "x" });

      expect(explanation.cause).toBe(cause);
      expect(explanation.message).toContain(about);
    },
  );

  it("a signature by a key in another writing", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const headers: HeaderList = [
      ["X-Twilio-Email-Event-Webhook-Timestamp", "1769817600"],
      [
        "X-Twilio-Email-Event-Webhook-Signature",
        sign("sha256", Buffer.from("1769817600[]"), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64"),
      ],
    ];

    const explanation = explained({
      provider: "sendgrid",
      headers,
      body: "[]",
      more: { secrets: [], keys: [keyFromObject(publicKey, "pem")] },
    });

    expect(explanation.cause).toBe("other_algorithm");
  });
});

describe("a URL is found again behind proxies", () => {
  it.each([
    ["http://10.0.0.1:3000/hook", "https://app.test/hook", [["X-Forwarded-Host", "app.test"]]],
    ["http://app.test/hook", "https://app.test:8443/hook", [["X-Forwarded-Port", "8443"]]],
    ["https://app.test/hook", "https://app.test/api/hook", [["X-Forwarded-Prefix", "/api"]]],
    ["https://app.test/hook", "https://app.test/v2/hook?x=1", [["X-Original-URI", "/v2/hook"]]],
    ["https://app.test/api/hook", "https://app.test/hook", []],
    ["https://app.test/a%20b", "https://app.test/a b", []],
    ["https://app.test/h?a=b%20c", "https://app.test/h?a=b+c", []],
    ["https://app.test/h?a=1&utm=2", "https://app.test/h?a=1", []],
    ["/h?x=1", "https://app.test/h?x=1", [["Host", "app.test"]]],
  ] as const satisfies readonly (readonly [string, string, HeaderList])[])("%s for %s", (given, signed, headers) => {
    const url = given.startsWith("/") || !signed.includes("?x=1") ? given : `${given}?x=1`;
    const signature: HeaderList = [["X-Twilio-Signature", mac("sha1", SECRET, signed).digest("base64")]];

    const { causes } = explained({ scheme: scheme("twilio", "twilio-form"), headers: [...headers, ...signature], url });

    expect(causes).toEqual(["url_rewritten"]);
  });
});

describe("lengths and digests prove which side changed the body", () => {
  const signed = '{"a": 1}';
  const received = '{"a":1}';
  const signature = ["X-Hub-Signature-256", `sha256=${hex(SECRET, signed)}`] as const;
  const sha256 = (body: string) => createHash("sha256").update(body).digest("base64");

  it.each([
    ["receiver", ["Content-Length", "8"], "Content-Length says 8, the body has 7 bytes"],
    [
      "receiver",
      ["Content-MD5", createHash("md5").update(signed).digest("base64")],
      "Content-MD5 is that of another body",
    ],
    ["receiver", ["Digest", `SHA-256=${sha256(signed)}`], "Digest is that of another body"],
    ["receiver", ["Content-Digest", `sha-256=:${sha256(signed)}:`], "Content-Digest is that of another body"],
    ["receiver", ["X-Amz-Content-Sha256", createHash("sha256").update(signed).digest("hex")], "X-Amz-Content-Sha256"],
    ["sender", ["Content-Length", "7"], "Content-Length fits the body at hand"],
    ["sender", ["Content-Digest", `sha-256=:${sha256(received)}:`], "Content-Digest fits the body at hand"],
    [null, ["X-Other", "7"], ""],
  ] as const)("%s by %o", (changedBy, header, hint) => {
    const explanation = explained({ headers: [signature, header], body: received });

    expect(explanation).toMatchObject({ cause: "body_reserialised", changedBy });
    expect(explanation.hints.join()).toContain(hint);
  });

  it("says so when nothing is found, too", () => {
    const headers: HeaderList = [
      ["X-Hub-Signature-256", `sha256=${hex("another", signed)}`],
      ["Content-Length", "1532"],
    ];

    const explanation = explained({ headers, body: received });

    expect(explanation).toMatchObject({ cause: "unknown", changedBy: "receiver" });
    expect(explanation.hints).toEqual([
      "Content-Length says 1532, the body has 7 bytes: the body was changed after it was received",
      "the body is written as JSON.stringify writes it: it may have been parsed and written again",
    ]);
  });

  it("takes no proof from the length of a compressed body", () => {
    const headers: HeaderList = [signature, ["Content-Length", "5"], ["Content-Encoding", "gzip"]];

    expect(explained({ headers, body: received }).changedBy).toBeNull();
  });
});

describe("what stands out in a secret is told when none is right", () => {
  it.each([
    ["stripe", `whsec_${"0123456789abcdef".repeat(4)}`, "stripe listen"],
    ["stripe", "whsec_short", "has 5 characters after whsec_, fewer than usual: is it whole?"],
    ["github", "shpss_0123456789abcdef", "the secret of a Shopify app"],
    ["slack", "xoxb-123-456", "a Slack token"],
    ["twilio", `AC${"0".repeat(32)}`, "a Twilio account SID"],
    ["mailgun", `key-${"0".repeat(32)}`, "a Mailgun API key"],
  ])("%s: %s", (provider, secret, hint) => {
    const found = scheme(provider);
    const names = found.signature.from === "header" ? found.signature.names : ["X-None"];
    const headers: HeaderList = [[names[0], hex("other", "x")]];

    const { hints } = explained({ provider, headers, body: "x", secret, url: "https://app.test/" });

    expect(hints.join()).toContain(hint);
    expect(hints.join()).not.toContain(secret);
  });

  it.each(["github", "slack", "shopify"])("%s: nothing of whsec_, which its secrets do not begin with", (provider) => {
    const found = scheme(provider);
    const names = found.signature.from === "header" ? found.signature.names : ["X-None"];

    const { hints } = explained({
      provider,
      headers: [[names[0], hex("other", "x")]],
      body: "x",
      secret: "whsec_short",
    });

    expect(hints.join()).not.toContain("whsec_");
  });
});

/** Numbers that look random and are the same in every run. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomText(next: () => number, length: number): string {
  const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=_-";
  return Array.from({ length }, () => characters[Math.floor(next() * characters.length)]).join("");
}

function randomBody(next: () => number): string {
  const kinds = [
    () =>
      JSON.stringify({
        id: Math.floor(next() * 1e9),
        text: randomText(next, 12),
        list: [next(), null, true],
        url: "a/b",
      }),
    () => `payload=${encodeURIComponent(JSON.stringify({ a: randomText(next, 8) }))}`,
    () => Buffer.from(randomText(next, 30)).toString("base64"),
    () => `${randomText(next, 20)}\r\n${randomText(next, 20)}\n`,
    () => `a=${randomText(next, 5)}&b=${randomText(next, 5)}`,
    () => "",
  ];
  return kinds[Math.floor(next() * kinds.length)]?.() ?? "";
}

const MAC_SCHEMES = others
  .map(({ scheme: row }) => row)
  .filter(
    ({ algorithm, signature }) =>
      (algorithm.family === "hmac" || algorithm.family === "hash") && signature.from === "header",
  );

/** A request of any provider whose signature was made from something else, by another secret. */
function strangeRequest(seed: number): ExplainOptions {
  const next = numbersFrom(seed);
  const row = MAC_SCHEMES[seed % MAC_SCHEMES.length] ?? scheme("github");
  const hash = "hash" in row.algorithm ? row.algorithm.hash : "sha256";
  const digest = mac(hash, randomText(next, 32), randomText(next, 40)).digest();
  const names = row.signature.from === "header" ? row.signature.names : ["X-Signature"];
  const { parse } = row.signature;
  const written = row.encoding === "base64" ? digest.toString("base64") : digest.toString("hex");
  const value =
    parse.kind === "prefix"
      ? parse.prefix + written
      : parse.kind === "pairs"
        ? `t=1769817600,${parse.signature ?? "v1"}=${written}`
        : written;
  return {
    scheme: row,
    request: {
      headers: [
        [names[0] ?? "X-Signature", value],
        ["Content-Type", "application/json"],
        ["X-Timestamp", "1769817600"],
        ["X-Id", "abc"],
      ],
      body: Buffer.from(randomBody(next)),
      url: `https://app.test/${randomText(next, 5)}?x=${randomText(next, 4)}`,
    },
    secrets: [Buffer.from(randomText(next, 24))],
    now: NOW,
    others,
  };
}

/** An empty body is told, too, beside that it may be another secret. */
const UNEXPLAINED: ReadonlySet<string> = new Set(["unknown", "incomplete", "body_lost"]);

describe("nothing is explained falsely", () => {
  it(
    "1,000 random bodies, signatures and secrets of all providers: another secret, every time",
    { timeout: 300_000 },
    () => {
      const causes = Array.from(
        { length: 1_000 },
        (_, seed) => explain({ ...strangeRequest(seed), budget: { candidates: 800 } }).cause,
      );

      expect(causes.filter((cause) => !UNEXPLAINED.has(cause))).toEqual([]);
      expect(causes.filter((cause) => cause !== "incomplete").length).toBeGreaterThan(700);
    },
  );

  it("and 40 of them to the end of the search", { timeout: 120_000 }, () => {
    const found = Array.from({ length: 40 }, (_, seed) => explain(strangeRequest(seed * 25)));

    expect(found.filter(({ cause }) => !UNEXPLAINED.has(cause))).toEqual([]);
  });

  it("a secret that another provider would take as a token is none here", () => {
    const headers: HeaderList = [
      ["X-Gitlab-Token", "something"],
      ["X-Hub-Signature-256", `sha256=${hex("other", "x")}`],
    ];

    expect(explained({ headers, body: "x" }).cause).toBe("unknown");
  });
});

describe("no secret and no signature is printed", () => {
  it("wherever a secret stands in the request", () => {
    const secret = "s3cr3t/canary+0123456789";
    const places: readonly Given[] = [
      {
        headers: [["X-Hub-Signature-256", `sha256=${hex(secret, `{"key":"${secret}"}`)}`]],
        body: `{"key": "${secret}"}`,
        secret,
      },
      {
        headers: [["X-Hub-Signature-256", `sha256=${hex(secret, `a=1&key=${secret}`)}`]],
        body: `key=${secret}&a=1`,
        secret,
      },
      {
        headers: [
          ["X-Hub-Signature-256", `sha256=${hex("x", "y")}`],
          [`X-${secret}`, secret],
        ],
        body: secret,
        secret,
      },
      { headers: [["X-Hub-Signature-256", `${secret}=${hex(secret, "x")}`]], body: "x", secret },
      {
        scheme: scheme("twilio", "twilio-form"),
        headers: [["X-Twilio-Signature", mac("sha1", secret, `https://a.test/?k=${secret}`).digest("base64")]],
        url: `http://a.test/?k=${secret}`,
        secret,
      },
    ];

    for (const place of places) {
      const text = JSON.stringify(explained(place));
      expect(text).not.toContain("canary");
      expect(text).not.toContain(encodeURIComponent(secret));
    }
  });

  it.each(["whsec_other", "whsec_body", "most likely", "hypotheses", "v1,whsec_changed"])(
    "nor told by stars in the explanation's own words: %s",
    (secret) => {
      const headers: HeaderList = [["X-Hub-Signature-256", `sha256=${hex("x", "y")}`]];

      const { message } = explained({ headers, body: "x", secret });

      expect(message).toMatch(/most likely another secret made it, or the body was changed$/);
    },
  );

  it("nor in the sentence of a cause that was found, but where that quotes the request", () => {
    const secret = "whsec_right";
    const url = `https://right.test/hook?right=1`;
    const headers: HeaderList = [["X-Twilio-Signature", mac("sha1", secret, url).digest("base64")]];

    const { message } = explained({
      scheme: scheme("twilio", "twilio-form"),
      headers,
      url: url.replace("https", "http"),
      secret,
    });

    expect(message).toBe("the signature is right for the URL https://*****.test/hook?*****=1 (https in place of http)");
  });

  it("nor what would be right, for random requests", () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const options = { ...strangeRequest(seed), budget: { candidates: 500 } };
      const [secret = Buffer.alloc(0)] = options.secrets ?? [];

      const text = JSON.stringify(explain(options));

      expect(text).not.toContain(Buffer.from(secret).toString());
      for (const hash of ["sha1", "sha256", "sha512"]) {
        const digest = mac(hash, secret, options.request.body).digest();
        expect(text).not.toContain(digest.toString("hex").slice(0, 12));
        expect(text).not.toContain(digest.toString("base64").slice(0, 12));
      }
    }
  });
});

describe("the budget bounds the search", () => {
  const strange = (more: Partial<ExplainOptions>) =>
    explain({ ...strangeRequest(3), scheme: scheme("github"), ...more });

  it("by hypotheses", () => {
    const short = changedBudget({ candidates: 50 });
    const long = changedBudget({ candidates: 1_000_000 });

    expect(short).toMatchObject({ isComplete: false, tried: 50 });
    expect(long.isComplete).toBe(true);
    expect(long.tried).toBeGreaterThan(1_000);
  });

  it("by a duration, as the clock goes", () => {
    let now = 0;
    const clock = () => (now += 10);

    const { isComplete, tried } = strange({ budget: { ms: 100 }, clock });

    expect(isComplete).toBe(false);
    expect(tried).toBeLessThan(1_000);
  });

  function changedBudget(budget: { candidates: number }): Explanation {
    const headers: HeaderList = [["X-Hub-Signature-256", `sha256=${hex("another", "x")}`]];
    return explained({ headers, body: JSON_BODY, more: { budget } });
  }
});

describe("a valid signature", () => {
  it("needs no explanation", () => {
    const headers: HeaderList = [["X-Hub-Signature-256", `sha256=${hex(SECRET, "x")}`]];

    expect(explained({ headers, body: "x" })).toMatchObject({ cause: "none", fixes: [] });
  });
});

describe("fixes are narrowed to a framework", () => {
  const given: Given = { headers: [["X-Hub-Signature-256", `sha256=${hex(SECRET, '{"a": 1}')}`]], body: '{"a":1}' };

  it("all of them when none is named", () => {
    expect(explained(given).fixes.length).toBeGreaterThan(10);
  });

  it.each([
    ["rails", "Rails"],
    ["express", "Express"],
    ["lambda", "AWS Lambda"],
  ])("%s", (framework, title) => {
    expect(explained({ ...given, more: { framework } }).fixes.map((fix) => fix.for)).toEqual([title]);
  });

  it("what is no framework's stays", () => {
    const headers: HeaderList = [["X-Hub-Signature-256", `sha256=${hex(SECRET, "x")}`]];

    expect(explained({ headers, body: "x\n", more: { framework: "rails" } }).fixes.map((fix) => fix.for)).toContain(
      "curl",
    );
  });
});
