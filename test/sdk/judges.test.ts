import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { runCli, type RunResult } from "../helpers/run.js";
import { fixturesOf } from "./hookcli.js";
import { type Judge, type JudgedRequest, judges, type SecretKind } from "./judges/index.js";

/*
 * The SDKs that need no app: each is asked about what `send` delivers, over HTTP, and `send` is told its answer.
 */

describe.each(judges.map((judge) => [nameOf(judge), judge] as const))("%s", (_name, judge) => {
  let credentials: Credentials;
  let fixtures: readonly string[];
  let accepts: ReturnType<Judge["open"]>;
  let servers: Server[] = [];

  beforeAll(async () => {
    credentials = credentialsOf(judge.secret);
    fixtures = await fixturesOf(judge.provider);
    accepts = judge.open(credentials.judge);
  });
  afterEach(() => {
    for (const server of servers) server.close();
    servers = [];
  });

  /** The answers of the judge, as text for a failure's message, to a server that asks it. */
  async function open(change: (body: Buffer) => Buffer = (body) => body): Promise<{ url: string; answers: string[] }> {
    const answers: string[] = [];
    const server = createServer((request, response) => {
      void (async () => {
        const body = change(Buffer.concat(await request.toArray()));
        const answer = await answerOf(accepts, {
          method: request.method ?? "",
          url: `http://${request.headers.host ?? ""}${request.url ?? ""}`,
          headers: request.headers as Readonly<Record<string, string>>,
          body,
          text: body.toString("utf8"),
        });
        answers.push(answer);
        response.writeHead(answer === "accepted" ? 200 : 400).end(answer);
      })();
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook${judge.query ?? ""}`, answers };
  }

  function send(fixture: string, url: string, more: readonly string[] = [], ageMs = 0): Promise<RunResult> {
    const scheme = judge.scheme === undefined ? [] : ["--scheme", judge.scheme];
    return runCli(["send", fixture, "--to", url, ...scheme, ...credentials.sign, ...more], {
      env: credentials.env,
      now: () => Date.now() - ageMs,
    });
  }

  test("accepts every fixture", async () => {
    const { url, answers } = await open();

    const outcomes = [];
    for (const fixture of fixtures) outcomes.push(await send(fixture, url));

    expect(told(outcomes)).toBe("");
    expect(answers).toEqual(fixtures.map(() => "accepted"));
    expect(fixtures.length).toBeGreaterThan(0);
  });

  test("refuses what was tampered with, and `send` finds that right", async () => {
    const { url, answers } = await open();
    const troubles = [
      ["--tamper", "secret"],
      ["--unsigned"],
      ...(judge.wrongs === undefined ? [["--tamper", "signature"]] : []),
      ...(judge.wrongs !== undefined || judge.signsBody === false ? [] : [["--tamper", "body"]]),
    ];

    const outcomes = [];
    for (const trouble of troubles) outcomes.push(await send(fixtures[0] ?? "", url, trouble));

    expect(told(outcomes)).toBe("");
    expect(answers).not.toContain("accepted");
    expect(answers).toHaveLength(troubles.length);
  });

  for (const wrong of judge.wrongs ?? [])
    test(`refuses a body changed at ${wrong.source}`, async () => {
      const { url, answers } = await open((body) => changedAt(body, wrong));

      const outcome = await send(fixtures[0] ?? "", url, ["--expect", "400"]);

      expect(told([outcome])).toBe("");
      expect(answers).toHaveLength(1);
      expect(answers).not.toContain("accepted");
    });

  if (judge.checksAge === true)
    test("refuses what was signed eleven minutes ago", async () => {
      const { url, answers } = await open();

      const outcome = await send(fixtures[0] ?? "", url, ["--expect", "400"], 660_000);

      expect(told([outcome])).toBe("");
      expect(answers).toHaveLength(1);
      expect(answers).not.toContain("accepted");
    });
});

describe("the packages", () => {
  test("are forty and more, with those of the apps", () => {
    const apps = ["@octokit/webhooks", "@sendgrid/eventwebhook", "@shopify/shopify-api", "@slack/bolt"];
    const packages = new Set([...judges.map((judge) => judge.package), ...apps]);

    expect(packages.size).toBeGreaterThanOrEqual(40);
  });
});

interface Credentials {
  readonly judge: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sign: readonly string[];
}

function nameOf(judge: Judge): string {
  return `${judge.package} (${judge.scheme ?? judge.provider})`;
}

/** What was said by those that ended otherwise than expected. */
function told(outcomes: readonly RunResult[]): string {
  return outcomes
    .filter(({ code }) => code !== 0)
    .map(({ stdout, stderr }) => stdout + stderr)
    .join("\n");
}

/** The body with another letter where the pattern's group is. */
function changedAt(body: Buffer, pattern: RegExp): Buffer {
  const text = body.toString("latin1");
  const { index, 0: whole, 1: letter } = pattern.exec(text) ?? { index: -1, 0: "", 1: undefined };
  if (letter === undefined) throw new Error(`the body has nothing like ${pattern.source}`);
  const at = index + whole.length - letter.length;
  return Buffer.from(text.slice(0, at) + (letter === "7" ? "8" : "7") + text.slice(at + 1), "latin1");
}

/** `accepted`, or how it was refused. */
async function answerOf(accepts: ReturnType<Judge["open"]>, request: JudgedRequest): Promise<string> {
  try {
    const answer = await accepts(request);
    return answer ? "accepted" : `refused: ${String(answer)}`;
  } catch (error) {
    return `refused: ${String(error)}`;
  }
}

const SECRETS: Readonly<Record<Exclude<SecretKind, "ed25519">, () => string>> = {
  text: () => randomBytes(16).toString("hex"),
  hex: () => randomBytes(32).toString("hex").toUpperCase(),
  hex64: () => randomBytes(32).toString("hex"),
  basic: () => `user:${randomBytes(16).toString("hex")}`,
  whsec: () => `whsec_${randomBytes(24).toString("base64")}`,
};

function credentialsOf(kind: SecretKind): Credentials {
  if (kind === "ed25519") return ed25519();
  const secret = SECRETS[kind]();
  return { judge: secret, env: { S: secret }, sign: ["--secret", "env:S"] };
}

function ed25519(): Credentials {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = privateKey.export({ format: "jwk" });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return {
    judge: Buffer.from(x, "base64url").toString("base64"),
    env: { K: pem },
    sign: ["--key", "env:K"],
  };
}
