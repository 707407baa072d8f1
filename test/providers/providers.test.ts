import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors.js";
import type { HeaderList } from "../../src/events/headers.js";
import { detectProvider, type Detected } from "../../src/providers/detect.js";
import { findProvider, providerNamed, providers } from "../../src/providers/index.js";
import { outgoingHeaders } from "../../src/providers/outgoing.js";
import type { Provider } from "../../src/providers/provider.js";
import { selectScheme } from "../../src/providers/select.js";
import { oracles, requestBy, sentBy } from "../signatures/oracles.js";

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
    for (const { name, label } of provider.schemes) expect(`${name} ${label}`).toMatch(/^[a-z0-9_-]+ [a-z0-9_-]+$/);
  });

  it.each(rows)("%s: detection knows every header that a scheme of it signs with first", (_name, provider) => {
    const known = provider.detection.signatureHeaders.map((name) => name.toLowerCase());

    for (const { signature } of provider.schemes) {
      if (signature.from !== "header" || signature.names[0] === "Authorization") continue;
      expect(known).toContain(signature.names[0].toLowerCase());
    }
  });

  it("is found by name and alias in any case", () => {
    expect(findProvider("GitHub")?.name).toBe("github");
    expect(findProvider("gh")?.name).toBe("github");
    expect(findProvider("constructor")).toBeUndefined();
  });

  it("offers the nearest names for a word that is none", () => {
    expect(hintFor("strip")).toBe("did you mean stripe? a provider of your own: docs/signatures.md");
    expect(hintFor("githbu")).toMatch(/^did you mean github/);
    expect(hintFor("gitlib")).toContain("gitlab");
    expect(hintFor("zzzzzzzz")).toBe("hookcli providers list names them; a provider of your own: docs/signatures.md");
    expect(hintFor("x".repeat(100_000))).toBe(
      "hookcli providers list names them; a provider of your own: docs/signatures.md",
    );
  });
});

/** What tells of providers whose signature header is not theirs alone. */
const TELLING: Readonly<Record<string, { readonly headers?: HeaderList; readonly body?: unknown }>> = {
  websub: { headers: [["Content-Type", "application/atom+xml"]] },
  gitlab: { headers: [["X-Gitlab-Event", "Push Hook"]] },
  bigcommerce: { body: { scope: "store/order/created", store_id: "1", producer: "stores/abc" } },
  okta: { body: { eventType: "com.okta.event_hook", data: { events: [{ eventType: "user.session.start" }] } } },
  auth0: { body: [{ log_id: "1", data: { type: "s" } }] },
  "event-grid": { headers: [["aeg-event-type", "Notification"]], body: [{ id: "1", eventType: "a.b" }] },
  bitbucket: {
    headers: [
      ["X-Hook-UUID", "1"],
      ["X-Event-Key", "repo:push"],
    ],
  },
  "bitbucket-server": { headers: [["X-Event-Key", "pr:opened"]], body: { eventKey: "pr:opened" } },
  jira: { headers: [["X-Atlassian-Webhook-Identifier", "1"]] },
  github: { headers: [["X-GitHub-Event", "push"]] },
  pubsub: { body: { message: { messageId: "1" }, subscription: "projects/p/subscriptions/s" } },
  meta: { body: { object: "page", entry: [{ id: "1" }] } },
  intercom: { body: { type: "notification_event", topic: "contact.created" } },
  "lemon-squeezy": { body: { meta: { event_name: "order_created" } } },
  "modern-treasury": { body: { event: "created", data: { object: "payment_order", live_mode: false } } },
  gocardless: { body: { events: [{ resource_type: "payments", links: {} }] } },
  "mercado-pago": { body: { action: "payment.created", data: { id: "1" } } },
  openai: { body: { object: "event", id: "evt_1", data: { id: "resp_1" } } },
  replicate: { body: { urls: { get: "https://api.replicate.com/v1/predictions/1" }, version: "1" } },
  liveblocks: { body: { type: "userEntered", data: { projectId: "1" } } },
  "dodo-payments": { body: { business_id: "1", type: "payment.succeeded", data: { payload_type: "Payment" } } },
  lithic: { body: { event_type: "card.created", token: "1" } },
  clerk: { body: { object: "event", type: "user.created", data: { object: "user" } } },
  resend: { body: { type: "email.sent", created_at: "2024-01-01T00:00:00Z", data: {} } },
  supabase: { body: { type: "INSERT", table: "users", schema: "public", record: {}, old_record: null } },
  postmark: { body: { RecordType: "Delivery", MessageID: "1" } },
  chargebee: { body: { id: "ev_1", event_type: "customer_created", webhook_status: "not_configured" } },
  livekit: { body: { event: "room_started", id: "EV_1", createdAt: "1" } },
};

/** Schemes whose requests say nothing of who sent them: the common way that they share, or nobody. */
const UNTOLD: Readonly<Record<string, readonly string[]>> = {
  "anthropic-v1": ["standard-webhooks"],
  "polar-v1": ["standard-webhooks"],
  "getstream-hmac-sha256": ["generic"],
  "datadog-token": [],
  "vonage-jwt": [],
};

/** Rows of ways to sign, which are nobody's name. */
const COMMON = new Set(["generic", "standard-webhooks", "svix", "github"]);

function namesOf(detected: Detected): string[] {
  if (detected.kind === "none") return [];
  return detected.kind === "one" ? [detected.provider.name] : detected.providers.map(({ name }) => name);
}

