import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { startApp } from "../helpers/http-app.js";
import { createSandbox, startListen } from "../helpers/program.js";
import { runCli } from "../helpers/run.js";

async function surroundings() {
  const app = await startApp();
  onTestFinished(() => app.close());
  const proxy = await startConnectProxy();
  onTestFinished(() => proxy.close());
  const folder = mkdtempSync(join(tmpdir(), "hookcli-proxies-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const env = { HOOKCLI_DB: join(folder, "events.db"), HOOKCLI_SECRET: "s", HTTP_PROXY: proxy.url };
  return { app, proxy, run: (argv: readonly string[]) => runCli(argv, { cwd: folder, env }) };
}

describe("commands behind a proxy", () => {
  it("send and replay to another machine through it, and to this one around it", async () => {
    const { app, proxy, run } = await surroundings();
    const remote = `http://app.example.test:${app.port}/hook`;

    const sent = await run(["send", "message.created", "--to", remote, "--allow-remote"]);
    const replayed = await run(["replay", "last", "--allow-remote"]);
    const local = await run(["send", "message.created", "--to", `${app.port}/hook`, "--allow-remote"]);

    expect([sent.code, replayed.code, local.code]).toEqual([0, 0, 0]);
    expect(app.requests).toHaveLength(3);
    expect(proxy.asked).toEqual([`app.example.test:${app.port}`, `app.example.test:${app.port}`]);
  });

  it("say that it was the proxy, which exits with 4", async () => {
    const { app, proxy, run } = await surroundings();
    await proxy.close();

    const argv = ["send", "message.created", "--to", `http://app.example.test:${app.port}`, "--allow-remote"];
    const { code, stdout } = await run(argv);

    expect(code).toBe(4);
    expect(stdout).toContain("the proxy refused, or cannot be reached");
  });

  it("listen delivers to another machine through it", async () => {
    const { app, proxy } = await surroundings();
    const sandbox = createSandbox({ HTTP_PROXY: proxy.url });
    onTestFinished(() => sandbox.remove());

    const argv = [`http://app.example.test:${app.port}`, "--allow-remote", "--no-tunnel"];
    const listen = await startListen(argv, { sandbox });
    onTestFinished(async () => void (await listen.stop("SIGKILL")));
    const answer = await fetch(`${listen.localUrl}/hook`, { method: "POST", body: "x" });

    expect(answer.status).toBe(200);
    expect(proxy.asked).toEqual([`app.example.test:${app.port}`]);
  });
});
