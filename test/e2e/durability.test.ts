import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startLoad } from "../helpers/load.js";
import { createSandbox, startListen, type Sandbox } from "../helpers/program.js";
import { storedEvents } from "../helpers/stored.js";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = createSandbox();
});

afterEach(() => sandbox.remove());

describe("an event answered with 2xx is on disk", () => {
  it("after kill -9 under load, 20 runs", async () => {
    let acknowledged = 0;
    let lost = 0;
    for (let run = 0; run < 20; run += 1) {
      const own = createSandbox();
      const listen = await startListen(["--no-tunnel"], { sandbox: own });
      const load = startLoad(`${listen.localUrl}/hook`, { connections: 64, bodyBytes: 1024, ratePerSecond: 2000 });
      await sleep(randomInt(200, 3000));
      await listen.stop("SIGKILL");
      await load.stop();

      const stored = new Map((await storedEvents(own)).map((event) => [event.providerEventId, event.bodySha256]));
      const ledger = load.acknowledged();
      acknowledged += ledger.size;
      lost += [...ledger].filter(([id, hash]) => stored.get(id) !== hash).length;
      own.remove();
    }

    expect(acknowledged).toBeGreaterThan(1000);
    expect(lost).toBe(0);
  });

  it("with a sync of the database between the request's read and the answer's write, 200 of 200", async () => {
    const log = join(sandbox.folder, "strace.log");
    const calls = "read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync";
    const wrap = ["strace", "-f", "-y", "-s", "96", "-e", `trace=${calls}`, "-o", log];
    const listen = await startListen(["--no-tunnel"], { sandbox, wrap });
    for (let n = 0; n < 200; n += 1) {
      const answer = await fetch(`${listen.localUrl}/request-${n}-`, { method: "POST", body: "{}" });
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    // A signal to strace itself would let the program go on without it.
    for (const pid of childrenOf(listen.child.pid ?? 0)) process.kill(pid, "SIGTERM");
    await listen.ended();

    const lines = readFileSync(log, "latin1").split("\n");
    expect(syncedBeforeAnswer(lines, 200)).toBe(200);
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

/** How many of the requests have a finished sync of the database after they were read and before they were answered. */
function syncedBeforeAnswer(lines: readonly string[], count: number): number {
  const unfinished = new Set<string>();
  let current: string | undefined;
  let isSynced = false;
  const synced = new Set<string>();
  for (const line of lines) {
    const pid = line.split(" ", 1)[0] ?? "";
    const read = /POST \/request-(\d+)-/.exec(line)?.[1];
    if (read !== undefined) {
      current = read;
      isSynced = false;
    }
    if (/f(?:data)?sync\(\d+<[^>]*events\.db[^>]*>/.test(line)) {
      if (line.includes("<unfinished")) unfinished.add(pid);
      else isSynced = true;
    } else if (/<\.\.\. f(?:data)?sync resumed>/.test(line) && unfinished.delete(pid)) isSynced = true;
    if (current !== undefined && line.includes('"HTTP/1.1 200')) {
      if (isSynced) synced.add(current);
      current = undefined;
    }
  }
  return Math.min(synced.size, count);
}
