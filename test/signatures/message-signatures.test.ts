import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { parseKey } from "../../src/signatures/key.js";
import { signatureBase } from "../../src/signatures/message-base.js";
import { parseDictionary, type InnerList } from "../../src/signatures/structured-field.js";
import { dataPath, hasData } from "../helpers/data.js";
import { vectorRequest, vectors, type Vector } from "./vectors.js";

const row = findProvider("rfc9421") as Provider;
const published = vectors.filter(({ provider }) => provider === "rfc9421");
/** B.2.4 signs a response, and its status. */
const SETTINGS = { status: "200" };

type Request = ReturnType<typeof vectorRequest>;

/** Parsed once: that costs more than checking a signature. */
const CREDENTIALS = new Map(
  published.map((vector) => {
    const { secret_or_key: text = "" } = vector;
    return [
      vector,
      text.startsWith("-----") ? { keys: [parseKey(text)] } : { secrets: [Buffer.from(`base64:${text}`)] },
    ] as const;
  }),
);

function check(vector: Vector, request: Request = vectorRequest(vector)) {
  return verifyProvider({
    provider: row,
    request,
    ...CREDENTIALS.get(vector),
    now: 1_618_884_473_000,
    settings: SETTINGS,
  });
}

function edited(headers: HeaderList, name: string, edit: (value: string) => string): HeaderList {
  return headers.map(([key, value]) => [key, key === name ? edit(value) : value] as const);
}

/** Every bit of some text, flipped one after the other. */
function flips(text: string): string[] {
  return Array.from({ length: text.length * 8 }, (_, bit) => {
    const bytes = Buffer.from(text, "latin1");
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes.toString("latin1");
  });
}

/** What a signature covers, but for itself. */
function covered(vector: Vector): string[] {
  return [...(vector.headers["Signature-Input"] ?? "").matchAll(/"([^"]+)"(?=[ );])/g)].map(([, name = ""]) => name);
}

describe("RFC 9421, appendix B.2", () => {
  it("has six cases", () => {
    expect(published.map(({ note }) => note.slice(0, 5)).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6].map((number) => `B.2.${number}`),
    );
  });

  it.each(published.map((vector) => [vector.note, vector] as const))("%s is accepted", (_note, vector) => {
    const verdict = check(vector);

    expect(verdict).toMatchObject({ valid: true, reason: null, ageSeconds: 0, timestamp: 1_618_884_473_000 });
    expect("note" in verdict).toBe(!covered(vector).includes("content-digest"));
  });

  it.each(published.map((vector) => [vector.note, vector] as const))(
    "%s is refused with any bit of what is covered changed",
    (_note, vector) => {
      const request = vectorRequest(vector);
      const names = [
        "Signature-Input",
        ...Object.keys(vector.headers).filter((name) => covered(vector).includes(name.toLowerCase())),
      ];
      const mutants: Request[] = names.flatMap((name) =>
        flips(vector.headers[name] ?? "").map((value) => ({
          ...request,
          headers: edited(request.headers, name, () => value),
        })),
      );

      expect(mutants.length).toBeGreaterThan(500);
      for (const mutant of mutants) expect(check(vector, mutant).valid, JSON.stringify(mutant.headers)).toBe(false);
    },
  );

  it.each(published.map((vector) => [vector.note, vector] as const))(
    "%s is refused with any bit of the signature changed, and when it is cut or longer",
    (_note, vector) => {
      const request = vectorRequest(vector);
      const [, label = "", encoded = ""] = /^(.*?)=:(.*):$/.exec(vector.headers["Signature"] ?? "") ?? [];
      const bytes = Buffer.from(encoded, "base64");
      const mutants = [
        ...flips(bytes.toString("latin1")).map((text) => Buffer.from(text, "latin1")),
        bytes.subarray(1),
        bytes.subarray(0, -1),
        Buffer.concat([bytes, Buffer.alloc(1)]),
        Buffer.concat([bytes, bytes]),
        Buffer.alloc(bytes.length),
        Buffer.alloc(0),
      ];

      for (const mutant of mutants) {
        const headers = edited(request.headers, "Signature", () => `${label}=:${mutant.toString("base64")}:`);
        expect(check(vector, { ...request, headers }).valid).toBe(false);
      }
    },
  );

  it("is refused with another method, host, path, query, body, where these are covered", () => {
    const changes: readonly (readonly [covers: string, change: Partial<Request>])[] = [
      ["@method", { method: "PUT" }],
      ["@authority", { url: "http://example.org/foo?param=Value&Pet=dog" }],
      ["@path", { url: "http://example.com/Foo?param=Value&Pet=dog" }],
      ["@query", { url: "http://example.com/foo?param=value&Pet=dog" }],
      ["@query-param", { url: "http://example.com/foo?param=Value&Pet=cat" }],
      ["@query-param", { url: "http://example.com/foo?param=Value&Pet=dog&Pet=dog" }],
      ["@query-param", { url: "http://example.com/foo" }],
      ["content-digest", { body: Buffer.from('{"hello": "World"}') }],
    ];
    for (const vector of published) {
      for (const [name, change] of changes) {
        const { valid } = check(vector, { ...vectorRequest(vector), ...change });
        const isCovered =
          covered(vector).includes(name) || (name === "@query-param" && covered(vector).includes("@query"));
        expect(valid, `${vector.note} ${name}`).toBe(!isCovered);
      }
    }
  });
});

