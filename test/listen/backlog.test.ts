import { createServer, type AddressInfo } from "node:net";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = createSandbox({ HOOKCLI_SECRET: "s" });
  app = await startApp();
});

afterEach(async () => {
  await app.close();
  sandbox.remove();
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A `listen` that holds what comes for an app that is down. */
async function holding(port: number, events: number) {
  const listen = await startListen([String(port), "--no-tunnel", "--queue"], { sandbox });
  for (let id = 0; id < events; id += 1)
    await fetch(listen.localUrl, { method: "POST", body: JSON.stringify({ type: "a", id }) });
  return listen;
}

const other = (where: Sandbox = sandbox) => startListen([String(app.port), "--no-tunnel"], { sandbox: where });
const stats = async (...argv: string[]) => (await runProgram(["events", "stats", ...argv], { sandbox })).stdout;

describe("what waits for a target", () => {
  it("that nobody serves is told by listen and by stats, with what to do", async () => {
    const port = await freePort();
    await (await holding(port, 2)).stop();
    const told = `2 events wait for http://localhost:${port}, which no running listen serves: hookcli listen http://localhost:${port} delivers them`;

    const running = await other();
    await running.stop();

    expect(running.stderr().split(told)).toHaveLength(2);
    expect(await stats()).toContain(told);
    expect(JSON.parse(await stats("--json"))).toMatchObject({
      waiting: [{ project: expect.any(String), target: `http://localhost:${port}`, events: 2, served: false }],
    });
  });

  it("is delivered by the command that was told", async () => {
    const port = await freePort();
    await (await holding(port, 1)).stop();
    const back = await startApp((_request, response) => void response.end("ok"));
    await back.close();
    await new Promise<void>((resolve) => back.server.listen(port, "127.0.0.1", resolve));

    const running = await startListen([`http://localhost:${port}`, "--no-tunnel"], { sandbox });
    await running.waitForCount("attempt", 1);
    await running.stop();
    back.server.closeAllConnections();
    back.server.close();

    expect(running.stderr()).not.toContain("no running listen");
    expect(JSON.parse(await stats("--json"))).toMatchObject({ waiting: [] });
  });

  it("that another listen serves is not complained of", async () => {
    const port = await freePort();
    const serving = await holding(port, 1);

    const running = await other();
    const counted = await stats();
    await running.stop();
    await serving.stop();

    expect(running.stderr()).not.toContain("no running listen");
    expect(counted).toContain(`1 event waits for http://localhost:${port}\n`);
  });

  it("in another project is none of this one's", async () => {
    const folder = join(sandbox.folder, "elsewhere");
    mkdirSync(join(folder, ".git"), { recursive: true });
    await (await holding(await freePort(), 1)).stop();

    const running = await other({ ...sandbox, folder });
    await running.stop();
    const here = await runProgram(["events", "stats"], { sandbox: { ...sandbox, folder } });
    const everywhere = await runProgram(["events", "stats", "--all-projects"], { sandbox: { ...sandbox, folder } });

    expect(running.stderr()).not.toContain("no running listen");
    expect(here.stdout).not.toContain("wait");
    expect(everywhere.stdout).toMatch(/1 event in \S+ waits for http/);
  });
});
