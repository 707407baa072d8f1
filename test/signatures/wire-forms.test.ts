import { createHmac } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromByteText } from "../../src/events/json-tree.js";
import { encodeBody } from "../../src/fixtures/encoding.js";
import { findFixture } from "../../src/fixtures/find.js";
import { detectProvider } from "../../src/providers/detect.js";
import { findProvider } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import { selectScheme } from "../../src/providers/select.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { signRequest } from "../../src/signatures/sign.js";
import { rootDir } from "../helpers/data.js";

/*
 * Bodies that are no JSON, written as a browser or a provider's server writes them, and signed with node:crypto.
 */

const SECRET = "a secret of some length";
const NOW = 1_700_000_000_000;
const FORM = "application/x-www-form-urlencoded";
const hex = (data: string | Uint8Array) => createHmac("sha256", SECRET).update(data).digest("hex");

function rowOf(name: string): Provider {
  const provider = findProvider(name);
  if (provider === undefined) throw new Error(`no ${name}`);
  return provider;
}

type Headers = readonly (readonly [string, string])[];

function check(name: string, headers: Headers, body: string) {
  return verifyProvider({
    provider: rowOf(name),
    request: { headers, body: Buffer.from(body) },
    secrets: [Buffer.from(SECRET)],
    now: NOW,
  });
}

/** Signed as `send` does. */
function signed(name: string, headers: Headers, body: string) {
  const request = { headers, body: Buffer.from(body) };
  const scheme = selectScheme({
    provider: rowOf(name),
    purpose: "sign",
    request,
    secrets: [Buffer.from(SECRET)],
    keys: [],
  });
  const made = signRequest({ scheme, request, secret: Buffer.from(SECRET), now: NOW });
  return { headers: [...headers, ...made.headers], body: Buffer.from(made.body ?? request.body).toString() };
}

const JSON_TEXT = '{"ref":"refs/heads/main","pusher":"h\u00e9llo & co"}';
const PAYLOAD = new URLSearchParams({ payload: JSON_TEXT }).toString();

describe("a form with the JSON in its payload", () => {
  it.each([
    ["gitea", "X-Gitea-Signature"],
    ["forgejo", "X-Forgejo-Signature"],
    ["gogs", "X-Gogs-Signature"],
  ])("is signed by %s over the JSON", (name, header) => {
    const headers = [["Content-Type", FORM]] as const;
    const whole = [...headers, [header, hex(JSON_TEXT)]] as const;

    expect(check(name, whole, PAYLOAD)).toMatchObject({ valid: true });
    expect(check(name, whole, PAYLOAD.replace("main", "evil")).valid).toBe(false);
    expect(check(name, whole, `${PAYLOAD}&payload=%7B%7D`).valid).toBe(false);
    expect(check(name, [...headers, [header, hex(PAYLOAD)]], PAYLOAD).valid).toBe(false);
    expect(
      check(
        name,
        [
          ["Content-Type", "application/json"],
          [header, hex(JSON_TEXT)],
        ],
        JSON_TEXT,
      ).valid,
    ).toBe(true);
    expect(
      check(
        name,
        [
          ["Content-Type", "application/json"],
          [header, hex(JSON_TEXT)],
        ],
        PAYLOAD,
      ).valid,
    ).toBe(false);
    expect(signed(name, headers, PAYLOAD).headers).toEqual(whole);
  });

  it("is signed by GitHub over the form", () => {
    const headers = [["Content-Type", FORM]] as const;
    const whole = [...headers, ["X-Hub-Signature-256", `sha256=${hex(PAYLOAD)}`]] as const;

    expect(check("github", whole, PAYLOAD)).toMatchObject({ valid: true });
    expect(check("github", [...headers, ["X-Hub-Signature-256", `sha256=${hex(JSON_TEXT)}`]], PAYLOAD).valid).toBe(
      false,
    );
    expect(signed("github", headers, PAYLOAD).headers).toEqual(whole);
  });
});

/** As an HTTP client writes it. */
async function multipart(fields: Readonly<Record<string, string>>): Promise<{ type: string; body: string }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const response = new Response(form);
  return { type: response.headers.get("content-type") ?? "", body: await response.text() };
}