describe.skipIf(!hasData)("RFC 9421, the bases of appendix B.2 (skipped without HOOKCLI_TEST_DATA)", () => {
  interface Case {
    readonly title: string;
    readonly signature_base: string;
    readonly signature_input: string;
  }
  const { cases } = hasData
    ? (JSON.parse(readFileSync(dataPath("rfc9421", "vectors.json"), "utf8")) as { cases: readonly Case[] })
    : { cases: [] };

  it.each(cases.map((one) => [one.title, one] as const))("%s: line by line", (_title, one) => {
    const vector = published.find(({ headers }) => headers["Signature-Input"] === one.signature_input) as Vector;
    const [input] = parseDictionary(one.signature_input)?.members.values() ?? [];

    const base = signatureBase(input as InnerList, { request: vectorRequest(vector), scheme: "x", settings: SETTINGS });

    expect(base).toMatchObject({ text: one.signature_base });
  });
});

const KEY = "a secret that both sides know";
const NOW = 1_700_000_000;
const BODY = Buffer.from('{"a":1}');

/** A request signed with node:crypto over a base that is written out here. */
function signed(options: {
  readonly covers: readonly (readonly [identifier: string, value: string])[];
  readonly parameters?: string;
  readonly headers?: HeaderList;
  readonly label?: string;
}) {
  const { covers, parameters = `;created=${NOW}`, headers = [], label = "sig1" } = options;
  const input = `(${covers.map(([identifier]) => identifier).join(" ")})${parameters}`;
  const base = [
    ...covers.map(([identifier, value]) => `${identifier}: ${value}`),
    `"@signature-params": ${input}`,
  ].join("\n");
  const signature = createHmac("sha256", KEY).update(base, "latin1").digest("base64");
  return [...headers, ["Signature-Input", `${label}=${input}`], ["Signature", `${label}=:${signature}:`]] as const;
}

function verdictOf(
  headers: HeaderList,
  more: { url?: string; settings?: Record<string, string>; now?: number; body?: Buffer } = {},
) {
  const { url = "https://Example.com:443/a%20b?q=x+y&%C3%A9=1&empty", settings, now = NOW, body = BODY } = more;
  return verifyProvider({
    provider: row,
    request: { method: "POST", url, headers, body },
    secrets: [Buffer.from(KEY)],
    now: now * 1000,
    settings,
  });
}

