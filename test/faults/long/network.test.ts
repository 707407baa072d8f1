import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  createSandbox,
  startListen,
  type ListenMessage,
  type RunningListen,
  type Sandbox,
} from "../../helpers/program.js";
import { storedEvents, type StoredEvent } from "../../helpers/stored.js";
import { lostOf } from "../ledger.js";
import { record } from "../table.js";
import {
  CUT,
  FINE,
  SERVICE_ADDRESS,
  SERVICE_PORT,
  startNetworks,
  type LinkWeather,
  type Networks,
} from "./networks.js";

const NAME = "faults-link";
const EVENTS = Number(process.env["FAULTS_NETWORK_EVENTS"] ?? 1000);
/** As many as the service has connections. */
const SENDERS = 10;
const BAD: LinkWeather = { delayMs: 200, jitterMs: 50, lossPercent: 5, reorderPercent: 25, bitsPerSecond: 1_000_000 };
const CUT_MS = 60_000;
/** A probe every 10 to 15 s, and two of them that fail, 5 s each. */
const NOTICED_MS = 26_000;
/** An opening that was under way in vain may take 8 s to fail, and the next one follows within 3 s. */
const BACK_MS = 12_000;

/** What one event's sender knows in the end. */
interface Outcome {
  readonly id: string;
  readonly bodySha256: string;
  readonly status: number;
  readonly tries: number;
}

let sandbox: Sandbox;
let networks: Networks;
let arrived: string[];
let listen: RunningListen;
let host: string;

beforeEach(async () => {
  sandbox = createSandbox();
  networks = await startNetworks(sandbox.folder, NAME);
  const app = networks.start("here", [process.execPath, join(import.meta.dirname, "arrivals.mjs")]);
  const { port } = JSON.parse(String((await app.lines.next()).value)) as { port: number };
  arrived = [];
  void collectIds(app.lines);
  const service = await networks.startService(NAME);
  host = service.host;
  const words = [String(port), "--tunnel-host", service.url, "-s", NAME];
  listen = await startListen(words, { sandbox, wrap: networks.wrap("here") });
});

afterEach(async () => {
  await listen.stop("SIGKILL");
  await networks.close();
  sandbox.remove();
});

it("a link that is cut without a word: noticed, and the same name again", async () => {
  expect(listen.publicUrl).toBe(`http://${host}`);
  // Past the first seconds, in which it is probed more often.
  await sleep(10_000);
  const cutAt = performance.now();
  await networks.setWeather(CUT);
  const down = await listen.waitFor(isTunnel("down"), CUT_MS);
  const noticedMs = performance.now() - cutAt;
  await sleep(CUT_MS - noticedMs);
  const healedAt = performance.now();
  await networks.setWeather(FINE);
  const up = await listen.waitFor((message) => isTunnel("up")(message) && isAfter(message, down), BACK_MS);
  const backMs = performance.now() - healedAt;
  const outcomes = await sendFromThere(20);
  const stored = await storedEvents(sandbox);

  recordLink({
    id: "R13",
    fault: `link of the tunnel half open for ${CUT_MS / 1000} s: all packets dropped`,
    outcomes,
    stored,
    note: `noticed after ${seconds(noticedMs)} s, back ${seconds(backMs)} s after the link, at ${up["url"] === `http://${host}` ? "the same URL" : "another URL"}`,
  });
  expect(noticedMs).toBeLessThan(NOTICED_MS);
  expect(up).toMatchObject({ url: `http://${host}` });
  expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(lostOf(acknowledgedOf(outcomes), hashes(stored))).toEqual([]);
});

it(`a bad link: ${EVENTS} events are delivered, and what came twice is marked`, async () => {
  await networks.setWeather(BAD);
  const outcomes = await sendFromThere(EVENTS);
  await networks.setWeather(FINE);
  const stored = await storedEvents(sandbox);
  const repeats = repeatsOf(stored);
  const tunnelLosses = listen.messages.filter(isTunnel("down")).length;
  const link = await networks.close();

  recordLink({
    id: "R14",
    fault: "link of 1 Mbit/s, 200 ms +-50 each way, 5 % lost, 25 % overtaking",
    outcomes,
    stored,
    note: `${new Set(arrived).size} at the app; ${outcomes.filter(({ tries }) => tries > 1).length} sent again by their senders, ${repeats.length} stored again, ${repeats.filter(({ duplicateOf }) => duplicateOf === null).length} of them without a mark; tunnel lost ${tunnelLosses} times; packets: ${link}`,
  });
  expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(EVENTS);
  expect(lostOf(acknowledgedOf(outcomes), hashes(stored))).toEqual([]);
  expect(new Set(arrived).size).toBe(EVENTS);
  expect(repeats.filter(({ duplicateOf }) => duplicateOf === null)).toEqual([]);
});

/** Events from the other end of the link, sent again until they are taken. */
async function sendFromThere(count: number): Promise<readonly Outcome[]> {
  const words = [
    process.execPath,
    join(import.meta.dirname, "senders.mjs"),
    SERVICE_ADDRESS,
    String(SERVICE_PORT),
    host,
  ];
  const { lines } = networks.start("there", [...words, String(count), String(SENDERS)]);
  const outcomes: Outcome[] = [];
  for await (const line of lines) outcomes.push(JSON.parse(line) as Outcome);
  return outcomes;
}

async function collectIds(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) arrived.push((JSON.parse(line) as { id: string }).id);
}

function isTunnel(state: string): (message: ListenMessage) => boolean {
  return (message) => message.type === "tunnel" && message["state"] === state;
}

function isAfter(message: ListenMessage, other: ListenMessage): boolean {
  return listen.messages.indexOf(message) > listen.messages.indexOf(other);
}

/** Events whose id is that of an earlier one. */
function repeatsOf(
  stored: readonly StoredEvent[],
): readonly (StoredEvent & { readonly duplicateOf?: string | null })[] {
  const ids = stored.map(({ providerEventId }) => providerEventId);
  return stored.filter(({ providerEventId }, index) => ids.indexOf(providerEventId) < index);
}

function acknowledgedOf(outcomes: readonly Outcome[]): Map<string, string> {
  return new Map(outcomes.filter(({ status }) => status === 200).map(({ id, bodySha256 }) => [id, bodySha256]));
}

function hashes(stored: readonly StoredEvent[]): Map<string, string> {
  return new Map(stored.map(({ providerEventId, bodySha256 }) => [providerEventId ?? "", bodySha256]));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function recordLink(row: {
  readonly id: string;
  readonly fault: string;
  readonly outcomes: readonly Outcome[];
  readonly stored: readonly StoredEvent[];
  readonly note: string;
}): void {
  const { id, fault, outcomes, stored, note } = row;
  const acknowledged = acknowledgedOf(outcomes);
  const lost = lostOf(acknowledged, hashes(stored)).length;
  record({ id, fault, system: "hookcli listen", sent: outcomes.length, acknowledged: acknowledged.size, lost, note });
}
