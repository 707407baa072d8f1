import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { startLoad } from "../helpers/load.js";
import { createSandbox, hookcliPath, startListen, type Sandbox } from "../helpers/program.js";
import { storedEvents } from "../helpers/stored.js";

let sandbox: Sandbox;
let app: TestApp;

beforeAll(async () => {
  sandbox = createSandbox();
  app = await startApp();
  let asked = 0;
  app.answer = (_request, response) => {
    asked += 1;
    const status = asked % 5 === 0 ? 503 : 200;
    setTimeout(() => response.writeHead(status).end("ok"), asked % 7 === 0 ? 400 : 0);
  };
});
afterAll(async () => {
  await app.close();
  sandbox.remove();
});

interface FollowedLine {
  readonly type: string;
  readonly at: string;
  readonly event: { readonly seq: number; readonly id: string; readonly receivedAt: string };
  readonly eventId: string;
  readonly attempt: { readonly status: number };
}

/** A follower in a process of its own. */
function startFollower(...flags: string[]) {
  const child = spawn(process.execPath, [hookcliPath, "events", "list", "--follow", ...flags], {
    cwd: sandbox.folder,
    env: sandbox.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const closed = once(child, "close");
  return {
    child,
    lines,
    async end() {
      child.kill("SIGINT");
      return (await closed)[0] as number;
    },
  };
}

it("followers of a store that two processes write see every event once, in order, and each answer", async () => {
  const followers = [startFollower("--json"), startFollower("--status", "5xx", "--json"), startFollower()] as const;
  const listens = [
    await startListen([String(app.port), "--no-tunnel"], { sandbox }),
    await startListen([String(app.port), "--no-tunnel"], { sandbox }),
  ];
  const loads = listens.map(({ localUrl }) =>
    startLoad(`${localUrl}/hook`, { connections: 8, bodyBytes: 500, ratePerSecond: 100 }),
  );
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await Promise.all(loads.map((load) => load.stop()));
  await Promise.all(listens.map((listen) => listen.stop()));

  const stored = await storedEvents(sandbox);
  const failed = stored.filter(({ state }) => state === "failed").map(({ seq }) => seq);
  const all = stored.map(({ seq }) => seq);
  const [json, failures, text] = followers;
  const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as FollowedLine);
  const events = (lines: readonly string[]) => parsed(lines).filter(({ type }) => type === "event");
  await expect
    .poll(() => parsed(json.lines).filter(({ type }) => type === "attempt").length, { timeout: 10_000 })
    .toBe(stored.length);
  await expect.poll(() => events(failures.lines).length, { timeout: 10_000 }).toBe(failed.length);
  const endings = await Promise.all(followers.map((follower) => follower.end()));

  const told = events(json.lines).map(({ event }) => event);
  const answers = parsed(json.lines).filter(({ type }) => type === "attempt");
  const firstLines = [...new Set(text.lines.map((line) => Number(/#(\d+)/.exec(line)?.[1])))];
  const lateMs = events(json.lines)
    .map(({ at, event }) => Date.parse(at) - Date.parse(event.receivedAt))
    .toSorted((a, b) => a - b);
  expect(stored.length).toBeGreaterThan(100);
  expect(told.map(({ seq }) => seq)).toEqual(all);
  expect(answers.map(({ eventId }) => eventId).toSorted()).toEqual(told.map(({ id }) => id).toSorted());
  expect(
    events(failures.lines)
      .map(({ event }) => event.seq)
      .toSorted((a, b) => a - b),
  ).toEqual(failed);
  expect(failed.length).toBeGreaterThan(10);
  expect(firstLines).toEqual(all);
  // The answer was not waited for: the slow ones take 400 ms.
  expect(lateMs[Math.floor(lateMs.length / 2)]).toBeLessThan(1_000);
  expect(endings).toEqual([130, 130, 130]);
});

it("a follower ends with 0 when its reader has left and something comes", async () => {
  const listen = await startListen(["--no-tunnel"], { sandbox });
  const follower = startFollower("--limit", "1");
  await expect.poll(() => follower.lines.length, { timeout: 10_000 }).toBe(1);
  follower.child.stdout.destroy();
  const closed = once(follower.child, "exit");
  await fetch(`${listen.localUrl}/one`, { method: "POST", body: "1" });
  const [code] = (await closed) as [number];
  await listen.stop();

  expect(code).toBe(0);
});
