import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineProvider, sign, verify } from "../../src/index.js";
import { rootDir } from "../helpers/data.js";
import { createSandbox, startListen } from "../helpers/program.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { openTestApp } from "../helpers/verifying-app.js";

const NOW = 1_700_000_000_000;
const SECRET = "s3cret";
const BODY = '{"id":"evt_1","total":12}';

const MINE = {
  title: "My shop",
  header: "X-Mine-Signature",
  format: "t={timestamp},v1={signature}",
  content: "{timestamp}.{header:X-Mine-Event}.{body}",
  tolerance: "10m",
  eventType: "header:X-Mine-Event",
  eventId: "body:id",
};

/** The header that the service would send, written out. */
function signature(body: string, { time = NOW / 1000, event = "order.created" } = {}): string {
  const mac = createHmac("sha256", SECRET).update(`${time}.${event}.${body}`).digest("hex");
  return `t=${time},v1=${mac}`;
}

function rawRequest(headers: Readonly<Record<string, string>>, body = BODY): string {
  const lines = Object.entries({ Host: "localhost", "Content-Length": String(body.length), ...headers });
  return `POST /hook HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hookcli-own-"));
  writeConfig({ providers: { mine: MINE } });
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function writeConfig(config: unknown): void {
  writeFileSync(join(cwd, "hookcli.config.json"), typeof config === "string" ? config : JSON.stringify(config));
}

function hookcli(argv: readonly string[], options: RunOptions = {}) {
  const env = { MINE_WEBHOOK_SECRET: SECRET, HOOKCLI_DB: join(cwd, "store", "events.db"), ...options.env };
  return runCli(argv, { cwd, now: NOW, ...options, env });
}

describe("a provider that the config defines", () => {
  it("is told by its header, and verified", async () => {
    const stdin = rawRequest({ "X-Mine-Event": "order.created", "X-Mine-Signature": signature(BODY) });

    const { code, stdout } = await hookcli(["verify", "--request", "-"], { stdin });

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("valid: mine hmac-sha256 (found by X-Mine-Signature)") as string,
    });
  });

  it.each([
    [599, 0],
    [601, 1],
  ])("has a tolerance of its own: %i s are %i", async (ageSeconds, expected) => {
    const stdin = rawRequest({
      "X-Mine-Event": "order.created",
      "X-Mine-Signature": signature(BODY, { time: NOW / 1000 - ageSeconds }),
    });

    const { code, stdout } = await hookcli(["verify", "--request", "-"], { stdin });

    expect(code).toBe(expected);
    if (expected === 1) expect(stdout).toContain("timestamp_too_old");
  });

  it("gives way to --tolerance", async () => {
    const time = NOW / 1000 - 590;
    const stdin = rawRequest({ "X-Mine-Event": "order.created", "X-Mine-Signature": signature(BODY, { time }) });

    expect((await hookcli(["verify", "--request", "-", "--tolerance", "1m"], { stdin })).code).toBe(1);
  });

  it("is explained: a body that was changed is invalid, with a reason", async () => {
    const stdin = rawRequest(
      { "X-Mine-Event": "order.created", "X-Mine-Signature": signature(BODY) },
      BODY.replace(":12", ": 12"),
    );

    const { code, stdout } = await hookcli(["verify", "--request", "-"], { stdin });

    expect(code).toBe(1);
    expect(stdout).toContain("signature_mismatch");
  });

  it("signs what is given, by name and by the name of its scheme", async () => {
    const request = rawRequest({ "X-Mine-Event": "order.created" });

    for (const by of [
      ["--provider", "mine"],
      ["--scheme", "mine-hmac-sha256"],
    ]) {
      const { stdout } = await hookcli(["sign", ...by, "--request", "-"], { stdin: request });
      expect(stdout).toContain(`X-Mine-Signature: ${signature(BODY)}`);
    }
  });

  it("sends its fixtures, which validate, to an app that checks them", async () => {
    mkdirSync(join(cwd, "fixtures", "mine"), { recursive: true });
    writeFileSync(join(cwd, "fixtures", "mine", "order.created.json"), `${BODY}\n`);
    const app = await openTestApp();
    const checked = await hookcli(["fixtures", "validate"]);

    const { code } = await hookcli(["send", "mine/order.created", "--to", String(app.port)]);
    await app.close();
    const listed = await hookcli(["events", "list", "--provider", "mine", "--json"]);

    expect([checked.code, code]).toEqual([0, 0]);
    expect(app.seen[0]?.header("x-mine-event")).toBe("order.created");
    expect(app.seen[0]?.header("x-mine-signature")).toBe(signature(app.seen[0]?.body.toString() ?? ""));
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        provider: "mine",
        eventType: "order.created",
        providerEventId: "evt_1",
        signature: { status: "valid", provider: "mine" },
      },
    ]);
  });

  it.each([["mine/order.created"], ["order.made", "--provider", "mine"]])(
    "without fixtures says how an event is sent without one: %s",
    async (reference, ...more) => {
      const { code, stderr } = await hookcli(["send", reference, ...more, "--to", "5000"]);

      expect(code).toBe(2);
      expect(stderr).toContain(`there is no fixture ${reference}`);
      expect(stderr).toContain(`hookcli send --provider mine --type ${reference.replace("mine/", "")} --data '{...}'`);
    },
  );

  it("is signed anew by a replay of an event that has grown old", async () => {
    const app = await openTestApp();
    await hookcli(["send", "--data", BODY, "--provider", "mine", "--type", "order.created", "--to", String(app.port)]);

    await hookcli(["replay", "last", "--to", String(app.port)], { now: NOW + 3_600_000 });
    await app.close();

    expect(app.seen[1]?.header("x-mine-signature")).toBe(signature(BODY, { time: NOW / 1000 + 3_600 }));
  });

  it("stands first in the list, marked as the user's, and has a page", async () => {
    const list = await hookcli(["providers", "list"]);
    const page = await hookcli(["providers", "show", "mine"]);

    expect(list.stdout.split("\n")[1]).toMatch(/^mine .*yours/);
    expect(page.stdout).toContain('timestamp + "." + header X-Mine-Event + "." + body');
    expect(page.stdout).toContain("600 s into the past and the future, as defined");
    expect(page.stdout).toContain("MINE_WEBHOOK_SECRET");
    expect(page.stdout).toContain("yours: defined in your config");
  });

  it("is shown by config, completed, and named where a name is mistyped", async () => {
    expect((await hookcli(["config", "get", "providers.mine"])).stdout).toBe(`${JSON.stringify(MINE)}\n`);
    expect((await hookcli(["config", "list"])).stdout).toMatch(
      /^providers\.mine {2,}\{.*\.\.\. .*hookcli\.config\.json:1$/m,
    );
    expect((await hookcli(["completion", "--at=min", "--word=verify", "--word=--provider"])).stdout).toContain("mine");
    expect((await hookcli(["completion", "--at=mine", "--word=sign", "--word=--scheme"])).stdout).toContain(
      "mine-hmac-sha256",
    );
    expect((await hookcli(["sign", "--provider", "mien", "--body", "-"], { stdin: BODY })).stderr).toContain(
      "did you mean mine",
    );
  });

  it("may be the provider of the project, and of a profile alone", async () => {
    writeConfig({ profiles: { staging: { providers: { mine: { header: "X-Staging" } }, provider: "mine" } } });

    const { stdout } = await hookcli(["sign", "--profile", "staging", "--body", "-"], { stdin: BODY });
    const without = await hookcli(["sign", "--provider", "mine", "--body", "-"], { stdin: BODY });

    expect(stdout).toContain(`X-Staging: ${createHmac("sha256", SECRET).update(BODY).digest("hex")}`);
    expect(without.stderr).toContain("unknown provider: mine");
  });

  it("is defined by the project before the user's own file, which may have its secret", async () => {
    const home = join(cwd, "home");
    mkdirSync(join(home, "hookcli"), { recursive: true });
    writeFileSync(
      join(home, "hookcli", "config.json"),
      JSON.stringify({ providers: { mine: { header: "X-User" } }, secrets: { mine: "from the file", other: "x" } }),
    );
    const env = { XDG_CONFIG_HOME: home };

    const { stdout } = await runCli(["sign", "--provider", "mine", "--request", "-"], {
      cwd,
      now: NOW,
      env,
      stdin: rawRequest({ "X-Mine-Event": "a" }),
    });

    const mac = createHmac("sha256", "from the file")
      .update(`${NOW / 1000}.a.${BODY}`)
      .digest("hex");
    expect(stdout).toContain(`X-Mine-Signature: t=${NOW / 1000},v1=${mac}`);
  });

  it("keeps a token that its header carries out of what is shown", async () => {
    writeConfig({ providers: { mine: { header: "X-Mine-Pass", algorithm: "token" } } });
    const app = await openTestApp();
    await hookcli(["send", "--data", BODY, "--provider", "mine", "--to", String(app.port)]);
    await app.close();

    const shown = await hookcli(["events", "show", "last"]);
    const exported = await hookcli(["events", "export", "--as", "curl"]);

    expect(app.seen[0]?.header("x-mine-pass")).toBe(SECRET);
    expect(shown.stdout).toMatch(/X-Mine-Pass: \*\*\*/i);
    expect(shown.stdout + exported.stdout).not.toContain(SECRET);
  });

  it.each([
    [
      '{\n "providers": {\n  "mine": {\n   "header": "X-S",\n   "content": "{bdoy}"\n  }\n }\n}',
      ":5: providers.mine.content: unknown part {bdoy}",
    ],
    [
      '{ "providers": { "mine": { "header": "X-S",\n "content": [\n{ "part": "hedder" }] } } }',
      ":3: providers.mine.content.0.part: expected one of",
    ],
    [
      '{\n "providers": {\n "stripe": { "header": "X-S" } } }',
      ":3: providers.stripe: stripe is a provider that hookcli knows",
    ],
    ['{ "profiles": { "a": {\n "providers": { "mine": {} } } } }', ":2: profiles.a.providers.mine: header is missing"],
    ['{ "providers": { "mine": 5 } }', ":1: providers.mine: expected the definition of a provider, found 5"],
  ])("that is wrong is an error with its line and path: %j", async (config, message) => {
    writeConfig(config);

    const { code, stderr } = await hookcli(["providers", "list"]);

    expect(code).toBe(2);
    expect(stderr).toContain(`hookcli.config.json${message}`);
  });
});

describe("the header of a provider of one's own", () => {
  const detected = async (providers: object, headers: Readonly<Record<string, string>>, body = BODY) => {
    writeConfig({ providers });
    const stdin = rawRequest(headers, body);
    const { stdout, stderr } = await hookcli(["verify", "--request", "-", "--secret", "literal:x", "--json"], {
      stdin,
    });
    return stderr.includes("fits several providers")
      ? "several"
      : (JSON.parse(stdout) as { provider: string }).provider;
  };
  const mine = { header: "X-Mine-Signature" };

  it.each<[string, object, Readonly<Record<string, string>>, string]>([
    [
      "is its own beside a built-in one's",
      { mine },
      { "X-Mine-Signature": "a", "Stripe-Signature": "t=1,v1=a" },
      "mine",
    ],
    ["leaves a built-in one's alone", { mine }, { "Stripe-Signature": "t=1,v1=a" }, "stripe"],
    [
      "is its own where the built-in one is told by nothing else",
      { mine: { header: "X-Hub-Signature-256" } },
      { "X-Hub-Signature-256": "sha256=a" },
      "mine",
    ],
    [
      "is the built-in one's where another header tells it",
      { mine: { header: "X-Hub-Signature-256" } },
      { "X-Hub-Signature-256": "sha256=a", "X-GitHub-Event": "push" },
      "github",
    ],
    ["goes before the generic one", { mine: { header: "X-Signature" } }, { "X-Signature": "a" }, "mine"],
    ["is an error where two of them have it", { mine, yours: mine }, { "X-Mine-Signature": "a" }, "several"],
    [
      "is that one's of two which another header tells",
      { mine, yours: { ...mine, detection: { otherHeaders: ["X-Yours"] } } },
      { "X-Mine-Signature": "a", "X-Yours": "1" },
      "yours",
    ],
    [
      "is an error where the built-in one and it are told by more",
      { mine: { header: "X-Hub-Signature-256", detection: { otherHeaders: ["X-Mine"] } } },
      { "X-Hub-Signature-256": "a", "X-GitHub-Event": "push", "X-Mine": "1" },
      "several",
    ],
  ])("%s", async (_what, providers, headers, expected) => {
    expect(await detected(providers, headers)).toBe(expected);
  });
});

describe("listen", () => {
  it("tells, checks and gates what a provider of one's own sends", async () => {
    const sandbox = createSandbox();
    const app = await openTestApp();
    const config = join(sandbox.folder, "hookcli.config.json");
    writeFileSync(config, JSON.stringify({ providers: { mine: MINE }, requireSignature: true }));
    const listen = await startListen([String(app.port), "--no-tunnel"], {
      sandbox,
      env: { MINE_WEBHOOK_SECRET: SECRET },
    });
    const time = Math.floor(Date.now() / 1000);
    const post = (body: string) =>
      fetch(`${listen.localUrl}/hook`, {
        method: "POST",
        body,
        headers: { "X-Mine-Event": "order.created", "X-Mine-Signature": signature(BODY, { time }) },
      });

    const [good, bad] = [await post(BODY), await post(`${BODY} `)];
    await listen.waitForCount("event", 2);
    const events = listen.messages.filter(({ type }) => type === "event").map((message) => message["event"]);
    await listen.stop("SIGKILL");
    await app.close();
    sandbox.remove();

    expect([good.status, bad.status, app.seen.length]).toEqual([200, 401, 1]);
    expect(events).toMatchObject([
      { provider: "mine", eventType: "order.created", signature: { status: "valid" } },
      { provider: "mine", state: "refused", signature: { status: "invalid", reason: "signature_mismatch" } },
    ]);
  });
});

describe("the library", () => {
  it("takes a definition as the config does", () => {
    const mine = defineProvider("mine", MINE);
    const request = { headers: [["X-Mine-Event", "order.created"]] as const, body: BODY, secret: SECRET, now: NOW };

    const { headers } = sign({ ...request, provider: mine });

    expect(headers).toEqual([["X-Mine-Signature", signature(BODY)]]);
    expect(verify({ ...request, provider: mine, headers: [...request.headers, ...headers] })).toMatchObject({
      valid: true,
    });
    expect(() => defineProvider("mine", { header: "X-S", content: "{bdoy}" })).toThrow("content: unknown part {bdoy}");
  });
});

describe("the page on signatures", () => {
  it("has an example that does what it says", async () => {
    const page = readFileSync(join(rootDir, "docs/signatures.md"), "utf8");
    const section = page.slice(page.indexOf("## Your own scheme"), page.indexOf("## To add a provider"));
    writeConfig(/```json\n(.*?)```/s.exec(section)?.[1] ?? "");
    writeFileSync(join(cwd, "body.json"), BODY);
    const app = await openTestApp();
    const lines = [...section.matchAll(/^hookcli (.*)$/gm)].map(([, line = ""]) => line.replaceAll("'", ""));

    expect(lines.length).toBe(3);
    for (const line of lines) {
      const argv = line.replace("--to 5000", `--to ${app.port}`).split(" ");
      expect((await hookcli(argv, { env: { S: SECRET } })).code).toBe(0);
    }
    await app.close();
    const [sent] = app.seen;
    const mac = createHmac("sha256", SECRET)
      .update(`${NOW / 1000}.${sent?.body.toString() ?? ""}`)
      .digest("hex");
    expect(sent?.header("x-mine-signature")).toBe(`t=${NOW / 1000},v1=${mac}`);
    expect(sent?.header("x-mine-event")).toBe("order.created");
  });
});
