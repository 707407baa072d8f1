import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readLines } from "../../src/programs/lines.js";

async function linesOf(chunks: (string | Uint8Array)[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  readLines(stream, (line) => lines.push(line));
  await new Promise((resolve) => stream.once("end", resolve));
  return lines;
}

test("gives lines whole, whatever the pieces they come in", async () => {
  expect(await linesOf(["on", "e\ntwo\r\nth", "ree\rfour"])).toEqual(["one", "two", "three", "four"]);
});

test("puts characters together that were cut between pieces", async () => {
  const bytes = Buffer.from("grüße\n");

  expect(await linesOf([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual(["grüße"]);
});

test("cuts a line without end, and goes on after it", async () => {
  const lines = await linesOf([...Array<string>(100).fill("x".repeat(1_000)), "\nnext\n"]);

  expect(lines.map((line) => line.length)).toEqual([8_192, 4]);
});

test("gives nothing for a stream without text", async () => {
  expect(await linesOf([])).toEqual([]);
});
