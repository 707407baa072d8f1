import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createOutput } from "../../src/output/terminal.js";
import { testContext } from "../helpers/run.js";

const PLAIN = { json: false, quiet: false, verbose: false, color: "auto" } as const;
const JSON_MODE = { ...PLAIN, json: true };

/** A stdout that takes a write only when it is asked to. */
class SlowReader extends Writable {
  private waiting: (() => void)[] = [];
  text = "";

  constructor() {
    super({ highWaterMark: 1024 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.waiting.push(done);
  }

  readOn(): void {
    this.waiting.shift()?.();
  }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

async function* slowly<Value>(values: Iterable<Value>): AsyncIterable<Value> {
  for (const value of values) {
    await turns(1);
    yield value;
  }
}

describe("a stream of records", () => {
  it.each([0, 1, 2, 5_000])("of %i is one JSON array", async (count) => {
    const values = Array.from({ length: count }, (_, n) => ({ n, text: "\u009b,[" }));
    const once = testContext();
    const streamed = testContext();

    await createOutput(once, JSON_MODE).records(values);
    await createOutput(streamed, JSON_MODE).records(slowly(values));

    expect(once.stdout.text).toBe(`${JSON.stringify(values).replaceAll("\u009b", "\\u009b")}\n`);
    expect(streamed.stdout.text).toBe(once.stdout.text);
  });

  it("is nothing for people", async () => {
    const context = testContext();

    await createOutput(context, PLAIN).records([1]);

    expect(context.stdout.text).toBe("");
  });

  it("takes no more while the reader is behind", async () => {
    let taken = 0;
    function* values() {
      for (; taken < 100_000; taken += 1) yield { taken, text: "x".repeat(1000) };
    }
    const stdout = new SlowReader();

    const written = createOutput({ ...testContext(), stdout }, JSON_MODE).records(values());
    await turns(50);
    const before = taken;
    stdout.readOn();
    await turns(50);

    expect(before).toBeLessThan(100);
    expect(taken).toBeGreaterThan(before);
    expect(taken).toBeLessThan(200);
    stdout.destroy();
    await written;
  });

  it("ends without an error when nobody reads any more, and closes what it read from", async () => {
    let closed = false;
    function* values() {
      try {
        for (;;) yield "x".repeat(1000);
      } finally {
        closed = true;
      }
    }
    const stdout = new SlowReader();

    const written = createOutput({ ...testContext(), stdout }, JSON_MODE).records(values());
    await turns(10);
    stdout.destroy();
    await written;

    expect(closed).toBe(true);
  });

  it("lets the loop turn, so that a signal is heard", async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
    let left = 1_000_000;
    function* values() {
      for (; left > 0; left -= 1) yield "x".repeat(1000);
    }
    setTimeout(() => stdout.destroy(), 20);

    await createOutput({ ...testContext(), stdout }, JSON_MODE).records(values());

    expect(left).toBeGreaterThan(0);
  });

  it("passes on a failure of what it reads from", async () => {
    function* values() {
      yield 1;
      throw new Error("the disk is gone");
    }

    await expect(createOutput(testContext(), JSON_MODE).records(values())).rejects.toThrow("the disk is gone");
  });
});

describe("a stream of lines", () => {
  it("is made safe like any line, and is nothing for programs", async () => {
    const people = testContext();
    const programs = testContext();

    await createOutput(people, PLAIN).lines(["a\u001b[2J", [{ text: "b", style: "red" }]]);
    await createOutput(programs, JSON_MODE).lines(["a"]);

    expect(people.stdout.text).toBe("a\\x1b[2J\nb\n");
    expect(programs.stdout.text).toBe("");
  });
});
