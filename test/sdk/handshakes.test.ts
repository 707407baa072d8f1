import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { startApp } from "./app.js";
import { accessOf, freePort, openWorkspace, type Workspace } from "./hookcli.js";
import { rows } from "./rows.js";

/*
 * The providers' own code on the other side: it answers what `send` asks, and computes what `listen` must answer.
 */

const load = createRequire(import.meta.url);
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function workspaceWith(env: Record<string, string>): Promise<Workspace> {
  const workspace = await openWorkspace({ env, files: {} });
  closing.push(() => workspace.close());
  return workspace;
}

/** The local URL of a `listen` without a target. */
async function listening(env: Record<string, string>, args: readonly string[]): Promise<string> {
  const workspace = await workspaceWith(env);
  const port = await freePort();
  await workspace.listen(["--port", String(port), ...args]);
  return `http://localhost:${port}`;
}

async function served(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe("what send asks", () => {
  test("is answered by the receiver of @slack/bolt, with the right secret alone", async () => {
    const { App, HTTPReceiver } = load("@slack/bolt") as {
      App: new (options: object) => { start(port: number): Promise<unknown>; stop(): Promise<unknown> };
      HTTPReceiver: new (options: object) => object;
    };
    const port = await freePort();
    const receiver = new HTTPReceiver({ signingSecret: "right", endpoints: "/slack/events" });
    const app = new App({ receiver, authorize: () => Promise.resolve({}), logLevel: "error" });
    await app.start(port);
    closing.push(() => app.stop());
    const workspace = await workspaceWith({});
    const send = (secret: string) =>
      workspace.run(["send", "slack/handshake", "--secret", secret, "--to", `${port}/slack/events`, "--json"]);

    const right = await send("right");
    const wrong = await send("wrong");

    expect(right.code).toBe(0);
    expect(JSON.parse(right.stdout)).toMatchObject({ accepted: true });
    expect(wrong.code).toBe(1);
  });

  test("is told apart by discord-interactions: the ping from the wrong signature", async () => {
    const row = rows.find(({ name }) => name === "discord");
    const credentials = row?.credentials();
    if (row === undefined || credentials === undefined) throw new Error("no row of Discord");
    const app = await startApp("discord", credentials.appEnv);
    closing.push(() => app.close());
    const access = accessOf(row, credentials);
    const workspace = await openWorkspace(access);
    closing.push(() => workspace.close());
    const send = (name: string) => workspace.run(["send", `discord/${name}`, ...access.sign, "--to", `${app.port}/`]);

    expect([(await send("handshake")).code, (await send("handshake-bad")).code]).toEqual([0, 0]);
  });

  test("is answered by whatsapp-api-js where the verify token is its own", async () => {
    const { WhatsAppAPI } = load("whatsapp-api-js") as {
      WhatsAppAPI: new (options: object) => { get(query: object): string };
    };
    const api = new WhatsAppAPI({ token: "t", appSecret: "s", webhookVerifyToken: "mine" });
    const port = await served((request, response) => {
      try {
        response.end(api.get(Object.fromEntries(new URL(request.url ?? "", "http://a").searchParams)));
      } catch {
        response.writeHead(403).end();
      }
    });
    const workspace = await workspaceWith({});
    const send = (name: string, token: string) =>
      workspace.run(["send", `meta/${name}`, "--setting", `verifyToken=${token}`, "--to", `${port}/`]);

    expect((await send("handshake", "mine")).code).toBe(0);
    expect((await send("handshake", "other")).code).toBe(1);
    expect((await send("handshake-bad", "mine")).code).toBe(0);
  });
});

describe("what listen answers", () => {
  test("is what braintree's own library computes", async () => {
    const { BraintreeGateway, Environment } = load("braintree") as {
      BraintreeGateway: new (options: object) => {
        webhookNotification: { verify(challenge: string): Promise<string> };
      };
      Environment: { Sandbox: object };
    };
    const keys = { merchantId: "m", publicKey: "public", privateKey: "private" };
    const gateway = new BraintreeGateway({ environment: Environment.Sandbox, ...keys });
    const challenge = "20f9f8ed05f77439fe955c977e4c8a53";
    const url = await listening({ BRAINTREE_WEBHOOK_SECRET: "private" }, ["--setting", "publicKey=public"]);

    const response = await fetch(`${url}/?bt_challenge=${challenge}`);

    expect(await response.text()).toBe(await gateway.webhookNotification.verify(challenge));
  });

  test("is what eBay's own library computes", async () => {
    const { validateEndpoint } = load("event-notification-nodejs-sdk") as {
      readonly validateEndpoint: (code: string, config: object) => string;
    };
    const url = await listening({}, ["--setting", "verificationToken=my-token"]);

    const response = await fetch(`${url}/ebay?challenge_code=a-code`);

    expect(await response.json()).toEqual({
      challengeResponse: validateEndpoint("a-code", { endpoint: `${url}/ebay`, verificationToken: "my-token" }),
    });
  });
});
