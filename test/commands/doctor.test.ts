import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/store/open.js";
import { findings } from "../../src/doctor/findings.js";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { runCli } from "../helpers/run.js";
import { startServer } from "../helpers/tunnelled.js";
import { hmac, openTestApp, type TestApp } from "../helpers/verifying-app.js";
import { closedPort, serveTcp } from "../doctor/patient.js";

const SECRET = "s3cret-of-the-doctor";

interface Report {
  readonly broken: number;
  readonly warnings: number;
  readonly findings: readonly {
    name: string;
    status: string;
    message: string;
    fix: readonly string[];
    durationMs: number;
  }[];
}

let folder: string;
let db: string;
let app: TestApp;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-doctor-"));
  db = join(folder, "events.db");
  app = await openTestApp((request) => {
    const expected = hmac(SECRET, [request.body]);
    return { status: request.header("x-signature") === expected ? 200 : 401 };
  });
});

afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const env = (more: Record<string, string> = {}) => ({ HOOKCLI_DB: db, XDG_CONFIG_HOME: folder, S: SECRET, ...more });

async function doctor(argv: readonly string[], more: Record<string, string> = {}) {
  const result = await runCli(["doctor", ...argv, "--json"], { cwd: folder, env: env(more) });
  const report = (result.stdout === "" ? { findings: [] } : JSON.parse(result.stdout)) as Report;
  const of = (name: string) => report.findings.find((row) => row.name === name);
  return { ...result, report, of };
}

