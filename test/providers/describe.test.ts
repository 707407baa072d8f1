import { readdirSync, readFileSync } from "node:fs";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { describeEvent, type Description } from "../../src/providers/describe.js";
import { findProvider } from "../../src/providers/index.js";
import { MAX_JSON_BYTES } from "../../src/signatures/body.js";
import { dataPath, hasData } from "../helpers/data.js";

const FORM: HeaderList = [["Content-Type", "application/x-www-form-urlencoded"]];

function tell(body: unknown, headers: HeaderList = [], path = "/"): Description {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return describeEvent({ method: "POST", path, headers, body: bytes });
}

describe("a generic event", () => {
  it.each<[unknown, HeaderList, string | null]>([
    [{ type: "a", event: "b", event_type: "c" }, [["X-Event-Type", "d"]], "a"],
    [{ event: "b", event_type: "c" }, [["X-Event-Type", "d"]], "b"],
    [{ event_type: "c" }, [["X-Event-Type", "d"]], "c"],
    [
      { type: "" },
      [
        ["x-event-type", "d"],
        ["X-Webhook-Event", "e"],
      ],
      "d",
    ],
    [{ type: { deep: 1 } }, [["X-WEBHOOK-EVENT", "e"]], "e"],
    ["not json", [], null],
    [{ type: "x".repeat(513) }, [], null],
    ["\u{FEFF}" + '{"type":"with a byte order mark"}', [], "with a byte order mark"],
  ])("%j with %j is of type %j", (body, headers, type) => {
    expect(tell(body, headers)).toEqual({ provider: null, eventType: type, providerEventId: null, deliveryId: null });
  });

  it("has its id in id, else in data.id", () => {
    expect(tell({ id: "a", data: { id: "b" } }).providerEventId).toBe("a");
    expect(tell({ data: { id: 12 } }).providerEventId).toBe("12");
  });

  it("takes nothing from prototypes", () => {
    expect(tell('{"__proto__":{"type":"x"},"data":[]}')).toMatchObject({ eventType: null, providerEventId: null });
  });
});

