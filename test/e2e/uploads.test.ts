import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";

const MIB = 2 ** 20;

let sandbox: Sandbox;
let listen: RunningListen;

beforeEach(async () => {
  sandbox = createSandbox();
  listen = await startListen(["--no-tunnel"], { sandbox });
});

afterEach(async () => {
  await listen.stop("SIGKILL");
  sandbox.remove();
});

describe("memory does not follow the sender", () => {
  it.each(["with a length", "chunked"])(
    "64 uploads of 25 MiB at once, %s, stay under 500 MB; the rest get 503",
    async (how) => {
      const answers = await Promise.all(
        Array.from({ length: 64 }, () => upload(listen.localUrl, 25 * MIB, how === "chunked")),
      );

      expect(answers.filter((status) => status === 200).length).toBeGreaterThan(0);
      expect(answers.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(peakBytes(listen.child.pid ?? 0)).toBeLessThan(500 * 1e6);
      expect((await fetch(listen.localUrl, { method: "POST", body: "still there" })).status).toBe(200);
    },
  );

  it("a body of 1 GB is refused with 413 and read no further", async () => {
    const answers = [await upload(listen.localUrl, 1000 * MIB, false), await upload(listen.localUrl, 1000 * MIB, true)];

    expect(answers).toEqual([413, 413]);
    expect(peakBytes(listen.child.pid ?? 0)).toBeLessThan(250 * 1e6);
  });
});

/** Sends `size` zero bytes, pausing with the socket; resolves to the status that came. */
async function upload(url: string, size: number, chunked: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = chunked ? { "transfer-encoding": "chunked" } : { "content-length": size };
    const call = request(url, { method: "POST", headers, agent: false });
    let status: number | undefined;
    call.on("response", (response) => {
      status = response.statusCode ?? 0;
      response.resume();
      response.on("close", () => resolve(status ?? 0));
    });
    call.on("error", (error) => (status === undefined ? reject(error) : resolve(status)));
    const chunk = Buffer.alloc(64 * 1024);
    let left = size;
    const send = () => {
      while (left > 0 && status === undefined) {
        left -= chunk.length;
        if (!call.write(chunk)) return;
      }
      call.end();
    };
    call.on("drain", send);
    send();
  });
}

/** The most memory that a process has had, bytes. */
function peakBytes(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}
