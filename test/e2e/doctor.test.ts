import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { certificates } from "../helpers/certificates.js";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";
import { post } from "../tunnel/app.js";
import { startTunnelled, startAround, startServer, listenIn, eventsIn } from "../helpers/tunnelled.js";

const SECRET = "s3cret";

interface Row {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly fix: readonly string[];
}

async function doctor(argv: readonly string[], sandbox: Sandbox, env: Record<string, string> = {}) {
  const ended = await runProgram(["doctor", ...argv, "--json"], { sandbox, env });
  const rows = ended.stdout === "" ? [] : (JSON.parse(ended.stdout) as { findings: Row[] }).findings;
  return { ...ended, of: (name: string) => rows.find((row) => row.name === name) };
}

describe("hookcli doctor, as a program", () => {
  it("finds all well beside a real listen, tunnel and app, and leaves no trace in the store", async () => {
    const { server, app, sandbox, listen } = await startTunnelled("doctor-well", (cleanup) => onTestFinished(cleanup));
    app.answer = (request, response) => {
      const body = app.requests.at(-1)?.body ?? Buffer.alloc(0);
      const expected = createHmac("sha256", SECRET).update(body).digest("hex");
      response.writeHead(request.headers["x-signature"] === expected ? 200 : 401).end();
    };

    const { code, stderr, of } = await doctor(["--tunnel-host", server.host], sandbox, { HOOKCLI_SECRET: SECRET });

    expect({ code, stderr }).toMatchObject({ code: 0 });
    for (const name of [
      "listeners",
      "app-post",
      "app-verifies",
      "raw-body",
      "tunnel-service",
      "firewall",
      "public-url",
    ]) {
      expect(of(name), name).toMatchObject({ status: "ok" });
    }
    expect(of("listeners")?.message).toContain(listen.publicUrl);
    expect(await eventsIn(sandbox)).toEqual([]);
  });

  it("tells a listen that was killed, and one that hangs", async () => {
    const sandbox = createSandbox();
    onTestFinished(() => sandbox.remove());
    const killed = await startListen(["--no-tunnel"], { sandbox });
    const hanging = await startListen(["--no-tunnel"], { sandbox });
    onTestFinished(async () => void (await hanging.stop("SIGKILL")));
    await killed.stop("SIGKILL");
    hanging.child.kill("SIGSTOP");

    const at = async () => (await doctor(["--only", "listeners,stale-listeners"], sandbox)).of("stale-listeners");
    let found = await at();
    // A heartbeat counts for fifteen seconds.
    while (found?.message.includes("silent") !== true) found = await at();

    expect(found.status).toBe("warning");
    expect(found.message).toContain(`listen ${killed.child.pid}: `);
    expect(found.message).toMatch(new RegExp(`listen ${hanging.child.pid}: .* runs, but has been silent for`));
    expect(found.fix).toEqual([`end it (kill -9 ${hanging.child.pid}) and start it again`]);
  });

  // Not every root may mount; the unit tests put a full disk in by a seam.
  if (mayMount())
    it("finds a full disk", async () => {
      const sandbox = createSandbox();
      onTestFinished(() => sandbox.remove());
      const mount = join(sandbox.folder, "small");
      mkdirSync(mount);
      mountSmall(mount);
      onTestFinished(() => void execFileSync("umount", ["-l", mount]));
      writeFileSync(join(mount, "filling"), Buffer.alloc(1_900_000));

      const { code, of } = await doctor(["--only", "disk", "--db", join(mount, "events.db")], sandbox);
      rmSync(join(mount, "filling"));

      expect(code).toBe(1);
      expect(of("disk")).toMatchObject({ status: "broken", message: expect.stringContaining(`free at ${mount}`) });
    });

  it("ends quietly when its reader has gone", async () => {
    const sandbox = createSandbox();
    onTestFinished(() => sandbox.remove());
    const line = `${process.execPath} bin/hookcli.js doctor --via none | head -1`;

    const stdout = execFileSync("bash", ["-c", line], {
      env: sandbox.env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });

    expect(stdout).toMatch(/^ok +node/);
  });
});

describe("TLS and proxies, with an authority of one's own", () => {
  it("work together: TLS to the proxy, and TLS through it to the service and to the public URL", async () => {
    const keys = { key: certificates.key, cert: certificates.good };
    const service = createServer(keys, (_request, response) => void response.end(JSON.stringify({ tunnels: 0 })));
    await once(service.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void service.close());
    const proxy = await startConnectProxy({ tls: keys });
    onTestFinished(() => proxy.close());
    const sandbox = createSandbox();
    onTestFinished(() => sandbox.remove());
    writeFileSync(join(sandbox.folder, "ca.pem"), certificates.root);

    const url = `https://hooks.example.test:${(service.address() as AddressInfo).port}`;
    const argv = [
      "--only",
      "proxy-server,tunnel-service,clock,public-url,public-tls",
      "--tunnel-host",
      url,
      "--public-url",
      url,
    ];
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost,127.0.0.1" };
    const trusted = await doctor(argv, sandbox, { ...env, NODE_EXTRA_CA_CERTS: join(sandbox.folder, "ca.pem") });
    const strange = await doctor(argv, sandbox, env);

    expect(trusted.code).toBe(0);
    for (const name of ["proxy-server", "tunnel-service", "clock", "public-url", "public-tls"]) {
      expect(trusted.of(name), name).toMatchObject({ status: "ok" });
    }
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(url).host]));
    expect(strange.of("tunnel-service")).toMatchObject({ status: "broken" });
  });
});

describe("listen behind a proxy", () => {
  it("opens its tunnel through it, and captures what comes", async () => {
    const finish = (cleanup: () => void | Promise<void>) => onTestFinished(cleanup);
    const server = await startServer(finish);
    const { app, sandbox } = await startAround(finish);
    const proxy = await startConnectProxy();
    onTestFinished(() => proxy.close());
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };

    const argv = [String(app.port), "--tunnel-host", `http://tunnel.test:${server.port}`, "-s", "proxied"];
    const listen = await listenIn(sandbox, argv, { finish, env });
    const answer = await post(`http://proxied.localhost:${server.port}`, "/hook", Buffer.from("x"));

    expect(answer.status).toBe(200);
    expect(listen.publicUrl).toContain("proxied.");
    expect(app.requests.map(({ url }) => url)).toEqual(["/hook"]);
    expect(await eventsIn(sandbox)).toHaveLength(1);
    expect(proxy.asked).toContain(`tunnel.test:${server.port}`);
  });
});

function mountSmall(folder: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "pipe" });
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-mount-"));
  try {
    mountSmall(folder);
    execFileSync("umount", ["-l", folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