describe("components", () => {
  it.each([
    ['"@method"', "POST"],
    ['"@target-uri"', "https://example.com/a%20b?q=x+y&%C3%A9=1&empty"],
    ['"@authority"', "example.com"],
    ['"@scheme"', "https"],
    ['"@request-target"', "/a%20b?q=x+y&%C3%A9=1&empty"],
    ['"@path"', "/a%20b"],
    ['"@query"', "?q=x+y&%C3%A9=1&empty"],
    ['"@query-param";name="q"', "x%20y"],
    ['"@query-param";name="%C3%A9"', "1"],
    ['"@query-param";name="empty"', ""],
    ['"x-empty"', ""],
    ['"x-two"', "a, b"],
    ['"x-dict"', "a=1,   b=2;x=1;y=2,   c=(a   b   c), d"],
    ['"x-dict";sf', "a=1, b=2;x=1;y=2, c=(a b c), d"],
    ['"x-dict";key="a"', "1"],
    ['"x-dict";key="b"', "2;x=1;y=2"],
    ['"x-dict";key="c"', "(a b c)"],
    ['"x-dict";key="d"', "?1"],
    ['"x-two";bs', ":YQ==:, :Yg==:"],
    ['"x-item";sf', "1.5;q"],
  ])("%s is %s", (identifier, value) => {
    const headers: HeaderList = [
      ["X-Empty", ""],
      ["X-Two", " a "],
      ["x-two", "b"],
      ["X-Dict", "  a=1,   b=2;x=1;y=2,   c=(a   b   c), d"],
      ["X-Item", "1.50; q"],
    ];

    expect(verdictOf(signed({ covers: [[identifier, value]], headers })).valid).toBe(true);
    expect(verdictOf(signed({ covers: [[identifier, `${value}x`]], headers })).valid).toBe(false);
  });

  it.each([
    ['"@status"', "of responses"],
    ['"@method";req', "of the request that a response answers"],
    ['"x";tr', "trailers are not known"],
    ['"@unknown"', "is not known"],
    ['"@signature-params"', "cannot be listed"],
    ['"X-Upper"', "lower case"],
    ['"@query-param"', "does not name the parameter"],
    ['"@method";sf', "a parameter that is not known"],
    ['"x";other', "a parameter that is not known"],
    ['"x";sf;bs', "bytes and a structured field at once"],
    ['"x";bs=1', "a flag with a value"],
    ['"x";key=1', "a key that is not a string"],
    ["token", "not a string"],
    ['"x" "x"', "covered twice"],
    ['"a b"', "lower case"],
    ['"x";key="none"', "has no value"],
    ['"not-sf";sf', "has no value"],
    ['"@query-param";name="none"', "not in the URL"],
  ])("%s is refused for what it is", (identifier, message) => {
    const headers: HeaderList = [
      ["x", "1"],
      ["not-sf", "a, a;"],
    ];
    const verdict = verdictOf(signed({ covers: [[identifier, "1"]], headers }));

    expect(verdict).toMatchObject({
      valid: false,
      reason: "malformed_header",
      message: expect.stringContaining(message),
    });
  });

  it("a header that is covered and not there is missing", () => {
    expect(verdictOf(signed({ covers: [['"constructor"', ""]] }))).toMatchObject({
      reason: "missing_header",
      message: "header constructor is covered by the signature, and not there",
    });
  });

  it("that are demanded must be covered", () => {
    const headers = signed({ covers: [['"@method"', "POST"]] });

    expect(verdictOf(headers, { settings: { components: "@method" } }).valid).toBe(true);
    expect(verdictOf(headers, { settings: { components: "@method content-digest" } })).toMatchObject({
      reason: "malformed_header",
      message: 'sig1 does not cover "content-digest", which is demanded',
    });
    expect(() => verdictOf(headers, { settings: { components: '"' } })).toThrow("not a list of components");
  });
});

describe("the parameters of a signature", () => {
  const covers = [['"@method"', "POST"]] as const;
  const reasonOf = (parameters: string, more = {}) => verdictOf(signed({ covers, parameters }), more).reason;

  it.each([
    [`;created=${NOW - 301}`, "timestamp_too_old"],
    [`;created=${NOW - 300}`, null],
    [`;created=${NOW + 300}`, null],
    [`;created=${NOW + 301}`, "timestamp_in_future"],
    [`;created=${NOW};expires=${NOW}`, null],
    [`;created=${NOW};expires=${NOW - 1}`, "timestamp_too_old"],
    [`;expires=${NOW + 1}`, null],
    ["", "timestamp_missing"],
    [";created", "timestamp_malformed"],
    [";created=-1", "timestamp_malformed"],
    [";created=1.5", "timestamp_malformed"],
    [';created="1700000000"', "timestamp_malformed"],
    [";created=NaN", "timestamp_malformed"],
    [";created=1e99", "timestamp_malformed"],
    [";created=1700000000abc", "timestamp_malformed"],
    [`;created=${NOW};expires=soon`, "timestamp_malformed"],
    [`;created=${NOW};alg="hmac-sha256"`, null],
    [`;created=${NOW};alg="hmac-sha512"`, "algorithm_not_allowed"],
    [`;created=${NOW};alg="none"`, "algorithm_not_allowed"],
    [`;created=${NOW};alg="ed25519"`, "algorithm_not_allowed"],
    [`;created=${NOW};alg=hmac-sha256`, "malformed_header"],
    [`;created=${NOW};keyid=1`, "malformed_header"],
    [`;created=${NOW};keyid="k";nonce="n";tag="t";other=1`, null],
  ])("%s: %s", (parameters, reason) => {
    expect(reasonOf(parameters)).toBe(reason);
  });

  it("name the key, where the user says which one counts", () => {
    const parameters = `;created=${NOW};keyid="one"`;

    expect(reasonOf(parameters, { settings: { keyid: "one" } })).toBeNull();
    expect(reasonOf(parameters, { settings: { keyid: "two" } })).toBe("key_not_trusted");
    expect(reasonOf(`;created=${NOW}`, { settings: { keyid: "two" } })).toBe("key_not_trusted");
  });

  it("choose among keys that have names, and none of another name counts", () => {
    const pairs = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
    const keys = pairs.map(({ publicKey }, index) =>
      parseKey(JSON.stringify({ ...publicKey.export({ format: "jwk" }), kid: `key-${index}` })),
    );
    const verdictFor = (signer: number, keyid: string) => {
      const input = `();created=${NOW};keyid="${keyid}"`;
      const bytes = sign(null, Buffer.from(`"@signature-params": ${input}`), pairs[signer]?.privateKey ?? "");
      const headers: HeaderList = [
        ["Signature-Input", `a=${input}`],
        ["Signature", `a=:${bytes.toString("base64")}:`],
      ];
      return verifyProvider({ provider: row, request: { headers, body: BODY }, keys, now: NOW * 1000 });
    };

    expect(verdictFor(1, "key-1")).toMatchObject({ valid: true, secretIndex: 1 });
    expect(verdictFor(1, "key-0").reason).toBe("signature_mismatch");
    expect(verdictFor(1, "key-2").reason).toBe("key_not_trusted");
  });
});

