import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataPath, hasData } from "../helpers/data.js";
import { openRaw, sendRaw, statusesOf } from "../helpers/raw-client.js";
import { openReceiver, type TestReceiver } from "../helpers/receiver.js";

/** Seed of the mutations; printed by the test's name. */
const SEED = 20_260_101;
const AT_ONCE = 32;

let opened: TestReceiver;

beforeAll(async () => {
  opened = await openReceiver({ times: { headMs: 200, sweepMs: 50, lingerMs: 100 } });
});

afterAll(async () => {
  await opened.receiver.close(0);
});

/** A request in each raw text that the receiver may have seen more than one of would show here. */
interface Seen {
  readonly requests: number;
  readonly answers: readonly number[];
}

async function attack(bytes: Buffer): Promise<Seen> {
  const before = opened.requests.length;
  const answer = await sendRaw(opened.receiver.tunnelPort, bytes, { end: true, limitMs: 1_500 });
  return { requests: opened.requests.length - before, answers: answer.statuses };
}

async function canary(): Promise<void> {
  const path = `/canary-${opened.requests.length}`;
  const answer = await sendRaw(opened.receiver.tunnelPort, `GET ${path} HTTP/1.1\r\nHost: c\r\n\r\n`, {
    done: (text) => text.endsWith("ok"),
  });
  expect(answer.statuses).toEqual([200]);
  expect(opened.requests.at(-1)?.path).toBe(path);
}

async function inTurns<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await each(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

describe.skipIf(!hasData)("hostile requests (skipped without HOOKCLI_TEST_DATA)", () => {
  const lines = (name: string): Record<string, string>[] =>
    hasData
      ? readFileSync(dataPath(...name.split("/")), "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as Record<string, string>)
      : [];

  test("no mutation of Transfer-Encoding makes two requests of one", async () => {
    const mutations = [...new Set(lines("smuggler/te_mutations.jsonl").map(({ header_b64 }) => header_b64 ?? ""))];
    const smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    await inTurns(mutations, async (header) => {
      const head = Buffer.from(header, "base64").toString("latin1").replace("__REPLACE_CL__", String(smuggled.length));
      const text = head.endsWith("\r\n\r\n") ? head : `${head}\r\n`;
      await sendRaw(opened.receiver.tunnelPort, `${text}${smuggled}`, { end: true, limitMs: 1_500 });
    });

    expect(mutations.length).toBeGreaterThanOrEqual(1_700);
    expect(opened.requests.filter(({ path }) => path.includes("smuggled"))).toEqual([]);
    await canary();
  }, 60_000);

  test("every request of llhttp's own tests leaves the receiver sound", async () => {
    const vectors = lines("llhttp/vectors.jsonl");

    for (const { bytes_b64 = "", type = "" } of vectors) {
      const bytes = Buffer.from(bytes_b64, "base64");
      const { requests, answers } = await attack(bytes);
      expect(requests, type).toBeLessThanOrEqual(
        [...bytes.toString("latin1").matchAll(/(?:HTTP|ICE|RTSP)\/\d/g)].length,
      );
      expect(answers.filter((status) => status === 200).length).toBeLessThanOrEqual(requests);
    }

    expect(vectors.length).toBe(250);
    await canary();
  }, 120_000);
});

test(`three thousand mutations (seed ${SEED}) neither stop the receiver nor make an event of half a request`, async () => {
  const random = generator(SEED);
  const seeds = [
    "POST /hook?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Sig: abc\r\n\r\nhello",
    "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
  ];
  const mutants = Array.from({ length: 3_000 }, (_, index) => mutate(seeds[index % seeds.length] ?? "", random));

  await inTurns(mutants, async (bytes) => {
    await sendRaw(opened.receiver.tunnelPort, bytes, { end: true, limitMs: 1_500 });
  });

  expect(opened.requests.every((request) => request.bodyComplete)).toBe(true);
  await canary();
}, 120_000);

test("a hundred thousand trailers and chunk extensions without end are refused", async () => {
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const before = opened.requests.length;

  const trailers = await sendRaw(opened.receiver.localPort, `${head}0\r\n${"X-T: 1\r\n".repeat(100_000)}\r\n`);
  const extensions = await sendRaw(opened.receiver.localPort, `${head}1;${"e".repeat(100_000)}\r\na\r\n0\r\n\r\n`);

  expect([trailers.statuses, extensions.statuses]).toEqual([[431], [413]]);
  expect(opened.requests.length).toBe(before);
});

test("a thousand connections that trickle do not hold up another", async () => {
  const texts = Array.from({ length: 1_000 }, () => "");
  const slow = await Promise.all(
    texts.map(async (_, index) => {
      const socket = await openRaw(opened.receiver.localPort);
      socket.on("data", (chunk: Buffer) => (texts[index] += chunk.toString()));
      socket.write("POST / HTTP/1.1\r\nHo");
      return socket;
    }),
  );

  await canary();

  await expect.poll(() => texts.filter((text) => statusesOf(text)[0] === 408).length, { timeout: 10_000 }).toBe(1_000);
  for (const socket of slow) socket.destroy();
}, 30_000);

/** mulberry32. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(text, "latin1");
  for (let times = 1 + random(3); times > 0; times -= 1) {
    const at = random(bytes.length);
    const kind = random(4);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes = bytes.subarray(0, Math.max(1, at));
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1))]);
    else
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(["\r\n", "\n", "\0", ":", " ", "chunked"][random(6)] ?? "", "latin1"),
        bytes.subarray(at),
      ]);
  }
  return Buffer.from(bytes);
}
