import { readdirSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";
import { openRaw, sendRaw, statusesOf } from "../helpers/raw-client.js";
import { storedEvents } from "../helpers/stored.js";
import { H1_CASES, type H1Case } from "./h1spec.js";
import { malformed } from "./mutations.js";

/** Seed of the mutations; another one is another ten thousand. */
const SEED = Number(process.env["FAULTS_SEED"] ?? 20_260_101);
const REQUESTS = 10_000;
const CANARY_EVERY = 100;
const AT_ONCE = 100;
const MB = 1e6;

let sandbox: Sandbox;
let app: TestApp;
let listen: RunningListen;
let port: number;

beforeAll(async () => {
  sandbox = createSandbox();
  app = await startApp((_request, response) => void response.end(app.requests.at(-1)?.body));
  listen = await startListen([String(app.port), "--no-tunnel", "--keep", "0"], { sandbox });
  port = Number(new URL(listen.localUrl).port);
});

afterAll(async () => {
  await listen.stop("SIGKILL");
  await app.close();
  sandbox.remove();
});

const wholeAnswer = (text: string) => /\r\n\r\n[^]*ok$/.test(text);

/** A proper request among the others: it is answered by the app, and quickly. */
async function canary(): Promise<number> {
  const startedAt = performance.now();
  const head = "POST /canary HTTP/1.1\r\nHost: c\r\nContent-Length: 2\r\n\r\nok";
  const { statuses } = await sendRaw(port, head, { done: wholeAnswer });
  expect(statuses).toEqual([200]);
  return performance.now() - startedAt;
}

describe("h1spec's cases", () => {
  it.each(H1_CASES)("$name", async ({ bytes, statuses, body }: H1Case) => {
    const done = (text: string) =>
      statuses.length > 0 && text.includes("\r\n\r\n") && (body === undefined || text.endsWith(body));
    const answer = await sendRaw(port, bytes, { limitMs: 500, done });
    const [first] = answer.statuses;

    if (statuses.length === 0) expect(answer.text).toBe("");
    else expect(statuses.some(([low, high]) => first !== undefined && first >= low && first <= high)).toBe(true);
    if (body !== undefined && first === 200) expect(answer.text.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  it("are 33", () => expect(H1_CASES).toHaveLength(33));
});

describe(`${REQUESTS} malformed requests (seed ${SEED})`, () => {
  it("crash nothing, are stored as the app gets them, and never as two", async () => {
    const before = (await storedEvents(sandbox)).at(-1)?.seq ?? 0;
    const atApp = app.requests.length;
    const queue = malformed(REQUESTS, SEED);
    let done = 0;
    let canaries = 0;
    const worker = async () => {
      for (let bytes = queue.shift(); bytes !== undefined; bytes = queue.shift()) {
        await sendRaw(port, bytes, { end: true, limitMs: 250 });
        done += 1;
        if (done % CANARY_EVERY !== 0) continue;
        await canary();
        canaries += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await canary();

    // What its sender has left is delivered all the same; what failed was a method that the app's parser knows not.
    const taken = async () =>
      (await storedEvents(sandbox)).filter(({ seq, state }) => seq > before && state !== "refused");
    await expect
      .poll(async () => (await taken()).filter(({ state }) => state === "pending"), { timeout: 20_000 })
      .toEqual([]);
    const stored = await taken();
    const delivered = stored.filter(({ state }) => state === "delivered");
    expect(
      new Set(stored.filter(({ state }) => state === "failed").map(({ attempts }) => attempts[0]?.status)),
    ).toEqual(new Set([400]));
    expect(counted(delivered)).toEqual(counted(app.requests.slice(atApp)));
    expect(canaries).toBe(REQUESTS / CANARY_EVERY);
    expect(app.requests.filter(({ url }) => url.includes("smuggled"))).toEqual([]);
    expect(listen.child.exitCode).toBe(null);
  }, 120_000);
});

describe("a thousand connections that trickle", () => {
  it.each([
    ["their head", "POST / HTTP/1.1\r\nHost: x\r\nX-", 12_000],
    ["their body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", 62_000],
  ])("with %s hold up nobody, take no memory, and are closed", async (_what, head, limitMs) => {
    const before = residentBytes();
    const sockets = await openMany(1_000);
    let closed = 0;
    for (const socket of sockets) {
      socket.once("close", () => (closed += 1)).resume();
      socket.write(head);
    }
    const times: number[] = [];
    for (let round = 0; round < 100; round += 1) times.push(await canary());

    expect(residentBytes() - before).toBeLessThan(100 * MB);
    expect(times.toSorted((a, b) => a - b)[98]).toBeLessThan(250);
    await expect.poll(() => closed, { timeout: limitMs, interval: 100 }).toBe(1_000);
  });
});

describe("ten thousand idle connections", () => {
  it("are held or refused, and leave when their senders do", async () => {
    const before = descriptors();
    const sockets: Socket[] = [];
    for (let round = 0; round < 20; round += 1) sockets.push(...(await openMany(250)));
    await canary();
    const held = descriptors() - before;
    for (const socket of sockets) socket.destroy();

    expect(held).toBeGreaterThan(4_000);
    await expect.poll(() => descriptors() - before, { timeout: 20_000 }).toBeLessThan(50);
    await canary();
  });

  it("over the limit of descriptors are refused without a crash", async () => {
    const own = createSandbox();
    const limited = await startListen(["--no-tunnel"], {
      sandbox: own,
      wrap: ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"],
    });
    const at = Number(new URL(limited.localUrl).port);
    const sockets = await Promise.all(Array.from({ length: 600 }, () => openRaw(at).catch(() => undefined)));
    for (const socket of sockets) socket?.destroy();
    await expect
      .poll(
        () =>
          fetch(limited.localUrl, { method: "POST", body: "x" }).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(200);
    const ended = await limited.stop("SIGTERM");
    own.remove();

    expect(ended.code).toBe(143);
    expect(ended.stderr).not.toMatch(/EMFILE|unexpected/);
  });
});

describe("a head that is too large", () => {
  it.each([
    ["a hundred thousand headers", `GET / HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(100_000)}\r\n`],
    ["a header of a megabyte", `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"b".repeat(1e6)}\r\n\r\n`],
    ["a URL of a megabyte", `GET /${"b".repeat(1e6)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])("is refused with 431: %s", async (_what, bytes) => {
    expect((await sendRaw(port, bytes)).statuses).toEqual([431]);
    await canary();
  });
});

describe("unusual requests", () => {
  it("a thousand in one write are answered in order, and stored", async () => {
    const before = app.requests.length;
    const text = Array.from({ length: 1_000 }, (_, n) => `GET /${n}/ HTTP/1.1\r\nHost: x\r\n\r\n`).join("");
    const answer = await sendRaw(port, text, {
      limitMs: 60_000,
      done: (received) => statusesOf(received).length === 1_000 && received.endsWith("\r\n\r\n"),
    });

    expect(answer.statuses).toEqual(Array.from({ length: 1_000 }, () => 200));
    expect(new Set(app.requests.slice(before).map(({ url }) => url)).size).toBe(1_000);
  });

  it.each([
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", [405]],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [204]],
    ["the absolute form", "GET http://other.test/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [200]],
    ["an Upgrade to h2c", "GET /u HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n", [200]],
    [
      "Expect: 100-continue",
      "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
      [100, 200],
    ],
  ])("%s has its answer", async (_what, bytes, statuses) => {
    const answer = await sendRaw(port, bytes, {
      limitMs: 3_000,
      done: (text) => statusesOf(text).length === statuses.length,
    });

    expect(answer.statuses).toEqual(statuses);
  });
});

/** How often each body is there. */
function counted(bodies: readonly { readonly bodySha256: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { bodySha256: value } of bodies) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

async function openMany(count: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, () => openRaw(port)));
}

function residentBytes(): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${listen.child.pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

function descriptors(): number {
  return readdirSync(`/proc/${listen.child.pid}/fd`).length;
}