describe("several signatures", () => {
  const one = signed({ covers: [['"@method"', "POST"]], label: "one" });
  const other = signed({ covers: [['"@method"', "PUT"]], label: "other" });
  const join = (first: HeaderList, second: HeaderList): HeaderList =>
    first.map(([name, value], index) => [name, `${value}, ${second[index]?.[1] ?? ""}`] as const);

  it("in one header or in several: any one may be right", () => {
    expect(verdictOf(join(other, one))).toMatchObject({ valid: true, signatureIndex: 1 });
    expect(verdictOf([...one, ...other])).toMatchObject({ valid: true, signatureIndex: 0 });
  });

  it("of one label are refused, and so are labels without their other half", () => {
    expect(verdictOf([...one, ...one])).toMatchObject({ valid: false, reason: "malformed_header" });
    expect(verdictOf([one[0] ?? ["", ""], other[1] ?? ["", ""]])).toMatchObject({ reason: "malformed_header" });
    expect(verdictOf(one.slice(0, 1))).toMatchObject({
      reason: "missing_header",
      message: "header Signature is missing",
    });
    expect(verdictOf(one.slice(1))).toMatchObject({
      reason: "missing_header",
      message: "header Signature-Input is missing",
    });
  });
});

describe("the body", () => {
  // RFC 9530, appendix B.1: the digests of {"hello": "world"} with a line feed, and of the same without (RFC 9421, B.2).
  const DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
  const SHA256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
  const body = Buffer.from('{"hello": "world"}');
  const reasonOf = (digest: string, given = body) =>
    verdictOf(signed({ covers: [['"content-digest"', digest]], headers: [["Content-Digest", digest]] }), {
      body: given,
    }).reason;

  it.each([
    [DIGEST, null],
    [SHA256, null],
    [`${SHA256}, ${DIGEST}`, null],
    [`md5=:AAAA:, ${SHA256}`, null],
    [SHA256.replace("X48", "X49"), "body_hash_mismatch"],
    [`${DIGEST}, ${SHA256.replace("X48", "X49")}`, "body_hash_mismatch"],
    ["sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE", "body_hash_mismatch"],
    ["md5=:AAAA:", "algorithm_not_allowed"],
    ["", "algorithm_not_allowed"],
    ["sha-256=:AAA", "malformed_header"],
  ])("with Content-Digest %s: %s", (digest, reason) => {
    expect(reasonOf(digest)).toBe(reason);
    expect(reasonOf(digest, Buffer.from("other"))).not.toBeNull();
  });

  it("is not proven by a digest that is not covered, and the verdict says so", () => {
    const headers = signed({ covers: [['"@method"', "POST"]], headers: [["Content-Digest", "sha-256=:AAAA:"]] });

    expect(verdictOf(headers)).toMatchObject({
      valid: true,
      note: "the signature does not cover content-digest: it proves nothing about the body",
    });
  });
});
