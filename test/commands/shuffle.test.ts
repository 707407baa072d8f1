import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import formatsModule from "ajv-formats";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inRandomOrder, seededRandom } from "../../src/commands/delivery/chance.js";
import { rootDir } from "../helpers/data.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { hmac, openTestApp, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";

let app: TestApp;
let cwd = "";

beforeEach(async () => {
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-shuffle-"));
  writeFileSync(join(cwd, "mine.json"), '{"n":"{{seq}}","id":"{{uuid}}"}');
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

/** What the app got, and what the program said of it. */
async function run(argv: readonly string[], options: Pick<RunOptions, "signal" | "now"> = {}) {
  app.seen.length = 0;
  const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db") };
  const result = await runCli([...argv, "--to", `${app.port}/webhook`], { cwd, env, ...options });
  const bodies = app.seen.map(({ body }) => body.toString());
  const numbers = bodies.map((text) => (JSON.parse(text) as { n?: number }).n ?? 0);
  return { ...result, bodies, numbers };
}

const records = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown> & { readonly attempts: { readonly n: number }[] });

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

describe("send --shuffle", () => {
  it("tells its seed, with which the same events go out in the same order again", async () => {
    const first = await run(["send", "./mine.json", "--count", "20", "--shuffle"]);
    const seed = /--shuffle --seed (\d+)/.exec(first.stderr)?.[1] ?? "";
    const again = await run(["send", "./mine.json", "--count", "20", "--shuffle", "--seed", seed]);

    expect([first.code, again.code]).toEqual([0, 0]);
    expect(again.bodies).toEqual(first.bodies);
    expect(again.stderr).toContain(`--shuffle --seed ${seed}`);
  });

  it("sends each event once, in another order for another seed, however many go out at a time", async () => {
    const argv = ["send", "./mine.json", "--count", "20", "--shuffle", "--seed"];
    const [one, other, atOnce] = [
      await run([...argv, "1"]),
      await run([...argv, "2"]),
      await run([...argv, "1", "--concurrency", "8"]),
    ];

    expect(one.numbers).not.toEqual(oneTo(20));
    expect(other.numbers).not.toEqual(one.numbers);
    for (const { numbers } of [one, other, atOnce]) expect(ascending(numbers)).toEqual(oneTo(20));
    expect(atOnce.bodies.toSorted()).toEqual(one.bodies.toSorted());
  });

  it("spreads the copies of an event, which stay one event with right signatures and a count of attempts", async () => {
    const argv = ["send", "./mine.json", "--count", "10", "--duplicate", "3", "--shuffle", "--seed", "4"];
    const { numbers, stdout, stderr } = await run([...argv, "--concurrency", "4", "--json"]);

    expect(ascending(numbers)).toEqual(oneTo(10).flatMap((n) => [n, n, n]));
    expect(new Set(app.seen.map(({ body }) => body.toString())).size).toBe(10);
    for (const { header, body } of app.seen) expect(header("x-signature")).toBe(hmac(SECRET, [body]));
    const deliveries = records(stdout).slice(0, -1);
    for (const id of new Set(deliveries.map(({ eventId }) => eventId))) {
      const ofOne = deliveries.filter(({ eventId }) => eventId === id);
      expect(ofOne.flatMap(({ attempts }) => attempts.map(({ n }) => n))).toEqual([1, 2, 3]);
    }
    expect(stderr).toContain("30 sent, 30 accepted");
  });

  it("signs each copy with the time at which it goes out, however long after the one before", async () => {
    let now = Date.UTC(2026, 0, 2, 3, 4, 5);
    const times: number[] = [];
    app.answer = () => {
      times.push(now / 1000);
      now += 600_000;
      return { status: 200 };
    };
    const argv = ["send", "stripe/invoice.paid", "--count", "3", "--duplicate", "3", "--shuffle", "--seed", "3"];
    await run(argv, { now: () => now });

    const signed = app.seen.map(({ header, body }) => {
      const [, time = "", mac] = /^t=(\d+),v1=(\w+)$/.exec(header("stripe-signature") ?? "") ?? [];
      expect(mac).toBe(hmac(SECRET, [`${time}.`, body]));
      return Number(time);
    });
    expect(signed).toEqual(times);
    expect(new Set(app.seen.map(({ body }) => body.toString())).size).toBe(3);
  });

  it("begins no copy any more after Ctrl-C, one that waits for another of its event neither", async () => {
    const interrupt = new AbortController();
    app.answer = () => {
      if (app.seen.length === 2) interrupt.abort({ signalName: "SIGINT", exitCode: 130 });
      return { status: 200 };
    };
    const argv = [
      "send",
      "./mine.json",
      "--count",
      "2",
      "--duplicate",
      "20",
      "--shuffle",
      "--concurrency",
      "16",
      "--json",
    ];
    const { code, stdout } = await run(argv, { signal: interrupt.signal });

    const summary = records(stdout).at(-1);
    const [deliveries, left] = [summary?.["deliveries"], summary?.["left"]];
    expect(code).toBe(130);
    expect(deliveries).toBe(app.seen.length);
    expect(Number(deliveries) + Number(left)).toBe(40);
    expect(app.seen.length).toBeLessThan(5);
  });

  it("has the seed in each record", async () => {
    const ajv = new Ajv({ strict: true, strictTuples: false, strictRequired: false, allowUnionTypes: true });
    formatsModule.default(ajv);
    const schema = JSON.parse(readFileSync(join(rootDir, "docs/hookcli.records.schema.json"), "utf8")) as object;
    const validate = ajv.compile(schema);
    const argv = ["send", "./mine.json", "--count", "3", "--json", "--shuffle", "--seed", "4294967295"];
    const printed = records((await run(argv)).stdout);

    expect(printed.map(({ seed }) => seed)).toEqual(oneTo(4).map(() => 4_294_967_295));
    for (const record of printed) expect(validate(record)).toBe(true);
  });

  it.each([
    [["--shuffle"], "--shuffle needs several events"],
    [["--shuffle", "--duplicate", "3"], "--shuffle needs several events"],
    [["--count", "1000", "--duplicate", "1000", "--shuffle"], "up to 100,000 deliveries, not 1,000,000"],
    [["--seed", "4294967296"], "--seed takes a whole number"],
    [["--seed", "-1"], "--seed takes a whole number"],
  ])("refuses %j", async (argv, message) => {
    const { code, stderr } = await run(["send", "./mine.json", ...argv]);

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(app.seen).toHaveLength(0);
  });
});

describe("send --seed", () => {
  it("makes the same ids and random values each time, and others for another seed", async () => {
    const argv = ["send", "github/push", "--unsigned", "--expect", "2xx", "--seed"];
    const ids = async (seed: string) => {
      const { stderr } = await run([...argv, seed]);
      expect(stderr).toContain(`those of --seed ${seed}`);
      return app.seen.map(({ header }) => header("x-github-delivery"));
    };
    const [first, again, other] = [await ids("1"), await ids("1"), await ids("2")];

    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("leaves each stored event an id of its own", async () => {
    const sent = [1, 2].map(() => run(["send", "./mine.json", "--seed", "1", "--json"]));
    const [first, second] = (await Promise.all(sent)).map(({ stdout }) => records(stdout)[0]);

    expect(first?.["eventId"]).not.toBe(second?.["eventId"]);
    expect([first?.["seed"], second?.["seed"]]).toEqual([1, 1]);
  });
});

describe("replay --shuffle", () => {
  it("delivers all of them, each time of --count, in an order that the seed gives again", async () => {
    await run(["send", "./mine.json", "--count", "8"]);
    const argv = ["replay", "1..8", "--count", "2", "--shuffle"];
    const first = await run([...argv, "--json"]);
    const seed = records(first.stdout).at(-1)?.["seed"];
    const again = await run([...argv, "--seed", String(seed)]);

    expect([first.code, again.code]).toEqual([0, 0]);
    expect(first.numbers).not.toEqual([...oneTo(8), ...oneTo(8)]);
    expect(ascending(first.numbers)).toEqual(oneTo(8).flatMap((n) => [n, n]));
    expect(again.numbers).toEqual(first.numbers);
    expect(again.stderr).toContain(`in random order; --shuffle --seed ${String(seed)} gives`);
  });

  it("refuses a seed of which nothing would depend, and to print in random order", async () => {
    await run(["send", "./mine.json"]);
    const alone = await run(["replay", "last", "--seed", "1"]);
    const printed = await run(["replay", "last", "--shuffle", "--dry-run"]);

    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("--seed needs --shuffle")]);
    expect([printed.code, printed.stderr]).toEqual([2, expect.stringContaining("cannot be used with")]);
  });
});

describe("chance with a seed", () => {
  it("is the same on every computer and in every version", () => {
    expect(inRandomOrder(oneTo(10), { times: 1, seed: 7, most: 10 })).toEqual([9, 10, 1, 4, 5, 7, 6, 8, 3, 2]);
    expect(Buffer.from(seededRandom(7, "event 1")(8)).toString("hex")).toBe("68b4faa147e19388");
  });

  it("gives the same bytes in whatever portions they are taken", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.array(fc.nat(100), { maxLength: 10 }), (seed, lengths) => {
        const random = seededRandom(seed, "a use");
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const parts = Buffer.concat(lengths.map((length) => Buffer.from(random(length))));
        expect(parts).toEqual(Buffer.from(seededRandom(seed, "a use")(total)));
      }),
    );
  });

  it("finds every order of three about as often", () => {
    const found = new Map<string, number>();
    for (let seed = 0; seed < 6_000; seed += 1) {
      const order = inRandomOrder([1, 2, 3], { times: 1, seed, most: 3 }).join("");
      found.set(order, (found.get(order) ?? 0) + 1);
    }

    expect(found.size).toBe(6);
    for (const count of found.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
