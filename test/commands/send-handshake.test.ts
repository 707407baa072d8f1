import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";
import { openTestApp, type SeenRequest, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";

let app: TestApp;
let cwd = "";

beforeEach(async () => {
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-handshake-"));
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

function send(event: string, argv: readonly string[] = []) {
  const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db") };
  return runCli(["send", event, ...argv, "--to", `${app.port}/hook`], { cwd, env });
}

function queryOf({ path }: SeenRequest): URLSearchParams {
  return new URL(path, "http://a").searchParams;
}

describe("send of a handshake", () => {
  it("asks what Slack asks, signed, and takes the challenge as text or as JSON", async () => {
    const codes: number[] = [];
    for (const answer of ["text", "json", "neither"]) {
      app.answer = ({ body }) => {
        const { type, challenge } = JSON.parse(body.toString()) as { type: string; challenge: string };
        expect(type).toBe("url_verification");
        return {
          status: 200,
          body: answer === "text" ? challenge : answer === "json" ? JSON.stringify({ challenge }) : "ok",
        };
      };
      codes.push((await send("slack/handshake")).code);
    }

    expect(codes).toEqual([0, 0, 1]);
    expect(app.seen.every(({ header }) => header("x-slack-signature")?.startsWith("v0=") === true)).toBe(true);
  });

  it("says what is wrong with an answer", async () => {
    app.answer = () => ({ status: 200, body: "ok" });

    const slack = await send("slack/handshake");
    const zoom = await send("zoom/handshake");
    const discord = await send("asana/handshake");

    expect(slack.stdout).toContain("the app answered 200, but not with the challenge as text");
    expect(zoom.stdout).toContain("the app answered 200, but not with a JSON object");
    expect(discord.stdout).toContain("the app answered 200, but without the header X-Hook-Secret");
    expect([slack.code, zoom.code, discord.code]).toEqual([1, 1, 1]);
  });

  it("takes the CRC of X that node:crypto makes, and no other", async () => {
    const crc = (secret: string) => (request: SeenRequest) => {
      const mac = createHmac("sha256", secret)
        .update(queryOf(request).get("crc_token") ?? "")
        .digest("base64");
      return { status: 200, body: JSON.stringify({ response_token: `sha256=${mac}` }) };
    };
    app.answer = crc(SECRET);
    const right = await send("x/handshake");
    app.answer = crc("another");
    const wrong = await send("x/handshake");

    expect([right.code, wrong.code]).toEqual([0, 1]);
    expect(wrong.stdout).toContain("response_token is not the right one");
    expect(app.seen[0]?.method).toBe("GET");
  });

  it("sends Meta's own token and a wrong one, and wants the challenge for the one and a refusal for the other", async () => {
    app.answer = (request) => {
      const query = queryOf(request);
      return query.get("hub.verify_token") === "mine"
        ? { status: 200, body: query.get("hub.challenge") ?? "" }
        : { status: 403, body: "no" };
    };

    const right = await send("meta/handshake", ["--setting", "verifyToken=mine"]);
    const bad = await send("meta/handshake-bad");
    app.answer = () => ({ status: 200, body: "yes" });
    const careless = await send("meta/handshake-bad");
    const unknown = await send("meta/handshake");

    expect([right.code, bad.code, careless.code, unknown.code]).toEqual([0, 0, 1, 2]);
    expect(unknown.stderr).toContain("--setting verifyToken=");
  });

  it("takes eBay's hash of code, token and the URL that was called", async () => {
    app.answer = (request) => {
      const code = queryOf(request).get("challenge_code") ?? "";
      const hash = createHash("sha256")
        .update(`${code}token${`http://localhost:${app.port}/hook`}`)
        .digest("hex");
      return { status: 200, body: JSON.stringify({ challengeResponse: hash }) };
    };

    expect((await send("ebay/handshake", ["--setting", "verificationToken=token"])).code).toBe(0);
  });

  it("sends Xero a wrong signature, and is content with 401 alone", async () => {
    app.answer = () => ({ status: 401, body: "" });
    const refused = await send("xero/handshake-bad");
    app.answer = () => ({ status: 400, body: "" });
    const other = await send("xero/handshake-bad", ["--json"]);

    expect([refused.code, other.code]).toEqual([0, 1]);
    expect(JSON.parse(other.stdout)).toMatchObject({
      expected: "handshake",
      accepted: false,
      reason: "the app answered 400 to a wrong signature, not 401",
    });
  });

  it("knows who has none, and which there are", async () => {
    const none = await send("telegram/handshake");
    const other = await send("discord/handshake-no");

    expect([none.code, other.code]).toEqual([2, 2]);
    expect(none.stderr).toContain("Telegram has no handshake");
    expect(other.stderr).toContain("discord/handshake-bad");
  });
});