describe("Dropbox Sign's form", () => {
  const event = (hash: string) =>
    `{"event":{"event_time":"1700000000","event_type":"signature_request_sent","event_hash":"${hash}"},"account_guid":"h\u00e9llo"}`;
  const hash = hex("1700000000signature_request_sent");

  it("of several parts is accepted, refused when the time or the type is another, and signed", async () => {
    const { type, body } = await multipart({ json: event(hash) });
    const headers = [["Content-Type", type]] as const;

    expect(check("dropbox-sign", headers, body)).toMatchObject({ valid: true });
    expect(check("dropbox-sign", headers, body.replace("1700000000", "1700000001")).valid).toBe(false);
    expect(check("dropbox-sign", headers, body.replace("_sent", "_signed")).valid).toBe(false);
    expect(signed("dropbox-sign", headers, body.replace(hash, "")).body).toBe(body);
    expect(detectProvider({ headers, body: Buffer.from(body) })).toMatchObject({ provider: { name: "dropbox-sign" } });
  });

  it("of the usual kind is accepted too", () => {
    const body = new URLSearchParams({ json: event(hash) }).toString();

    expect(check("dropbox-sign", [["Content-Type", FORM]], body)).toMatchObject({ valid: true });
  });
});

describe("Mailgun's older form", () => {
  const token = "0123456789".repeat(5);
  const fields = { event: "opened", timestamp: "1700000000", token, signature: hex(`1700000000${token}`) };

  it("is accepted of either kind, and told by its fields", async () => {
    const parts = await multipart(fields);
    const form = new URLSearchParams(fields).toString();

    for (const [type, body] of [
      [FORM, form],
      [parts.type, parts.body],
    ] as const) {
      const headers = [["Content-Type", type]] as const;
      expect(check("mailgun", headers, body)).toMatchObject({ valid: true, timestamp: NOW });
      expect(check("mailgun", headers, body.replace("1700000000", "1700000001")).valid).toBe(false);
      expect(check("mailgun", headers, body.replace(token, token.replace("0", "1"))).valid).toBe(false);
      expect(signed("mailgun", headers, body).body).toHaveLength(body.length);
      expect(detectProvider({ headers, body: Buffer.from(body) })).toMatchObject({ provider: { name: "mailgun" } });
    }
  });
});

const load = async (name: string) => {
  const fixture = await findFixture(name, { roots: [join(rootDir, "fixtures")], cwd: "/" });
  const bodyForm = rowOf(fixture.provider ?? "").bodyForm;
  return fromByteText(encodeBody(fixture.text, { bodyForm, contentType: undefined }).text);
};

describe("XML bodies of fixtures", () => {
  it("are a feed for WebSub, escaped where needed", async () => {
    const xml = await load("websub/video");

    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<feed xmlns:yt="[^"]+" xmlns="[^"]+">\n {2}<link rel="hub" /,
    );
    expect(xml).toContain("<title>Stra\u00dfe &amp; caf\u00e9, a &lt;short&gt; film</title>");
    expect(xml.match(/<link /g)).toHaveLength(3);
    expect(xml.endsWith("</feed>\n")).toBe(true);
  });

  it("are base64 in lines for Braintree", async () => {
    const [payload = ""] = new URLSearchParams(await load("braintree/check")).getAll("bt_payload");

    expect(payload).toMatch(/^(?:[\w+/]{60}\n)+[\w+/]+={0,2}\n$/);
    expect(Buffer.from(payload, "base64").toString()).toContain('<check type="boolean">true</check>');
  });

  it("are refused for JSON that is no element", () => {
    const bodyForm = { of: "all", as: "xml" } as const;
    const encode = (text: string) => encodeBody(text, { bodyForm, contentType: undefined }).text;

    expect(encode('{"a":{"@b":"\\"","#text":1}}')).toContain('<a b="&quot;">1</a>');
    expect(encode('{"a":{"b":[1,null],"c":{}}}')).toContain("<a>\n  <b>1</b>\n  <b></b>\n  <c/>\n</a>");
    expect(() => encode("[]")).toThrow("with one member");
    expect(() => encode('{"a":1,"b":2}')).toThrow("with one member");
    expect(() => encode('{"a b":1}')).toThrow("not the name of an XML element: a b");
    expect(() => encode('{"@a":1}')).toThrow("not the name of an XML element: @a");
  });
});
