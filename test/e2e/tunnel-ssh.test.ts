import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, chmodSync, readFileSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readLines } from "../../src/programs/lines.js";
import { startProgram } from "../../src/programs/start.js";
import { findTunnel } from "../../src/tunnel/kinds.js";
import { post, startApp, startSupervisor } from "../tunnel/app.js";

const SSHD = "/usr/sbin/sshd";
/** Port 80, which the tunnel asks the host for, is root's. */
const able = existsSync(SSHD) && userInfo().uid === 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** A process and all that it started, the youngest first. */
function withDescendants(pid: number): number[] {
  const children = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .flatMap(([child = 0]) => withDescendants(child));
  return [...children, pid];
}

describe.skipIf(!able)("ssh to a real sshd (skipped without root and openssh-server)", () => {
  let dir: string;
  let sshd: ChildProcess | undefined;
  let port: number;

  const startSshd = async () => {
    sshd = spawn(SSHD, ["-D", "-e", "-f", join(dir, "sshd_config")], { stdio: "ignore" });
    await vi.waitUntil(() => accepts(port), { timeout: 10_000 });
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "hookcli-sshd-"));
    port = await freePort();
    mkdirSync("/run/sshd", { recursive: true });
    for (const name of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, name)]);
    writeFileSync(join(dir, "authorized"), readFileSync(join(dir, "user.pub")));
    const host = readFileSync(join(dir, "host.pub"), "utf8");
    writeFileSync(join(dir, "known"), `[127.0.0.1]:${port} ${host}`);
    const server = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${join(dir, "host")}`,
      "UsePAM no",
      "StrictModes no",
    ];
    writeFileSync(
      join(dir, "sshd_config"),
      [...server, "PermitRootLogin yes", `AuthorizedKeysFile ${join(dir, "authorized")}`, ""].join("\n"),
    );
    const client = [
      `IdentityFile ${join(dir, "user")}`,
      `UserKnownHostsFile ${join(dir, "known")}`,
      "IdentitiesOnly yes",
      "",
    ];
    writeFileSync(join(dir, "ssh_config"), client.join("\n"));
    mkdirSync(join(dir, "bin"));
    writeFileSync(join(dir, "bin", "ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F ${join(dir, "ssh_config")} "$@"\n`);
    chmodSync(join(dir, "bin", "ssh"), 0o755);
    await startSshd();
  });
  afterAll(() => {
    sshd?.kill("SIGKILL");
    rmSync(dir, { recursive: true });
  });

  const kind = async () => {
    const env = { ...process.env, PATH: `${dir}/bin:${process.env["PATH"] ?? ""}` };
    const tunnel = await findTunnel("ssh")?.load({ startProgram, readLines, env, cwd: dir });
    if (tunnel === undefined) throw new Error("no kind ssh");
    return tunnel;
  };

  test("forwards port 80 of the host, byte for byte, is opened again when the host returns, and is gone when closed", async () => {
    const app = await startApp();
    const { supervisor, states, told } = startSupervisor({
      tunnel: await kind(),
      host: `root@127.0.0.1:${port}`,
      port: app.port,
    });
    const body = randomBytes(100_000);
    const sha256 = createHash("sha256").update(body).digest("hex");

    await told(1);
    const first = await post("http://127.0.0.1:80", "/", body);
    for (const pid of withDescendants(sshd?.pid ?? 0)) process.kill(pid, "SIGKILL");
    await told(2);
    await startSshd();
    await told(3);
    const second = await post("http://127.0.0.1:80", "/", body);
    await supervisor.close();
    await app.close();

    expect(first).toEqual({ status: 200, body: sha256 });
    expect(second).toEqual({ status: 200, body: sha256 });
    const up = { state: "up", url: "http://127.0.0.1", changed: false, verified: false, notGranted: undefined };
    expect(states).toEqual([
      up,
      { state: "down", reason: expect.stringMatching(/^ssh ended with status 255/) as string },
      up,
    ]);
    await expect.poll(() => accepts(80)).toBe(false);
  });

  test("a port 80 that is taken is an error that says so", async () => {
    const taken = createServer().listen(80);
    await new Promise((resolve) => taken.once("listening", resolve));
    const request = {
      port: 1,
      host: `root@127.0.0.1:${port}`,
      subdomain: undefined,
      signal: new AbortController().signal,
    };

    await expect((await kind()).open(request)).rejects.toThrow(
      /ssh ended with status 255: .*remote port forwarding failed for listen port 80/i,
    );
    taken.close();
  });
});
