import { describe, expect, it } from "vitest";
import { findProvider, providers } from "../../src/providers/index.js";
import { handshakes } from "../../src/providers/handshakes.js";
import type { Provider } from "../../src/providers/provider.js";
import {
  evidenceWords,
  placesWords,
  retryMarkWords,
  retryWords,
  signatureHeadersOf,
  waitWords,
} from "../../src/providers/words.js";
import {
  algorithmWords,
  besideWords,
  schemeWords,
  secretWords,
  signatureWords,
  signedWords,
  timestampWords,
  toleranceWords,
  useWords,
} from "../../src/signatures/scheme-words.js";

function row(name: string): Provider {
  const provider = findProvider(name);
  if (provider === undefined) throw new Error(`no ${name}`);
  return provider;
}

/** Everything that is said of a row. */
function allWords(provider: Provider): string[] {
  const { schemes, eventType, eventId, deliveryId, evidence, retry, retryMark, handshake } = provider;
  return [
    ...schemes.flatMap((scheme) => [
      algorithmWords(scheme.algorithm),
      schemeWords(scheme),
      secretWords(scheme.secret),
      signatureWords(scheme),
      signedWords(scheme),
      timestampWords(scheme.timestamp),
      ...(scheme.timestamp === undefined ? [] : [toleranceWords(scheme.timestamp)]),
      ...besideWords(scheme),
    ]),
    ...[eventType, eventId, deliveryId].filter((sources) => sources.length > 0).map(placesWords),
    evidenceWords(evidence),
    ...(retry === undefined ? [] : [retryWords(retry)]),
    ...(retryMark === undefined ? [] : [retryMarkWords(retryMark)]),
    ...(handshake === undefined ? [] : [handshakes[handshake].words]),
  ];
}

describe("the words for a provider", () => {
  it.each(providers.map((provider) => [provider.name, provider] as const))("say all of %s", (_name, provider) => {
    for (const text of allWords(provider)) {
      expect(text).toMatch(/\S/);
      expect(text).not.toMatch(/undefined|\[object|NaN|null|\n/);
    }
  });

  it.each([
    ["stripe", "Stripe-Signature: t=<timestamp>,v1=<hex>", 'timestamp + "." + body'],
    ["github", "X-Hub-Signature-256: sha256=<hex>", "body"],
    ["svix", "svix-signature: v1,<base64> (or webhook-signature)", 'id of the delivery + "." + timestamp + "." + body'],
    ["slack", "X-Slack-Signature: v0=<hex>", '"v0:" + timestamp + ":" + body'],
    ["discord", "X-Signature-Ed25519: <hex>", "timestamp + body"],
    ["square", "x-square-hmacsha256-signature: <base64>", "public URL + body"],
    ["gitlab", "X-Gitlab-Token: <secret>", "nothing: the request proves only that its sender knows the secret"],
    [
      "chargebee",
      "Authorization: Basic <base64 of user:password>",
      "nothing: the request proves only that its sender knows the secret",
    ],
    ["netlify", "X-Webhook-Signature: <JWT>", 'the token, with iss = "netlify"; sha256 = SHA-256 of body in hex'],
    [
      "mercado-pago",
      "x-signature: ts=<timestamp>,v1=<hex>",
      '("id:" + query parameter data.id in lower case + ";", or nothing where it is absent) + ' +
        '("request-id:" + header x-request-id + ";", or nothing where it is absent) + "ts:" + timestamp + ";"',
    ],
  ])("say where the signature of %s stands, and what is signed", (name, signature, signed) => {
    const [scheme] = row(name).schemes;

    expect(scheme === undefined ? [] : [signatureWords(scheme), signedWords(scheme)]).toEqual([signature, signed]);
  });

  it("say how the secret is used, how old a request may be, and which scheme is for what", () => {
    const [stripe] = row("stripe").schemes;
    const [svix] = row("svix").schemes;
    const [discord] = row("discord").schemes;
    const [, sha1] = row("github").schemes;
    if (stripe?.timestamp === undefined || svix === undefined || discord === undefined || sha1 === undefined)
      throw new Error("the schemes are others");

    expect(secretWords(stripe.secret)).toBe("its text as it is");
    expect(secretWords(svix.secret)).toBe(
      "the bytes that the base64 after whsec_ means; without whsec_ the whole is base64",
    );
    expect(secretWords(discord.secret)).toBe("not shared: an Ed25519 key, public to verify, private to sign");
    expect(toleranceWords(stripe.timestamp)).toBe(
      "300 s into the past and the future; the provider's own: 300 s, into the past only",
    );
    expect(useWords(sha1)).toBe("weak, counts only when named by --scheme");
    expect(useWords(stripe)).toBe("");
  });

  it("say where a value stands, the first place first", () => {
    expect(placesWords(row("github").eventType)).toBe('header X-GitHub-Event + "." + body field action');
    expect(placesWords(row("slack").eventType)).toBe(
      "body field event.type, else body field type, else type of the JSON in form field payload, else slash_command where there is form field command",
    );
  });

  it("say how often, and after which waits", () => {
    expect(retryWords({ delaysMs: [0, 90_000, 3_600_000], retries: 3, note: "then no more" })).toBe(
      "3 times after no wait, 90 s, 1 h (then no more)",
    );
    expect(retryWords({ retries: 1, note: "at once" })).toBe("once (at once)");
    expect(retryWords({ retries: 0, note: "never" })).toBe("never");
    expect([300_000, 172_800_000, 1500].map(waitWords)).toEqual(["5 min", "2 d", "1500 ms"]);
  });

  it("name every header that carries a signature once", () => {
    expect(signatureHeadersOf(row("github"))).toEqual(["X-Hub-Signature-256", "X-Hub-Signature"]);
    expect(signatureHeadersOf(row("mailgun"))).toEqual([]);
  });
});
