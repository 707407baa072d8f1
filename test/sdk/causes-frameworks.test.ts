import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose, expectCause, type Diagnosis } from "../causes/diagnosis.js";
import { deliver } from "../causes/seen.js";
import { send, type Signed } from "../causes/senders.js";
import { type App, startApp } from "./app.js";

const secret = "a9f2c7d1e8b34506";

/** Names as `--framework` and as the fixes have them. */
const frameworks = [
  ["fastify", "Fastify"],
  ["koa", "Koa"],
  ["hono", "Hono, Bun, Deno, Workers"],
  ["nest", "NestJS"],
] as const;

const apps = new Map<string, App>();
beforeAll(async () => {
  const started = frameworks.map(async ([name]) => apps.set(name, await startApp(`wrong/${name}`, {})));
  await Promise.all(started);
});
afterAll(() => Promise.all([...apps.values()].map((app) => app.close())));

async function told(name: string, path: string, signed: Signed, options: readonly string[] = []): Promise<Diagnosis> {
  const seen = await deliver(signed, { port: apps.get(name)?.port ?? 0, path });
  return diagnose(seen, { secrets: [secret], options });
}

describe.each(frameworks)("%s as its first page shows it", (name, title) => {
  it("is named where JSON was indented", async () => {
    const signed = send.stripe(secret, '{\n  "id": "evt_1",\n  "object": "event"\n}');

    expectCause(await told(name, "/parsed", signed), { cause: "body_reserialised", says: /2 spaces/, fixFor: title });
  });

  it("is named where PHP or Python had escaped", async () => {
    const php = send.github(secret, '{"url":"https:\\/\\/example.com","name":"Zo\\u00eb"}');
    const python = send.github(secret, '{"url": "https://example.com", "name": "Zo\\u00eb"}');

    expectCause(await told(name, "/parsed", php), { cause: "body_reserialised", says: /\\\//, fixFor: title });
    expectCause(await told(name, "/parsed", python), { cause: "body_reserialised", says: /Python/, fixFor: title });
  });

  it("is named where numbers were written another way", async () => {
    const signed = send.github(secret, '{"score":1.0,"ratio":0.0,"count":3}');

    expectCause(await told(name, "/parsed", signed), { cause: "body_reserialised", says: /number/, fixFor: title });
  });

  it("is mended by the fix of that framework alone when it is named", async () => {
    const signed = send.github(secret, '{"id": 1}');
    const { explanation } = await told(name, "/parsed", signed, ["--framework", name]);

    expect(explanation?.fixes.map((fix) => fix.for)).toEqual([title]);
  });
});

describe("a body that was empty, and signed so", () => {
  it("is named where Koa makes {} of it", async () => {
    expectCause(await told("koa", "/parsed", send.own(secret, "")), {
      cause: "body_encoding",
      says: /empty/,
      fixFor: "Koa",
    });
  });
});

describe("a form that was taken apart and put together again", () => {
  const signed = send.slack(secret, "command=%2Fdeploy&text=now%20please");

  it.each([
    ["fastify", "Fastify"],
    ["koa", "Koa"],
    ["hono", "Hono, Bun, Deno, Workers"],
  ])("is named in %s", async (name, title) => {
    expectCause(await told(name, "/form", signed), { cause: "body_form", says: /%20/, fixFor: title });
  });

  it("is named where Hono made an object of it", async () => {
    const plain = send.slack(secret, "command=%2Fdeploy&text=now+please");

    expectCause(await told("hono", "/object", plain), {
      cause: "body_form",
      says: /form/,
      fixFor: "Hono, Bun, Deno, Workers",
    });
  });
});
