import { createHmac, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";

const SECRET = "input-secret";
const MIB = 2 ** 20;
const signature = (body: Uint8Array) => createHmac("sha256", SECRET).update(body).digest("hex");

function verify(stdin: string | Uint8Array | Readable, signed: string, words: readonly string[] = []) {
  return runCli(["verify", "--secret", "env:S", "--signature", signed, ...words], { stdin, env: { S: SECRET } });
}

/** Chunks of 1 MiB, counted as they are taken. */
function endless(chunks: number): { stream: Readable; taken: () => number } {
  let taken = 0;
  const chunk = Buffer.alloc(MIB, "x");
  const stream = Readable.from(
    (function* () {
      for (; taken < chunks; taken += 1) yield chunk;
    })(),
    { highWaterMark: 1 },
  );
  return { stream, taken: () => taken };
}

describe("what verify reads from standard input", () => {
  it("may be empty: an empty body has a signature too", async () => {
    expect((await verify("", signature(new Uint8Array()))).code).toBe(0);
    expect((await verify("", signature(Buffer.from("x")))).code).toBe(1);
  });

  it("is taken byte for byte", async () => {
    const body = Buffer.concat([
      Buffer.from([0, 0xff, 0xfe, 0x0d, 0x0a, 0x1a]),
      randomBytes(100_000),
      Buffer.from("\n"),
    ]);

    expect((await verify(body, signature(body))).code).toBe(0);
    expect((await verify(body.subarray(0, -1), signature(body), ["--no-explain"])).code).toBe(1);
  });

  it("may be 64 MiB long", { timeout: 60_000 }, async () => {
    const body = Buffer.alloc(64 * MIB, "a");

    expect((await verify(body, signature(body))).code).toBe(0);
    expect((await verify(body, signature(Buffer.from("other")))).code).toBe(1);
  });

  it("may not be longer, and is not read to its end then", async () => {
    const { stream, taken } = endless(1_024);

    const run = await verify(stream, "00".repeat(32));

    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("larger than 64 MiB");
    expect(taken()).toBeLessThan(80);
  });

  it("is a usage error when it breaks off", async () => {
    const stream = new Readable({
      read() {
        this.destroy(new Error("read EIO"));
      },
    });

    const run = await verify(stream, "00".repeat(32));

    expect(run.code).toBe(2);
    expect(run.stderr).toContain("read EIO");
  });
});

describe("what a batch reads from standard input", () => {
  it("is a usage error when it breaks off", async () => {
    const stream = new Readable({
      read() {
        this.destroy(Object.assign(new Error("EISDIR"), { code: "EISDIR" }));
      },
    });

    const run = await runCli(["verify", "--batch"], { stdin: stream });

    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("cannot read standard input: it is a folder");
  });

  it("goes on after a line that is too long", { timeout: 60_000 }, async () => {
    const good = JSON.stringify({ secret: SECRET, signatureHex: signature(Buffer.from("hi")), body: "hi" });
    const stream = Readable.from(
      (function* () {
        yield Buffer.from('{"body":"');
        for (let index = 0; index < 80; index += 1) yield Buffer.alloc(MIB, "x");
        yield Buffer.from(`"}\n${good}\n`);
      })(),
      { highWaterMark: 1 },
    );

    const run = await runCli(["verify", "--batch"], { stdin: stream });

    expect(
      run.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { line: 1, error: "the line is longer than 64 MiB" },
      { line: 2, valid: true },
    ]);
    expect(run.code).toBe(2);
  });
});
