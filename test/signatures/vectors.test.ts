import { describe, expect, it } from "vitest";
import { findProvider } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { vectorRequest, vectors, type Vector } from "./vectors.js";

/** The row that checks each provider's vectors, and the scheme of it, where they have other names or several fit. */
const ROWS: Readonly<Record<string, { readonly row: string; readonly scheme?: string }>> = {
  "standard-webhooks-v1a": { row: "standard-webhooks" },
  "hubspot-v1": { row: "hubspot", scheme: "v1" },
  "hubspot-v2": { row: "hubspot", scheme: "v2" },
  "adyen-banking": { row: "adyen", scheme: "platforms" },
  "plivo-v2": { row: "plivo", scheme: "v2" },
  "plivo-v1": { row: "plivo", scheme: "v1" },
};
const NOW = Date.UTC(2024, 0, 1);

function rowOf({ provider }: Vector): Provider | undefined {
  return findProvider(ROWS[provider]?.row ?? provider);
}

/** The headers in the row's own spelling, where the origin has an older one (Kontent.ai: either counts). */
function check(vector: Vector) {
  const provider = rowOf(vector);
  if (provider === undefined) throw new Error(`no row for ${vector.provider}`);
  const at = /now=(\S+)/.exec(vector.note)?.[1];
  return verifyProvider({
    provider,
    schemeName: ROWS[vector.provider]?.scheme,
    request: vectorRequest(vector),
    secrets: secretsOf(vector),
    // RFC 9421, B.2.4 is a response.
    ...(vector.provider === "rfc9421" ? { settings: { status: "200" } } : {}),
    now: at === undefined ? NOW : Date.parse(at),
    tolerance: at === undefined ? "off" : undefined,
  });
}

/** Box's primary and secondary key stand in one text; a token without an algorithm has no secret at its origin. */
function secretsOf({ provider, secret_or_key: text = "any" }: Vector): Buffer[] {
  if (provider === "rfc9421" && !text.startsWith("-----")) return [Buffer.from(`base64:${text}`)];
  return text.split(provider === "box" ? "|" : "\0").map((secret) => Buffer.from(secret));
}

describe("published vectors through the provider rows", () => {
  it("all have a row", () => {
    expect(vectors.filter((vector) => rowOf(vector) === undefined)).toEqual([]);
    expect(vectors).toHaveLength(109);
  });

  it.each(vectors.map((vector, index) => [vector.provider, vector.note || vector.source_path, index, vector] as const))(
    "%s: %s (%d)",
    (_provider, _note, _index, vector) => {
      const verdict = check(vector);

      expect(verdict).toMatchObject({ valid: vector.valid });
    },
  );
});

/*
 * Made by @contentful/node-apps-toolkit, as restated in the tests of others that verify its requests. The second has a query
 * and a header with blanks around its value.
 */
const CONTENTFUL_BODY =
  '{"sys":{"id":"5KsDBWseXY6QegucYAoacS","type":"Entry"},"fields":{"title":{"en-US":"Hello, World!"}}}';

describe("what Contentful's toolkit signed", () => {
  const checkContentful = (url: string, headers: Readonly<Record<string, string>>, body = CONTENTFUL_BODY) =>
    verifyProvider({
      provider: findProvider("contentful") as Provider,
      request: {
        method: "POST",
        url: `https://hooks.example.com${url}`,
        headers: Object.entries({ ...headers, "x-contentful-timestamp": "1767225600000" }),
        body: Buffer.from(body),
      },
      secrets: [Buffer.from("a".repeat(32) + "b".repeat(32))],
      now: 1_767_225_601_000,
    });
  const published = {
    "Content-Type": "application/vnd.contentful.management.v1+json",
    "X-Contentful-Topic": "ContentManagement.Entry.publish",
    "x-contentful-signature": "8dec81505760a10b542fbc36d3aa0a772b11f759eca7b2351daaf5bba8c7c6f1",
    "x-contentful-signed-headers": "content-type,x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic",
  };
  const path = "/trigger/SW5zdGFuY2VGbG93Q29uZmlnOjE=";

  it("is accepted, and refused with another body, topic, path, or list of headers", () => {
    expect(checkContentful(path, published).valid).toBe(true);
    expect(checkContentful(path, published, `${CONTENTFUL_BODY} `).valid).toBe(false);
    expect(checkContentful(path, { ...published, "X-Contentful-Topic": "x" }).valid).toBe(false);
    expect(checkContentful("/trigger/other", published).valid).toBe(false);
    expect(checkContentful(path, { ...published, "x-contentful-signed-headers": "x-contentful-timestamp" }).valid).toBe(
      false,
    );
  });

  it("is accepted with a query, and with blanks around a header's value", () => {
    expect(
      checkContentful("/trigger/abc?foo=bar baz&x=1", {
        "x-contentful-webhook-name": " My Hook ",
        "x-contentful-signature": "c8c83deb1a865012752f66594e6228056c826fd7227a70361b3a304e124555ec",
        "x-contentful-signed-headers": "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-webhook-name",
      }).valid,
    ).toBe(true);
  });
});