describe("detection", () => {
  it.each(oracles.map((oracle) => [oracle.scheme, oracle] as const))("knows who signed with %s", (_name, oracle) => {
    const { headers, body } = TELLING[oracle.provider] ?? {};
    const request = requestBy(oracle, sentBy(oracle));
    const detected = detectProvider({
      headers: [["Host", "x"], ...(headers ?? []), ...request.headers],
      body: body === undefined ? request.body : Buffer.from(JSON.stringify(body)),
    });

    expect(namesOf(detected)).toEqual(UNTOLD[oracle.scheme] ?? [oracle.provider]);
  });

  it.each(oracles.map((oracle) => [oracle.scheme, oracle] as const))(
    "never takes a request signed with %s, and with nothing else that tells, for another's",
    (_name, oracle) => {
      const { headers } = requestBy(oracle, sentBy(oracle));
      const names = namesOf(detectProvider({ headers, body: Buffer.from("{}") }));

      const isSilent = names.length === 0 || names.includes(oracle.provider);
      expect(isSilent || COMMON.has(names.join())).toBe(true);
    },
  );

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

  it("does not take Gitea, Forgejo or Gogs for GitHub, whose headers they send too", () => {
    const hub: HeaderList = [
      ["X-GitHub-Event", "push"],
      ["X-Gogs-Event", "push"],
      ["X-Hub-Signature", `sha1=${"0".repeat(40)}`],
      ["X-Hub-Signature-256", `sha256=${"0".repeat(64)}`],
      ["X-Gogs-Signature", "0".repeat(64)],
    ];
    const gitea: HeaderList = [...hub, ["X-Gitea-Event", "push"], ["X-Gitea-Signature", "0".repeat(64)]];

    expect(namesOf(detectProvider({ headers: gitea }))).toEqual(["gitea"]);
    expect(
      namesOf(detectProvider({ headers: [...gitea, ["X-Forgejo-Event", "push"], ["X-Forgejo-Signature", "0"]] })),
    ).toEqual(["forgejo"]);
    expect(
      namesOf(
        detectProvider({
          headers: [
            ["X-Gogs-Event", "push"],
            ["X-Gogs-Signature", "0"],
          ],
        }),
      ),
    ).toEqual(["gogs"]);
    expect(
      namesOf(
        detectProvider({
          headers: [
            ["X-Gitea-Event", "push"],
            ["X-Hub-Signature-256", "sha256=0"],
          ],
        }),
      ),
    ).toEqual(["gitea"]);
  });

  it.each([
    [`sha256=${"0".repeat(64)}`, ["bitbucket", "bitbucket-server", "jira", "websub"]],
    [`sha1=${"0".repeat(40)}`, ["github", "intercom", "meta", "websub"]],
  ])("leaves open who sent X-Hub-Signature: %s when nothing else tells", (value, names) => {
    expect(namesOf(detectProvider({ headers: [["X-Hub-Signature", value]] })).toSorted()).toEqual(names);
  });

  it("takes GitHub's own two headers for GitHub's", () => {
    const headers: HeaderList = [
      ["X-GitHub-Event", "push"],
      ["X-Hub-Signature", `sha1=${"0".repeat(40)}`],
      ["X-Hub-Signature-256", `sha256=${"0".repeat(64)}`],
    ];

    expect(namesOf(detectProvider({ headers }))).toEqual(["github"]);
    expect(namesOf(detectProvider({ headers: headers.slice(2) }))).toEqual(["github"]);
    expect(namesOf(detectProvider({ headers: headers.slice(0, 2) }))).toEqual(["github"]);
  });

  it("tells GoCardless from Standard Webhooks by the form of the same header", () => {
    const hex: HeaderList = [["Webhook-Signature", "0".repeat(64)]];

    expect(namesOf(detectProvider({ headers: hex }))).toEqual(["gocardless"]);
    expect(namesOf(detectProvider({ headers: [["Webhook-Signature", "v1,AAAA"]] }))).toEqual(["standard-webhooks"]);
    expect(
      namesOf(
        detectProvider({
          headers: [
            ["Webhook-Signature", "junk"],
            ["Webhook-Id", "1"],
          ],
        }),
      ),
    ).toEqual(["standard-webhooks"]);
  });

  it("names the places of the body that told", () => {
    expect(detectProvider({ headers: [], body: Buffer.from('{"RecordType":"Open","MessageID":"1"}') })).toMatchObject({
      kind: "one",
      provider: { name: "postmark" },
      evidence: "the body's RecordType, MessageID",
    });
  });

  it("is not moved by bodies of every kind", () => {
    for (const body of ["", "{", "[]", "null", "a=b&json=%7B", "json=[1]", "\u0000", "{".repeat(10_000)]) {
      expect(detectProvider({ headers: [["Host", "x"]], body: Buffer.from(body) })).toEqual({ kind: "none" });
    }
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

  it.each([
    ["repo.refs_changed", "repo:refs_changed"],
    ["pr.comment.added", "pr:comment:added"],
    ["pr:comment:added", "pr:comment:added"],
  ])("are Bitbucket's: %s has the key %s", (eventType, key) => {
    const headers = outgoingHeaders({ ...facts, provider: rowOf("bitbucket-server"), eventType });

    expect(headers).toContainEqual(["X-Event-Key", key]);
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
