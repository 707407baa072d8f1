import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider, providers } from "../../src/providers/index.js";
import { compileProvider } from "../../src/providers/own/compile.js";
import { RETRY_HEADERS } from "../../src/providers/retry-headers.js";
import { retryOf } from "../../src/providers/retry-mark.js";
import { rootDir } from "../helpers/data.js";

/** A request with headers, and a body that is JSON. */
function request(headers: HeaderList, body: unknown = {}) {
  return { method: "POST", path: "/", headers, body: Buffer.from(JSON.stringify(body)) };
}

/** What a provider sends at first, and at its second retry: as its documents have it. */
const MARKS: readonly (readonly [provider: string, first: Sent, retry: Sent])[] = [
  [
    "slack",
    {},
    {
      headers: [
        ["X-Slack-Retry-Num", "2"],
        ["X-Slack-Retry-Reason", "http_timeout"],
      ],
      reason: "http_timeout",
    },
  ],
  [
    "square",
    {},
    {
      headers: [
        ["square-retry-number", "2"],
        ["square-retry-reason", "http_error"],
      ],
      reason: "http_error",
    },
  ],
  ["jira", {}, { headers: [["x-atlassian-webhook-retry", "2"]] }],
  ["notion", { body: { attempt_number: 1 } }, { body: { attempt_number: 3 } }],
  ["hookdeck", { headers: [["X-Hookdeck-Attempt-Count", "1"]] }, { headers: [["X-Hookdeck-Attempt-Count", "3"]] }],
  [
    "twitch",
    { headers: [["Twitch-Eventsub-Message-Retry", "0"]] },
    { headers: [["Twitch-Eventsub-Message-Retry", "2"]] },
  ],
  ["getstream", { headers: [["X-Webhook-Attempt", "1"]] }, { headers: [["X-Webhook-Attempt", "3"]] }],
  ["intercom", { body: { delivery_attempts: 1 } }, { body: { delivery_attempts: 3 } }],
  ["hubspot", { body: [{ attemptNumber: 0 }] }, { body: [{ attemptNumber: 2 }, { attemptNumber: 2 }] }],
  ["telnyx", { body: { meta: { attempt: 1 } } }, { body: { meta: { attempt: 3 } } }],
  ["coinbase-commerce", { body: { attempt_number: 1 } }, { body: { attempt_number: 3 } }],
  ["docusign", { body: { retryCount: 0 } }, { body: { retryCount: 2 } }],
  ["qstash", { headers: [["Upstash-Retried", "0"]] }, { headers: [["Upstash-Retried", "2"]] }],
  ["inngest", { body: { ctx: { attempt: 0 } } }, { body: { ctx: { attempt: 2 } } }],
  ["pubsub", { body: { message: {}, deliveryAttempt: 1 } }, { body: { message: {}, deliveryAttempt: 3 } }],
  [
    "ebay",
    { body: { notification: { publishAttemptCount: 1 } } },
    { body: { notification: { publishAttemptCount: 3 } } },
  ],
  ["event-grid", { headers: [["aeg-delivery-count", "0"]] }, { headers: [["aeg-delivery-count", "2"]] }],
  ["bitbucket", { headers: [["X-Attempt-Number", "1"]] }, { headers: [["X-Attempt-Number", "3"]] }],
  [
    "plain",
    { body: { webhookMetadata: { webhookDeliveryAttemptNumber: 1 } } },
    { body: { webhookMetadata: { webhookDeliveryAttemptNumber: "3" } } },
  ],
];

interface Sent {
  readonly headers?: HeaderList;
  readonly body?: unknown;
  /** What is read out of it. */
  readonly reason?: string;
}

const asked = ({ headers = [], body }: Sent) => request(headers, body);

describe("the mark of a retry", () => {
  it.each(MARKS)("of %s tells its second retry from a first delivery", (name, first, retry) => {
    const provider = findProvider(name);
    const { reason } = retry;

    expect(retryOf(asked(first), provider)).toBeUndefined();
    expect(retryOf(request([]), provider)).toBeUndefined();
    expect(retryOf(asked(retry), provider)).toEqual({ number: 2, ...(reason === undefined ? {} : { reason }) });
  });

  it("is tried here for each row that has one", () => {
    const marked = providers.filter(({ retryMark }) => retryMark !== undefined).map(({ name }) => name);

    expect(MARKS.map(([name]) => name).toSorted()).toEqual(marked.toSorted());
  });

  it("is not in what hookcli sends for a provider: its headers and its fixtures are first deliveries", () => {
    let looked = 0;
    for (const provider of providers.filter(({ retryMark }) => retryMark !== undefined)) {
      const headers = provider.outgoing.map(({ name, value }) => [name, "text" in value ? value.text : "1"] as const);
      expect(retryOf(request(headers), provider)).toBeUndefined();
      const folder = join(rootDir, "fixtures", provider.name);
      for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
        const body = readFileSync(join(folder, file));
        expect([file, retryOf({ ...request([]), body }, provider)]).toEqual([file, undefined]);
        looked += 1;
      }
    }
    expect(looked).toBeGreaterThan(MARKS.length);
  });

  it("stands in a header whose name alone shows that it may", () => {
    const marks = providers.map(({ retryMark }) => retryMark?.at);

    for (const at of marks) if (at?.in === "header") expect(at.name).toMatch(RETRY_HEADERS);
    expect("hookcli-attempt").toMatch(RETRY_HEADERS);
  });

  it("is hookcli's own where one hookcli feeds another, whoever the provider is", () => {
    const again: HeaderList = [["hookcli-attempt", "3"]];

    expect(retryOf(request(again), undefined)).toEqual({ number: 2 });
    expect(retryOf(request(again), findProvider("stripe"))).toEqual({ number: 2 });
    expect(retryOf(request([...again, ["X-Slack-Retry-Num", "1"]]), findProvider("slack"))).toEqual({ number: 1 });
    expect(retryOf(request([["hookcli-attempt", "1"]]), undefined)).toBeUndefined();
  });

  it("is nothing where its number is none, and its reason is short and no secret", () => {
    const slack = findProvider("slack");
    const reasonOf = (reason: string) =>
      retryOf(
        request([
          ["X-Slack-Retry-Num", " 1 "],
          ["X-Slack-Retry-Reason", reason],
        ]),
        slack,
      )?.reason;

    for (const number of ["", "-1", "1.5", "1e3", "one", "0x2", "9".repeat(9)])
      expect(retryOf(request([["X-Slack-Retry-Num", number]]), slack)).toBeUndefined();
    expect(reasonOf("")).toBeUndefined();
    expect(reasonOf("x".repeat(300))).toHaveLength(64);
    expect(reasonOf("whsec_abc")).toBe("***");
  });

  it("never throws, whatever the body", () => {
    const rows = providers.filter(({ retryMark }) => retryMark !== undefined);

    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(...rows), (body, row) => {
        const note = retryOf({ ...request([]), body }, row);
        expect(note === undefined || note.number > 0).toBe(true);
      }),
    );
  });

  it("may be named by a provider of one's own", () => {
    const mine = compileProvider("mine", {
      header: "X-Mine-Signature",
      retryMark: { at: "body:delivery.try", counts: "attempts", reason: "header:X-Mine-Why" },
    });

    expect(retryOf(request([["X-Mine-Why", "late"]], { delivery: { try: 2 } }), mine)).toEqual({
      number: 1,
      reason: "late",
    });
    expect(() => compileProvider("mine", { header: "X-S", retryMark: { at: "body:try", counts: "tries" } })).toThrow(
      "retryMark.counts",
    );
  });
});