describe("hookcli doctor", () => {
  it("finds nothing broken with a service, an app and a secret that are well", async () => {
    const server = await startServer((cleanup) => onTestFinished(cleanup));

    const { code, report, of } = await doctor([String(app.port), "--secret", "env:S", "--tunnel-host", server.host]);

    expect(report.findings.filter(({ status }) => status === "broken")).toEqual([]);
    expect(code).toBe(0);
    expect(report.findings.map(({ name }) => name)).toEqual(findings.map(({ name }) => name));
    for (const name of [
      "app-port",
      "app-protocol",
      "app-post",
      "app-verifies",
      "raw-body",
      "tunnel-service",
      "clock",
    ]) {
      expect(of(name), name).toMatchObject({ status: "ok", fix: [] });
    }
  });

  it("exits 1 when something is broken, and says what to do", async () => {
    const port = await closedPort();

    const result = await runCli(["doctor", String(port), "--only", "app-port,node"], { cwd: folder, env: env() });

    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/^broken {3}app-port {2}nothing listens on port \d+ of 127\.0\.0\.1 and ::1/m);
    expect(result.stdout).toMatch(/^ {19}fix: start the app, or name the port that it listens on$/m);
    expect(result.stderr).toContain("1 broken, 0 warnings");
  });

  it("aligns its lines", async () => {
    const { stdout } = await runCli(["doctor", "--only", "node,store,stale-listeners"], { cwd: folder, env: env() });

    const columns = stdout
      .trimEnd()
      .split("\n")
      .map((line) => /^\w+ +\S+ +/.exec(line)?.[0].length);
    expect(columns).toHaveLength(3);
    expect(new Set(columns).size).toBe(1);
  });

  it("takes under ten seconds when nothing answers anywhere", async () => {
    const silent = await serveTcp(() => {});
    const host = `http://127.0.0.1:${silent}`;

    const startedAt = performance.now();
    const argv = [
      String(silent),
      "--secret",
      "env:S",
      "--tunnel-host",
      host,
      "--public-url",
      `https://127.0.0.1:${silent}`,
    ];
    const { code, of } = await doctor(argv);

    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(code).toBe(1);
    for (const name of ["app-port", "app-post", "tunnel-service", "public-tls"])
      expect(of(name)?.status, name).toBe("broken");
  });

  it("signs its probe as the provider does, with odd JSON, and marks it", async () => {
    app.answer = (request) => {
      const parts = Object.fromEntries(
        (request.header("stripe-signature") ?? "").split(",").map((part) => part.split("=")),
      );
      const expected = hmac(SECRET, [`${String(parts["t"])}.`, request.body]);
      return { status: parts["v1"] === expected ? 200 : 400 };
    };

    const argv = [`${app.port}/stripe`, "--provider", "stripe", "--secret", "env:S", "--only", "raw-body,app-verifies"];
    const { of } = await doctor(argv);

    expect(of("raw-body")).toMatchObject({ status: "ok", message: expect.stringContaining("stripe") });
    expect(of("app-verifies")?.status).toBe("ok");
    expect(app.seen.every(({ header, path }) => header("hookcli-probe") === "doctor" && path === "/stripe")).toBe(true);
    expect(app.seen.some(({ body }) => body.includes("\\u00e9"))).toBe(true);
  });

  it("sends the query of its target once", async () => {
    const { of } = await doctor([`${app.port}/hook?token=abc`, "--only", "app-post"]);

    expect(app.seen.map(({ path }) => path)).toEqual(["/hook?token=abc"]);
    expect(of("app-post")?.message).not.toContain("abc");
  });

  it("stores nothing, and makes no store", async () => {
    await doctor([String(app.port), "--secret", "env:S", "--via", "none"]);

    expect(app.seen.length).toBeGreaterThan(0);
    expect(existsSync(db)).toBe(false);
  });

  it("prints no secret, whatever goes wrong", async () => {
    app.answer = () => ({ status: 401 });
    const proxies = { HTTP_PROXY: `http://me:${SECRET}@127.0.0.1:9`, NO_PROXY: "localhost" };

    for (const argv of [["--json"], ["--verbose"]]) {
      const result = await runCli(
        ["doctor", String(app.port), "--secret", "env:S", "--tunnel-host", "http://tunnel.invalid", ...argv],
        { cwd: folder, env: env(proxies) },
      );
      expect(result.code).toBe(1);
      expect(result.stdout + result.stderr).not.toContain(SECRET);
    }
  });

  it("makes safe what an app or a service says", async () => {
    app.answer = () => ({ status: 302, headers: { location: "/\u009b31mred" } });

    const result = await runCli(["doctor", String(app.port), "--only", "app-post"], { cwd: folder, env: env() });

    expect(result.stdout).toContain("302");
    expect(result.stdout).not.toMatch(/[\u0080-\u009f\u001b]/);
  });

  it("looks at what --only and --skip leave, in the table's order", async () => {
    const some = await doctor(["--only", "disk,node", "--only", "store"]);
    const rest = await doctor(["--only", "node,store", "--skip", "store"]);

    expect(some.report.findings.map(({ name }) => name)).toEqual(["node", "store", "disk"]);
    expect(rest.report.findings.map(({ name }) => name)).toEqual(["node"]);
  });

  it("refuses a finding that there is not, and suggests the nearest", async () => {
    const { code, stderr } = await doctor(["--only", "clocks"]);

    expect(code).toBe(2);
    expect(stderr).toContain("doctor has no finding clocks");
    expect(stderr).toContain("did you mean clock?");
    expect((await doctor(["--only", "node", "--skip", "node"])).code).toBe(2);
  });

  it("refuses a target that is not on this computer, without --allow-remote", async () => {
    const { code, stderr } = await doctor(["http://203.0.113.7:5000"]);

    expect(code).toBe(2);
    expect(stderr).toContain("pass --allow-remote if you mean it");
  });

  it("goes to another computer through the proxy that stands between", async () => {
    const proxy = await startConnectProxy({ portOf: () => app.port });
    onTestFinished(() => proxy.close());
    const argv = ["http://app.example.test:81/hook", "--allow-remote", "--secret", "env:S", "--via", "none"];

    const { of } = await doctor(argv, { HTTP_PROXY: proxy.url, NO_PROXY: "localhost,127.0.0.1" });

    expect(of("app-port")).toMatchObject({ status: "skipped", message: "the target is reached through a proxy" });
    expect(of("raw-body")?.status).toBe("ok");
    expect(new Set(proxy.asked)).toEqual(new Set(["app.example.test:81"]));
  });

  it("tells that a proxy refuses, and not the app", async () => {
    const proxy = await startConnectProxy({ status: () => 403 });
    onTestFinished(() => proxy.close());
    const argv = ["http://app.example.test:81/hook", "--allow-remote", "--only", "app-post"];

    const { code, of } = await doctor(argv, { HTTP_PROXY: proxy.url });

    expect(code).toBe(1);
    expect(of("app-post")).toMatchObject({
      message: "http://app.example.test:81/hook gives no answer to a POST: the proxy refused, or cannot be reached",
      fix: ["mend the proxy, or name the target in NO_PROXY"],
    });
  });

  it("refuses a secret that is not there or does not fit", async () => {
    expect((await doctor([String(app.port), "--secret", "env:NOT_THERE"])).code).toBe(2);
    expect((await doctor([String(app.port), "--provider", "svix", "--secret", "env:S"])).code).toBe(2);
    expect((await doctor([String(app.port), "--provider", "nobody"])).stderr).toContain("unknown provider: nobody");
  });

  it("goes on without signing when a secret that lies around does not fit", async () => {
    const { code, of } = await doctor([String(app.port), "--provider", "svix", "--via", "none"], {
      SVIX_WEBHOOK_SECRET: SECRET,
    });

    expect(code).toBe(0);
    expect(of("raw-body")).toMatchObject({
      status: "skipped",
      message: "the secret of env:SVIX_WEBHOOK_SECRET does not fit svix, which takes whsec_ + base64",
    });
    expect(of("app-post")?.status).toBe("ok");
  });

  it("takes target and public URL from the listen that runs", async () => {
    await withListener({ target: `http://127.0.0.1:${app.port}`, publicUrl: "http://alice.localhost:9" }, async () => {
      const { of } = await doctor(["--secret", "env:S", "--via", "none"]);

      expect(of("listeners")).toMatchObject({
        status: "ok",
        message: expect.stringContaining("http://alice.localhost:9"),
      });
      expect(of("raw-body")?.status).toBe("ok");
      expect(of("public-dns")).toMatchObject({
        status: "warning",
        message: expect.stringContaining("alice.localhost"),
      });
    });
  });

  it("takes target, provider and public URL from the config", async () => {
    const config = { target: `${app.port}/hook`, provider: "github", publicUrl: "https://127.0.0.1:9" };
    writeFileSync(join(folder, "hookcli.config.json"), JSON.stringify(config));

    const { of } = await doctor(["--secret", "env:S", "--via", "none"]);

    expect(app.seen.some(({ header }) => header("x-hub-signature-256") !== undefined)).toBe(true);
    expect(of("public-url")).toMatchObject({ status: "broken", message: expect.stringContaining("127.0.0.1:9") });
  });

  it("refuses a listen of ours for a target: it would capture the probes", async () => {
    await withListener({ target: "http://localhost:5000", publicUrl: null }, async () => {
      const { code, stderr } = await doctor(["4999/hook"]);

      expect(code).toBe(2);
      expect(stderr).toContain(`is the listen with process id ${process.pid}, and not an app`);
      expect(stderr).toContain("hookcli doctor http://localhost:5000");
    });
  });

  it("tells a listen that ended without a word", async () => {
    await withListener({ target: null, publicUrl: null, pid: 2 ** 22 + 1 }, async () => {
      const { of } = await doctor(["--only", "listeners,stale-listeners"]);

      expect(of("listeners")?.status).toBe("warning");
      expect(of("stale-listeners")).toMatchObject({
        status: "warning",
        message: expect.stringContaining("ended without a word"),
      });
    });
  });
});

async function withListener(
  row: { target: string | null; publicUrl: string | null; pid?: number },
  use: () => Promise<void>,
): Promise<void> {
  const store = await openStore({ path: db, context: { now: Date.now } });
  try {
    await store.saveListener({
      pid: process.pid,
      project: folder,
      localUrl: "http://127.0.0.1:4999",
      routes: [],
      ...row,
    });
    await use();
  } finally {
    await store.close();
  }
}
