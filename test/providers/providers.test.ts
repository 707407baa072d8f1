import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors.js";
import { detectProvider } from "../../src/providers/detect.js";
import { findProvider, providerNamed, providers } from "../../src/providers/index.js";
import { outgoingHeaders } from "../../src/providers/outgoing.js";
import type { Provider } from "../../src/providers/provider.js";
import { selectScheme } from "../../src/providers/select.js";
import { oracles, sentBy } from "../signatures/oracles.js";

const rowOf = (name: string) => findProvider(name) as Provider;
const rows = providers.map((provider) => [provider.name, provider] as const);

function hintFor(word: string): string | undefined {
  try {
    return providerNamed(word).name;
  } catch (error) {
    return error instanceof CliError ? error.hint : undefined;
  }
}

describe("the table", () => {
  it("has names, aliases and schemes that are unique", () => {
    const words = providers.flatMap(({ name, aliases }) => [name, ...aliases]);
    const schemes = providers.flatMap(({ schemes: own }) => own.map(({ name }) => name));

    expect(new Set(words).size).toBe(words.length);
    expect(new Set(schemes).size).toBe(schemes.length);
  });

  it.each(rows)("%s: is written as its users write it", (_name, provider) => {
    expect(provider.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(provider.schemes.length).toBeGreaterThan(0);
    expect(provider.schemes[0]?.weak).not.toBe(true);
    for (const { name, label } of provider.schemes) expect(`${name} ${label}`).toMatch(/^[a-z0-9-]+ [a-z0-9-]+$/);
  });

  it.each(rows)("%s: detection knows every header that a scheme of it signs with first", (_name, provider) => {
    const known = provider.detection.signatureHeaders.map((name) => name.toLowerCase());

    for (const { signature } of provider.schemes) {
      if (signature.from === "header") expect(known).toContain(signature.names[0].toLowerCase());
    }
  });

  it("is found by name and alias in any case", () => {
    expect(findProvider("GitHub")?.name).toBe("github");
    expect(findProvider("gh")?.name).toBe("github");
    expect(findProvider("constructor")).toBeUndefined();
  });

  it("offers the nearest names for a word that is none", () => {
    expect(hintFor("strip")).toBe("did you mean stripe?");
    expect(hintFor("githbu")).toMatch(/^did you mean github/);
    expect(hintFor("gitlib")).toContain("gitlab");
    expect(hintFor("zzzzzzzz")).toMatch(/^known are generic, discord, /);
    expect(hintFor("x".repeat(100_000))).toMatch(/^known are /);
  });
});

describe("detection", () => {
  it.each(oracles.map((oracle) => [oracle.scheme, oracle] as const))("knows who signed with %s", (_name, oracle) => {
    const detected = detectProvider({ headers: [["Host", "x"], ...oracle.headers(sentBy(oracle))] });

    expect(detected).toMatchObject({
      kind: "one",
      provider: { name: oracle.provider },
      evidence: oracle.signatureHeader,
    });
  });

  it("goes by other headers when nothing is signed", () => {
    expect(detectProvider({ headers: [["x-github-event", "push"]] })).toMatchObject({
      kind: "one",
      provider: { name: "github" },
    });
  });

  it("says when several have signed, and when nobody has", () => {
    expect(
      detectProvider({
        headers: [
          ["Stripe-Signature", "a"],
          ["X-Slack-Signature", "b"],
        ],
      }),
    ).toMatchObject({ kind: "several", providers: [{ name: "slack" }, { name: "stripe" }] });
    expect(detectProvider({ headers: [["Host", "x"]] })).toEqual({ kind: "none" });
  });

  it("takes a generic signature for generic only when nobody else has signed", () => {
    expect(detectProvider({ headers: [["X-Signature", "a"]] })).toMatchObject({
      kind: "one",
      provider: { name: "generic" },
    });
    expect(
      detectProvider({
        headers: [
          ["X-Signature", "a"],
          ["Stripe-Signature", "b"],
        ],
      }),
    ).toMatchObject({ kind: "one", provider: { name: "stripe" } });
  });

  it("does not take Gitea for GitHub, whose headers it sends too", () => {
    expect(
      detectProvider({
        headers: [
          ["X-Gitea-Event", "push"],
          ["X-GitHub-Event", "push"],
          ["X-Hub-Signature-256", "sha256=0"],
        ],
      }),
    ).toEqual({ kind: "none" });
  });
});

describe("the scheme of a request", () => {
  const choose = (
    name: string,
    question: { purpose?: "sign" | "verify"; url?: string; type?: string; secrets?: string[]; scheme?: string } = {},
  ) =>
    selectScheme({
      provider: rowOf(name),
      name: question.scheme,
      purpose: question.purpose ?? "verify",
      request: {
        headers: question.type === undefined ? [] : [["Content-Type", question.type]],
        body: Buffer.alloc(0),
        ...(question.url === undefined ? {} : { url: question.url }),
      },
      secrets: (question.secrets ?? []).map((secret) => Buffer.from(secret)),
      keys: [],
    }).name;

  it("of Twilio is told by the query when verifying, by the content type when signing", () => {
    expect(choose("twilio", { url: "https://a.b/?bodySHA256=00" })).toBe("twilio-json");
    expect(choose("twilio", { url: "https://a.b/" })).toBe("twilio-form");
    expect(choose("twilio", { purpose: "sign", type: "Application/JSON; charset=utf-8" })).toBe("twilio-json");
    expect(choose("twilio", { purpose: "sign", type: "application/x-www-form-urlencoded" })).toBe("twilio-form");
    expect(choose("twilio", { purpose: "sign" })).toBe("twilio-form");
  });

  it("of Standard Webhooks is told by the secret", () => {
    expect(choose("standard-webhooks", { secrets: ["whsec_AAAA"] })).toBe("standard-webhooks-v1");
    expect(choose("standard-webhooks", { secrets: ["whpk_AAAA"] })).toBe("standard-webhooks-v1a");
    expect(choose("standard-webhooks")).toBe("standard-webhooks-v1");
    expect(choose("standard-webhooks", { scheme: "v1a", secrets: ["whsec_AAAA"] })).toBe("standard-webhooks-v1a");
  });

  it("of a provider that signs nothing does not exist", () => {
    const provider = { ...rowOf("generic"), schemes: [], title: "Silent" };

    expect(() =>
      selectScheme({
        provider,
        purpose: "verify",
        request: { headers: [], body: Buffer.alloc(0) },
        secrets: [],
        keys: [],
      }),
    ).toThrow("Silent does not sign its events");
  });
});

describe("outgoing headers", () => {
  const facts = { eventId: "e1", deliveryId: "d1", now: Date.UTC(2024, 0, 2), body: Buffer.from("{}") };

  it("are GitHub's with the event before the dot", () => {
    expect(outgoingHeaders({ ...facts, provider: rowOf("github"), eventType: "issues.opened" })).toEqual([
      ["Content-Type", "application/json"],
      ["User-Agent", "GitHub-Hookshot/hookcli"],
      ["X-GitHub-Delivery", "d1"],
      ["X-GitHub-Event", "issues"],
    ]);
  });

  it("are GitLab's with the event's name in words, left out when it has none", () => {
    expect(outgoingHeaders({ ...facts, provider: rowOf("gitlab"), eventType: "merge_request" })).toContainEqual([
      "X-Gitlab-Event",
      "Merge Request Hook",
    ]);
    expect(
      outgoingHeaders({ ...facts, provider: rowOf("gitlab"), eventType: "constructor" }).map(([name]) => name),
    ).not.toContain("X-Gitlab-Event");
  });

  it.each([
    ["orders.create", "orders/create"],
    ["orders/create", "orders/create"],
    ["app", "app"],
  ])("are Shopify's: %s is the topic %s", (eventType, topic) => {
    const headers = outgoingHeaders({ ...facts, provider: rowOf("shopify"), eventType });

    expect(headers).toContainEqual(["X-Shopify-Topic", topic]);
    expect(headers).toContainEqual(["X-Shopify-Triggered-At", "2024-01-02T00:00:00.000Z"]);
  });

  it("have the content type that the body has, or the one given", () => {
    const typeOf = (body: string, contentType?: string) =>
      outgoingHeaders({
        ...facts,
        provider: rowOf("twilio"),
        eventType: undefined,
        body: Buffer.from(body),
        contentType,
      })[0]?.[1];

    expect(typeOf("a=b")).toBe("application/x-www-form-urlencoded; charset=UTF-8");
    expect(typeOf(' \n{"a":1}')).toBe("application/json");
    expect(typeOf("a=b", "text/plain")).toBe("text/plain");
  });

  it("leave out what is not known", () => {
    const headers = outgoingHeaders({ provider: rowOf("github"), eventType: undefined, now: 0, body: facts.body });

    expect(headers.map(([name]) => name)).toEqual(["Content-Type", "User-Agent"]);
  });
});
