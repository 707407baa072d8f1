import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, it } from "vitest";
import { diagnose, expectCause, type Diagnosis } from "../causes/diagnosis.js";
import { deliver } from "../causes/seen.js";
import { mac, send, type Signed } from "../causes/senders.js";
import { type App, startApp } from "./app.js";

const secret = "a9f2c7d1e8b34506";
const stripeSecret = "whsec_5WbXUKPKtxmqFKyDpvcK1kmbw2kVYjVx";

let app: App;
beforeAll(async () => {
  app = await startApp("wrong/express", {});
});
afterAll(() => app.close());

async function told(path: string, signed: Signed, options: readonly string[] = []): Promise<Diagnosis> {
  const seen = await deliver(signed, { port: app.port, path });
  const secrets = [signed.headers["stripe-signature"] === undefined ? secret : stripeSecret];
  return diagnose(seen, { secrets, options });
}

describe("express.json() before the check, and JSON.stringify of what it made", () => {
  it("is named for Stripe's indented events, signed by Stripe's own library", async () => {
    const payload = JSON.stringify(
      { id: "evt_1", object: "event", type: "charge.succeeded", data: { object: {} } },
      null,
      2,
    );
    const header = new Stripe("sk_test_x").webhooks.generateTestHeaderString({ payload, secret: stripeSecret });
    const signed = {
      body: Buffer.from(payload),
      headers: { "content-type": "application/json", "stripe-signature": header },
    };

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /2 spaces/, fixFor: "Express" });
  });

  it("is named where a number lost its .0", async () => {
    const signed = send.github(secret, '{"action":"created","score":1.0,"ratio":0.0,"sender":{"id":1}}');

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /number|\.0/, fixFor: "Express" });
  });

  it("is named where only some numbers had a .0", async () => {
    const signed = send.own(secret, '{"id":17,"price":5.0,"quantity":2,"total":10.0}');

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /number|\.0/, fixFor: "Express" });
  });

  it("is named where Meta's \\u escapes became characters", async () => {
    const body =
      '{"object":"page","entry":[{"id":"1","messaging":[{"message":{"text":"na\\u00efve \\u2713 caf\\u00e9"}}]}]}';
    const signed = send.own(secret, body);
    const meta = {
      ...signed,
      headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${signed.headers["x-signature"]}` },
    };

    expectCause(await told("/parsed", meta, ["--provider", "meta"]), {
      cause: "body_reserialised",
      says: /\\u/,
      fixFor: "Express",
    });
  });

  it("is named where PHP's \\/ lost its backslash", async () => {
    const body = '{"id":727,"permalink":"https:\\/\\/shop.example\\/order\\/727","note":"caf\\u00e9"}';
    const headers = {
      "content-type": "application/json",
      "x-wc-webhook-topic": "order.created",
      "x-wc-webhook-signature": mac("sha256", secret, body).toString("base64"),
    };

    expectCause(await told("/parsed", { headers, body: Buffer.from(body) }), {
      cause: "body_reserialised",
      says: /\\\//,
      fixFor: "Express",
    });
  });

  it("is named where Rails' \\u0026 became &", async () => {
    const signed = send.shopify(secret, '{"id":1,"title":"Salt \\u0026 Pepper","html":"\\u003cb\\u003e"}');

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /\\u0026/, fixFor: "Express" });
  });

  it("is named where Python wrote a blank after commas and colons", async () => {
    const signed = send.own(secret, '{"id": 1, "items": [1, 2], "name": "caf\\u00e9"}');

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /Python/, fixFor: "Express" });
  });

  it("is named where a whole number beyond 2^53 was rounded", async () => {
    const signed = send.github(secret, '{"id":1234567890123456789,"name":"a"}');

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /2\^53/, fixFor: "Express" });
  });

  it("is named where a key that is a number moved to the front", async () => {
    const signed = send.own(secret, '{"event":"update","fields":{"name":"x","7":true}}');

    expectCause(await told("/parsed", signed), { cause: "body_reserialised", says: /order/, fixFor: "Express" });
  });
});

describe("other ways in which an Express app loses the bytes", () => {
  it("names an object that was put into a text", async () => {
    const signed = send.github(secret, '{"action":"opened"}');

    expectCause(await told("/interpolated", signed), {
      cause: "body_reserialised",
      says: /\[object Object\]/,
      fixFor: "Express",
    });
  });

  it("names a Buffer that was written as JSON", async () => {
    const signed = send.github(secret, '{"action":"opened","text":"na\u00efve"}');

    expectCause(await told("/buffer-as-json", signed), {
      cause: "body_encoding",
      says: /Buffer/,
      fixFor: "Express",
    });
  });

  it("names keys that were sorted", async () => {
    const signed = send.own(secret, '{"type":"paid","id":7,"amount":100}');

    expectCause(await told("/sorted", signed), { cause: "body_reserialised", says: /order/, fixFor: "Express" });
  });

  it("names a body that express.text() read in another charset by its default", async () => {
    const signed = send.stripe(stripeSecret, '{"name":"Zo\u00eb \u2713"}');

    expectCause(await told("/latin1-text", signed), { cause: "body_encoding", says: /latin1/, fixFor: "Express" });
  });

  it("names a body that express.text() read in the charset of the content type", async () => {
    const signed = send.github(secret, '{"name":"Zo\u00eb"}', { "content-type": "text/plain; charset=windows-1252" });

    expectCause(await told("/text", signed), { cause: "body_encoding", says: /latin1|1252/, fixFor: "Express" });
  });

  it("names the byte order mark that express.text() drops", async () => {
    const signed = send.own(secret, '\ufeff{"id":1}', { "content-type": "text/plain" });

    expectCause(await told("/text", signed), { cause: "body_encoding", says: /byte order mark/, fixFor: "Express" });
  });

  it("names a character that was torn between two chunks", async () => {
    const text = '{"name":"Zo\u00eb"}';
    const signed = send.github(secret, text);
    const cut = Buffer.from(text).indexOf(0xab);
    const pieces = [signed.body.subarray(0, cut), signed.body.subarray(cut)];
    const seen = await deliver(signed, { port: app.port, path: "/concatenated", pieces });

    expectCause(await diagnose(seen, { secrets: [secret] }), {
      cause: "body_encoding",
      says: /U\+FFFD/,
      fixFor: "Express",
    });
  });

  it("names a final line end that was trimmed off", async () => {
    const signed = send.own(secret, '[{"event":"delivered"}]\r\n');

    expectCause(await told("/trimmed", signed), { cause: "body_newline", says: /CRLF/, fixFor: "Express" });
  });

  it("names a body that was not read at all", async () => {
    const signed = send.slack(secret, "token=x&command=%2Fdeploy&text=now");

    expectCause(await told("/raw-json-only", signed), {
      cause: "body_lost",
      says: /Content-Length says 34/,
      fixFor: "Express",
    });
  });

  it("names a form that was parsed and encoded again", async () => {
    const signed = send.slack(secret, "command=%2Fdeploy&text=now%20please&user_name=zo%C3%AB*");

    expectCause(await told("/form", signed), { cause: "body_form", says: /encodeURIComponent|%20/, fixFor: "Express" });
    expectCause(await told("/form-querystring", send.slack(secret, "command=%2Fdeploy&text=now+please")), {
      cause: "body_form",
      says: /URLSearchParams|browsers|\+/,
      fixFor: "Express",
    });
  });

  it("names a form that became JSON", async () => {
    const signed = send.slack(secret, "command=%2Fdeploy&text=now");

    expectCause(await told("/form-as-json", signed), { cause: "body_form", says: /form/, fixFor: "Express" });
  });

  it("names GitHub's form when only its payload is hashed", async () => {
    const body = new URLSearchParams({ payload: '{"zen":"Keep it logically awesome.","hook_id":1}' }).toString();
    const signed = send.github(secret, body, { "content-type": "application/x-www-form-urlencoded" });

    expectCause(await told("/payload", signed), { cause: "body_form", says: /payload/, fixFor: "Express" });
  });
});

describe("compression", () => {
  const text = JSON.stringify({ id: 1, text: "again and again ".repeat(20) });
  const packed = { gzip: gzipSync(text), deflate: deflateSync(text), br: brotliCompressSync(text) };

  it.each(["gzip", "deflate", "br"] as const)(
    "is named where %s was still on the body that was hashed",
    async (coding) => {
      const signed = send.own(secret, text, { "content-type": "application/json", "content-encoding": coding });

      expectCause(await told("/unread", { ...signed, body: packed[coding] }), {
        cause: "body_encoding",
        says: /compress/,
        fixFor: "Express",
      });
    },
  );

  it.each(["gzip", "deflate", "br"] as const)("is named where Express undid the %s that was signed", async (coding) => {
    const signed = send.own(secret, packed[coding], { "content-type": "application/json", "content-encoding": coding });

    expectCause(await told("/raw", signed), { cause: "body_encoding", says: /compress/, fixFor: "Express" });
  });
});
