import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLoad, type Load } from "../helpers/load.js";
import { createSandbox, runProgram, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";
import { countResources, resourceEnv } from "../helpers/resources.js";
import { MISBEHAVIOURS, startBadApp, type BadApp, type Misbehaviour } from "./misbehaviours.js";
import { SYSTEMS } from "./systems/system.js";
import { record } from "./table.js";

const TIMES = 50;
const TIMEOUT_MS = 2_000;
/** What the limit may be exceeded by. */
const SLACK_MS = 1_000;
/** How long the senders of peers wait; eight seconds is what was seen of localtunnel. */
const LIMIT_MS = 8_000;

/** The behaviours that are tried on peers too. */
const COMPARED = ["resets before its answer", "resets inside the body", "never answers"];

const offer = { connections: TIMES, bodyBytes: 200, count: TIMES };
const slowest = (load: Load, none: number) => Math.max(...load.sent.map(({ tookMs }) => tookMs ?? none));

describe("hookcli listen before an app that", () => {
  let sandbox: Sandbox;
  let app: BadApp;
  let listen: RunningListen;
  let atStart: number;

  beforeAll(async () => {
    sandbox = createSandbox();
    app = await startBadApp();
    listen = await startListen([String(app.port), "--no-tunnel", "--timeout", `${TIMEOUT_MS}ms`], {
      sandbox,
      env: resourceEnv(sandbox),
    });
    atStart = await descriptors();
  });
  afterAll(async () => {
    await listen.stop("SIGKILL");
    await app.close();
    sandbox.remove();
  });

  const descriptors = async () => (await countResources(listen.child, sandbox)).descriptors;

  it.each(MISBEHAVIOURS)("$name: nobody hangs, every attempt has its cause", async (misbehaviour) => {
    app.act = misbehaviour.act;
    const { length: before } = attempts(listen);
    const startedAt = performance.now();
    const load = startLoad(`${listen.localUrl}/hook`, { ...offer, limitMs: 20_000 });
    await load.finished();
    const tookMs = performance.now() - startedAt;
    await expect.poll(() => attempts(listen).length, { timeout: 15_000 }).toBe(before + TIMES);
    const causes = attempts(listen).slice(before);

    record({
      id: "R10",
      fault: `app that ${misbehaviour.name} (${TIMES} times)`,
      system: "hookcli listen",
      sent: TIMES,
      acknowledged: load.acknowledged().size,
      lost: 0,
      note: `the slowest sender waited ${Math.round(tookMs)} ms of ${TIMEOUT_MS} allowed; cause: ${[...new Set(causes)].join(", ")}`,
    });
    expect(load.sent.filter(({ status }) => status !== undefined && !misbehaviour.answers.includes(status))).toEqual(
      [],
    );
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    expect(causes.filter((cause) => !fits(cause, misbehaviour))).toEqual([]);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(atStart + 2);
  });

  it("was any of these has kept all events, and delivers to a sound one", async () => {
    app.act = (socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const answer = await fetch(listen.localUrl, { method: "POST", body: "{}" });
    const { stdout } = await runProgram(["events", "stats", "--json"], { sandbox });

    expect(answer.status).toBe(200);
    expect(JSON.parse(stdout)).toMatchObject({ events: TIMES * MISBEHAVIOURS.length + 1 });
  });
});

describe.each(Object.entries(SYSTEMS).filter(([name]) => !name.startsWith("hookcli")))(
  "%s before an app that",
  (system, start) => {
    it.each(MISBEHAVIOURS.filter(({ name }) => COMPARED.includes(name)))("$name", async ({ name, act }) => {
      const sandbox = createSandbox();
      const app = await startBadApp();
      app.act = act;
      const running = await start({ sandbox, port: app.port });
      const load = startLoad(running.url, { ...offer, limitMs: LIMIT_MS, headers: running.headers });
      await load.finished();
      await running.close();
      await app.close();
      sandbox.remove();

      const unanswered = load.sent.filter(({ status }) => status === undefined).length;
      record({
        id: "R10",
        fault: `app that ${name} (${TIMES} times)`,
        system,
        sent: TIMES,
        acknowledged: load.acknowledged().size,
        lost: load.acknowledged().size,
        note: `${unanswered} senders without an answer; the slowest waited ${Math.round(slowest(load, LIMIT_MS))} ms`,
      });
      expect(load.sent).toHaveLength(TIMES);
    });
  },
);

/** The causes of all attempts that have ended: an error's name, or `none`. */
function attempts(listen: RunningListen): string[] {
  return listen.messages
    .filter(({ type }) => type === "attempt")
    .map((message) => (message["attempt"] as { error: string | null }).error ?? "none");
}

function fits(cause: string, { cause: expected }: Misbehaviour): boolean {
  return expected === null ? cause === "none" : cause !== "none" && expected.test(cause);
}
