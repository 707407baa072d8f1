import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { providers } from "../../src/providers/index.js";
import { retryOf } from "../../src/providers/retry-mark.js";
import { rootDir } from "../helpers/data.js";
import { runCli } from "../helpers/run.js";
import { hmac, openTestApp, type SeenRequest, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

let app: TestApp;
let cwd = "";
let now = NOW;

beforeEach(async () => {
  now = NOW;
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-send-marks-"));
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

/** Sends to an app that answers with these, one after the other, each a minute after the one before. */
async function sendThrough(statuses: (number | undefined)[], argv: readonly string[]): Promise<readonly SeenRequest[]> {
  app.answer = () => {
    now += 60_000;
    const next = statuses.length === 0 ? 200 : statuses.shift();
    return next === undefined ? undefined : { status: next };
  };
  const delays = ["--retry-delays", "1ms", "--retry", String(statuses.length)];
  const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db") };
  const all = ["send", ...argv, ...delays, "--to", `${app.port}/webhook`];
  const { code, stderr } = await runCli(all, { cwd, env, now: () => now });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return app.seen;
}

const values = (seen: readonly SeenRequest[], name: string) =>
  seen.map(({ headers }) => headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value));

describe("send --retry marks a retry as its provider does", () => {
  it("in headers that the first delivery does not have, with the reason, and signs with the time of the attempt", async () => {
    const seen = await sendThrough([503, undefined], ["slack/message", "--timeout", "80ms"]);

    expect(values(seen, "x-slack-retry-num")).toEqual([[], ["1"], ["2"]]);
    expect(values(seen, "x-slack-retry-reason")).toEqual([[], ["http_error"], ["http_timeout"]]);
    for (const { header, body } of seen) {
      const content = `v0:${header("x-slack-request-timestamp")}:`;
      expect(header("x-slack-signature")).toBe(`v0=${hmac(SECRET, [content, body])}`);
    }
    expect(new Set(seen.map(({ header }) => header("x-slack-request-timestamp"))).size).toBe(3);
  });

  it("in a header that the first delivery has too, in its place", async () => {
    const seen = await sendThrough([500, 500], ["bitbucket/repo.push"]);

    expect(values(seen, "x-attempt-number")).toEqual([["1"], ["2"], ["3"]]);
    const names = seen.map(({ headers }) => headers.map(([name]) => name).filter((name) => name !== "hookcli-attempt"));
    expect(names[2]).toEqual(names[0]);
  });

  it("in a header beside a signature of id, time and body", async () => {
    const seen = await sendThrough([500, 500], ["twitch/channel.follow"]);

    expect(values(seen, "twitch-eventsub-message-retry")).toEqual([[], ["1"], ["2"]]);
    for (const { header, body } of seen) {
      const content = `${header("twitch-eventsub-message-id")}${header("twitch-eventsub-message-timestamp")}`;
      expect(header("twitch-eventsub-message-signature")).toBe(`sha256=${hmac(SECRET, [content, body])}`);
    }
  });

  it("in a field of the body, of which nothing else changes, and signs that body", async () => {
    const seen = await sendThrough([500, 500], ["notion/page.created"]);

    const bodies = seen.map(({ body }) => body.toString());
    expect(bodies.map((text) => /"attempt_number":\s*(\d+)/.exec(text)?.[1])).toEqual(["1", "2", "3"]);
    expect(new Set(bodies.map((text) => text.replace(/("attempt_number":\s*)\d+/, "$1"))).size).toBe(1);
    for (const { header, body } of seen) expect(header("x-notion-signature")).toBe(`sha256=${hmac(SECRET, [body])}`);
  });

  it("in a header that is signed itself", async () => {
    const mine = {
      header: "X-Mine-Signature",
      content: "{timestamp}.{header:X-Mine-Attempt}.{body}",
      timestamp: "header:X-Mine-Time",
      headers: { "X-Mine-Attempt": "1" },
      retryMark: { at: "header:X-Mine-Attempt", counts: "attempts" },
    };
    writeFileSync(join(cwd, "hookcli.config.json"), JSON.stringify({ providers: { mine } }));

    const seen = await sendThrough([500, 500], ["--data", '{"id":1}', "--provider", "mine"]);

    expect(values(seen, "x-mine-attempt")).toEqual([["1"], ["2"], ["3"]]);
    for (const { header, body } of seen) {
      const content = `${header("x-mine-time")}.${header("x-mine-attempt")}.`;
      expect(header("x-mine-signature")).toBe(hmac(SECRET, [content, body]));
    }
  });

  it("and leaves out of the body what the first delivery does not have, and any body that is no JSON", async () => {
    const seen = await sendThrough([500], ["--data", '{"id":"x"}', "--provider", "notion"]);
    await sendThrough([500], ["--data", "no JSON", "--provider", "notion"]);

    expect(seen.map(({ body }) => body.toString())).toEqual(['{"id":"x"}', '{"id":"x"}', "no JSON", "no JSON"]);
  });

  it("but with a header of the command line that stays as it is", async () => {
    const seen = await sendThrough([500], ["slack/message", "-H", "X-Slack-Retry-Num: 7"]);

    expect(values(seen, "x-slack-retry-num")).toEqual([["7"], ["7"]]);
  });

  it("and counts the retries of each copy of --duplicate by themselves", async () => {
    const seen = await sendThrough([500, 200, 500], ["slack/message", "--duplicate", "2"]);

    expect(values(seen, "x-slack-retry-num")).toEqual([[], ["1"], [], ["1"]]);
  });

  it("for every provider that has a mark and whose test events can show it", async () => {
    const marked = providers.filter(({ retryMark }) => retryMark !== undefined);
    const unmarked: string[] = [];
    for (const provider of marked) {
      app.seen.length = 0;
      const [file = ""] = readdirSync(join(rootDir, "fixtures", provider.name)).filter((name) =>
        name.endsWith(".json"),
      );
      const [first, retry] = await sendThrough(
        [500],
        [`${provider.name}/${file.replace(/\.json$/, "")}`, "--unsigned", "--expect", "2xx"],
      );
      if (first === undefined || retry === undefined) throw new Error(`${provider.name} was not sent twice`);
      const ofProvider = ({ headers, ...rest }: SeenRequest) => ({
        ...rest,
        headers: headers.filter(([name]) => name !== "hookcli-attempt"),
      });
      expect(retryOf(ofProvider(first), provider)).toBeUndefined();
      const told = retryOf(ofProvider(retry), provider);
      if (told === undefined) unmarked.push(provider.name);
      else expect([provider.name, told.number]).toEqual([provider.name, 1]);
    }

    expect(unmarked).toEqual(["pubsub"]);
  });
});
