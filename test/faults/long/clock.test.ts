import { createHash, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSandbox, runProgram, startListen, type Sandbox } from "../../helpers/program.js";
import { lostOf, startLedgerApp, type LedgerApp } from "../ledger.js";
import { record } from "../table.js";
import { need, run } from "./program.js";

const SECRET = "whsec_clock";
const EVENTS = 200;
const RETRY_MS = 1_000;
/** What a retry may come late, on a computer with other work. */
const LATE_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Two hands of a program's clock, as faketime writes them: for the first half of a run, and for the second. */
const CLOCKS = [
  { name: "an hour ahead", hands: ["+1h", "+1h"], offsetMs: [HOUR_MS, HOUR_MS] },
  { name: "an hour behind", hands: ["-1h", "-1h"], offsetMs: [-HOUR_MS, -HOUR_MS] },
  { name: "a year ahead", hands: ["+1y", "+1y"], offsetMs: [YEAR_MS, YEAR_MS] },
  { name: "a year behind", hands: ["-1y", "-1y"], offsetMs: [-YEAR_MS, -YEAR_MS] },
  { name: "that jumps back by 10 minutes in mid-run", hands: ["+0", "-10m"], offsetMs: [0, -10 * MINUTE_MS] },
] as const;

interface StoredEvent {
  readonly seq: number;
  readonly receivedAt: string;
  readonly bodySha256: string;
  readonly providerEventId: string;
  readonly state: string;
  readonly attempts: readonly { readonly n: number; readonly durationMs: number | null }[];
}

let sandbox: Sandbox;
let app: LedgerApp;

beforeEach(async () => {
  need("faketime", "--version");
  sandbox = createSandbox({ HOOKCLI_SECRET: SECRET });
  app = await startLedgerApp();
});

afterEach(async () => {
  await app.down();
  sandbox.remove();
});

it.each(CLOCKS)("a clock $name: order, durations, retries, and what verify says", async ({ name, hands, offsetMs }) => {
  const clock = fakeClock();
  const seenAt = new Map<string, number[]>();
  app.answer = (_request, response) => {
    const { id } = app.arrivals.at(-1) ?? { id: "" };
    const times = [...(seenAt.get(id) ?? []), performance.now()];
    seenAt.set(id, times);
    response.writeHead(times.length === 1 ? 500 : 200).end();
  };
  clock.set(hands[0]);
  const words = ["--no-tunnel", "--provider", "stripe", "--ack", "--retry", "2", "--retry-delays", `${RETRY_MS}ms`];
  const listen = await startListen([String(app.port), ...words], { sandbox, env: clock.env });
  const sent: { id: string; bodySha256: string; status: number }[] = [];
  for (let index = 0; index < EVENTS; index += 1) {
    if (index === EVENTS / 2) clock.set(hands[1]);
    sent.push(await sendSigned(`${listen.localUrl}/hook`, `evt_${index}`));
  }
  await expect.poll(() => app.arrivals.length, { timeout: RETRY_MS + LATE_MS }).toBe(2 * EVENTS);
  await listen.waitForCount("attempt", 2 * EVENTS);
  await listen.stop();

  const events = await eventsOf(clock.env);
  const verdicts = await Promise.all([1, EVENTS].map((seq) => verify(seq, clock.env)));
  const acknowledged = new Map(sent.filter(({ status }) => status === 202).map((one) => [one.id, one.bodySha256]));
  const stored = new Map(events.map((event) => [event.providerEventId, event.bodySha256]));
  const durations = events.flatMap(({ attempts }) => attempts.map(({ durationMs }) => durationMs ?? -1));
  const waits = [...seenAt.values()].map(([first = 0, second = Infinity]) => second - first);
  record({
    id: "R19",
    fault: `a clock ${name}`,
    system: "hookcli listen --ack --retry",
    sent: sent.length,
    acknowledged: acknowledged.size,
    lost: lostOf(acknowledged, stored).length,
    note: `order as committed; retries after ${Math.round(Math.min(...waits))} to ${Math.round(Math.max(...waits))} ms of ${RETRY_MS} asked for; the shortest attempt ${Math.min(...durations)} ms; verify: ${verdicts.map(({ said }) => said).join(", ")}`,
  });
  expect(lostOf(acknowledged, stored)).toEqual([]);
  expect(acknowledged.size).toBe(EVENTS);
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: EVENTS }, (_, index) => EVENTS - index));
  expect(events.map(({ providerEventId }) => providerEventId)).toEqual(sent.map(({ id }) => id).toReversed());
  expect(events.filter(({ state, attempts }) => state !== "delivered" || attempts.length !== 2)).toEqual([]);
  expect(Math.min(...durations)).toBeGreaterThanOrEqual(0);
  // What waits when the clock goes back is due at once: nobody knows how far it went.
  if (hands[0] === hands[1]) expect(Math.min(...waits)).toBeGreaterThan(RETRY_MS * 0.5);
  expect(Math.max(...waits)).toBeLessThan(RETRY_MS + LATE_MS);
  for (const [half, event] of [events.at(-1), events[0]].entries()) {
    expect(Math.abs(Date.parse(event?.receivedAt ?? "") - Date.now() - (offsetMs[half] ?? 0))).toBeLessThan(
      5 * MINUTE_MS,
    );
  }
  for (const { aheadSeconds, said } of verdicts) {
    // Judged by the clock that `verify` itself has, which is that of the end of the run.
    expect({ said, isRight: Math.abs(aheadSeconds + offsetMs[1] / 1000) < 120 }).toEqual({ said, isRight: true });
  }
});

/** A clock that is set while a program runs; its durations are the true ones, as on a computer whose clock is set. */
function fakeClock(): { readonly env: Record<string, string>; set(hand: string): void } {
  const path = join(sandbox.folder, "clock");
  const library = run("faketime", ["-m", "-f", "+0", "sh", "-c", 'printf %s "$LD_PRELOAD"']);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
    set: (hand) => writeFileSync(path, `${hand}\n`),
  };
}

/** Sends an event of Stripe's, signed by the true clock. */
async function sendSigned(url: string, id: string): Promise<{ id: string; bodySha256: string; status: number }> {
  const body = JSON.stringify({ id, object: "event", type: "invoice.paid", data: { object: {} } });
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", SECRET).update(`${at}.${body}`).digest("hex");
  const headers = { "content-type": "application/json", "stripe-signature": `t=${at},v1=${signature}` };
  const { status } = await fetch(url, { method: "POST", headers, body });
  return { id, bodySha256: createHash("sha256").update(body).digest("hex"), status };
}

/** All events as `events list` orders them. */
async function eventsOf(env: Record<string, string>): Promise<readonly StoredEvent[]> {
  const { stdout } = await runProgram(["events", "list", "--limit", "0", "--json"], { sandbox, env });
  return JSON.parse(stdout) as StoredEvent[];
}

/** What `verify` says of the distance between a signature and its clock. */
async function verify(seq: number, env: Record<string, string>): Promise<{ said: string; aheadSeconds: number }> {
  const { stdout } = await runProgram(["verify", "--provider", "stripe", "--event", String(seq)], { sandbox, env });
  const [said = stdout, seconds, how] = /(\d+) s (old|ahead of the clock)/.exec(stdout) ?? [];
  return { said, aheadSeconds: Number(seconds) * (how === "old" ? -1 : 1) };
}