describe("an event of a provider", () => {
  it.each<[string, unknown, HeaderList, Partial<Description>]>([
    [
      "GitHub's with an action",
      { action: "opened" },
      [
        ["X-GitHub-Event", "issues"],
        ["X-GitHub-Delivery", "g1"],
      ],
      { provider: "github", eventType: "issues.opened", deliveryId: "g1", providerEventId: null },
    ],
    [
      "GitHub's without",
      { id: 7 },
      [["X-GitHub-Event", "push"]],
      { provider: "github", eventType: "push", providerEventId: null },
    ],
    [
      "GitLab's",
      { object_kind: "push" },
      [
        ["X-Gitlab-Token", "t"],
        ["X-Gitlab-Event", "Push Hook"],
        ["X-Gitlab-Event-UUID", "u"],
        ["Idempotency-Key", "k"],
      ],
      { provider: "gitlab", eventType: "push", providerEventId: "u", deliveryId: "k" },
    ],
    [
      "Stripe's",
      { id: "evt_1", type: "invoice.paid" },
      [["Stripe-Signature", "t=1"]],
      { provider: "stripe", eventType: "invoice.paid", providerEventId: "evt_1" },
    ],
    [
      "Slack's callback",
      { type: "event_callback", event: { type: "app_mention" }, event_id: "Ev1" },
      [["X-Slack-Signature", "v0="]],
      { provider: "slack", eventType: "app_mention", providerEventId: "Ev1" },
    ],
    [
      "Slack's handshake",
      { type: "url_verification" },
      [["X-Slack-Signature", "v0="]],
      { eventType: "url_verification" },
    ],
    [
      "Slack's button",
      `payload=${encodeURIComponent('{"type":"block_actions"}')}`,
      [["X-Slack-Signature", "v0="], ...FORM],
      { eventType: "block_actions" },
    ],
    [
      "Slack's command",
      "command=%2Fw%C3%A9ather&text=",
      [["X-Slack-Signature", "v0="], ...FORM],
      { eventType: "slash_command" },
    ],
    [
      "Discord's ping",
      { type: 1, id: "9" },
      [["X-Signature-Ed25519", "00"]],
      { provider: "discord", eventType: "ping", providerEventId: "9" },
    ],
    [
      "Discord's event",
      { type: 1, event: { type: "APPLICATION_AUTHORIZED" } },
      [["X-Signature-Ed25519", "00"]],
      { eventType: "APPLICATION_AUTHORIZED" },
    ],
    [
      "Shopify's",
      {},
      [
        ["X-Shopify-Hmac-Sha256", "x"],
        ["X-Shopify-Topic", "orders/create"],
        ["X-Shopify-Event-Id", "e"],
        ["X-Shopify-Webhook-Id", "w"],
      ],
      { provider: "shopify", eventType: "orders/create", providerEventId: "e", deliveryId: "w" },
    ],
    [
      "Shopify's newer",
      {},
      [
        ["shopify-hmac-sha256", "x"],
        ["shopify-topic", "Product"],
        ["shopify-event-id", "e"],
        ["shopify-webhook-id", "w"],
      ],
      { provider: "shopify", eventType: "Product", providerEventId: "e", deliveryId: "w" },
    ],
    [
      "Twilio's",
      "MessageSid=SM1&MessageStatus=delivered",
      [["X-Twilio-Signature", "x"], ["I-Twilio-Idempotency-Token", "i"], ...FORM],
      { provider: "twilio", eventType: "message.delivered", providerEventId: null, deliveryId: "i" },
    ],
    [
      "SendGrid's",
      [{ event: "bounce", sg_event_id: "s" }],
      [["X-Twilio-Email-Event-Webhook-Signature", "x"]],
      { provider: "sendgrid", eventType: "bounce", providerEventId: "s" },
    ],
    [
      "Square's",
      { type: "payment.created", event_id: "q" },
      [["x-square-hmacsha256-signature", "x"]],
      { provider: "square", eventType: "payment.created", providerEventId: "q" },
    ],
    [
      "a Standard Webhook",
      { type: "user.joined", id: "other" },
      [
        ["webhook-signature", "v1,"],
        ["webhook-id", "m"],
      ],
      { provider: "standard-webhooks", eventType: "user.joined", providerEventId: "m", deliveryId: "m" },
    ],
    [
      "Svix's",
      { eventType: "user.joined" },
      [
        ["svix-signature", "v1,"],
        ["svix-id", "m"],
      ],
      { provider: "svix", eventType: "user.joined", deliveryId: "m" },
    ],
  ])("%s", (_name, body, headers, expected) => {
    expect(tell(body, headers)).toMatchObject(expected);
  });

  it("is told by the provider that is given, not by the headers", () => {
    const description = describeEvent(
      { method: "POST", path: "/", headers: [["X-GitHub-Event", "push"]], body: Buffer.from('{"type":"a","id":"b"}') },
      findProvider("stripe"),
    );

    expect(description).toEqual({ provider: "stripe", eventType: "a", providerEventId: "b", deliveryId: null });
  });
});

describe("hostile bodies", () => {
  const NOTHING = { provider: null, eventType: null, providerEventId: null, deliveryId: null };

  it.each<[string, Uint8Array]>([
    ["100,000 open arrays", Buffer.from("[".repeat(100_000))],
    ["100,000 nested arrays", Buffer.from("[".repeat(100_000) + "]".repeat(100_000))],
    ["500,000 nested objects", Buffer.from('{"type":'.repeat(500_000) + "1" + "}".repeat(500_000))],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["JSON over the limit", Buffer.from(`{"type":"x","pad":"${"y".repeat(MAX_JSON_BYTES)}"}`)],
    ["64 MiB of zeros", Buffer.alloc(64 * 1024 * 1024)],
  ])("%s are described as nothing, at once", (_name, body) => {
    const started = performance.now();

    expect(tell(body)).toEqual(NOTHING);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it("of 1 MiB of form fields are read at once", () => {
    const started = performance.now();

    tell("a=%&".repeat(250_000), [["X-Slack-Signature", "x"], ...FORM]);

    expect(performance.now() - started).toBeLessThan(1500);
  });

  it("never throw", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.webPath(),
        fc.array(fc.tuple(fc.constantFrom("content-type", "x-github-event", "stripe-signature", "x"), fc.string())),
        (body, path, headers) => {
          describeEvent({ method: "POST", path, headers, body });
        },
      ),
    );
    fc.assert(
      fc.property(fc.json(), (body) => {
        describeEvent({ method: "POST", path: "/", headers: [], body: Buffer.from(body) });
      }),
    );
  });

  it.skipIf(!hasData)("of JSONTestSuite never throw (skipped without the test data)", () => {
    const files = readdirSync(dataPath("jsontestsuite", "test_parsing"));
    const described = files.map((file) => tell(readFileSync(dataPath("jsontestsuite", "test_parsing", file))));

    expect(described).toHaveLength(318);
  });
});
