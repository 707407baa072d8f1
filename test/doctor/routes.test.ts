import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseTarget } from "../../src/deliver/target.js";
import type { RouteSide } from "../../src/doctor/patient.js";
import { createSandbox, runProgram, startListen } from "../helpers/program.js";
import { closedPort, makePatient, probe, serve } from "./patient.js";

function routeTo(port: number, match = "invoice.*"): RouteSide {
  return { match, target: parseTarget(`127.0.0.1:${port}/hooks`), addresses: ["127.0.0.1"] };
}

const found = async (routes: readonly RouteSide[]) => probe("route-ports", await makePatient({ routes }));

describe("the targets of routes", () => {
  it("are not looked at where there are none", async () => {
    expect(await found([])).toMatchObject({
      status: "skipped",
      message: "neither the config nor a running listen has routes to this computer",
    });
  });

  it("are well when each takes connections", async () => {
    const ports = [
      await serve((_, response) => void response.end()),
      await serve((_, response) => void response.end()),
    ];

    expect(await found(ports.map((port) => routeTo(port)))).toMatchObject({
      status: "ok",
      message: "all 2 targets take connections",
    });
  });

  it("are named with their routes where nothing listens, of many the first ones", async () => {
    const [open, closed] = [await serve((_, response) => void response.end()), await closedPort()];
    const one = await found([routeTo(open, "a"), routeTo(closed, "b")]);
    const many = await found(
      ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"].map((host) => ({
        match: "a",
        target: parseTarget(`${host}:${closed}`),
        addresses: [host],
      })),
    );

    expect(one).toMatchObject({
      status: "broken",
      message: `nothing listens at http://127.0.0.1:${closed}/hooks (b)`,
    });
    expect(many.message).toMatch(/^nothing listens at .*, and 1 more$/);
  });

  it("are those of a listen that runs, too, and are looked at no more when it has ended", async () => {
    const sandbox = createSandbox();
    onTestFinished(() => sandbox.remove());
    const [open, closed] = [await serve((_, response) => void response.end()), await closedPort()];
    const routes = ["--route", `a.*=127.0.0.1:${open}`, "--route", `header:x-api-key=s3cret=127.0.0.1:${closed}`];
    const listen = await startListen(["--no-tunnel", ...routes], { sandbox });
    const doctor = () => runProgram(["doctor", "--only", "route-ports,listeners"], { sandbox });
    const during = await doctor();
    await listen.stop();
    const after = await doctor();

    expect(during.stdout).toContain(`nothing listens at http://127.0.0.1:${closed} (header:x-api-key=***)`);
    expect(during.stdout).toContain(`a.* -> http://127.0.0.1:${open}`);
    expect(during.stdout + during.stderr).not.toContain("s3cret");
    expect(after.stdout).toContain("neither the config nor a running listen has routes");
    expect([during.code, after.code]).toEqual([1, 0]);
  });

  it("are those of the config, but for hookcli's own port", async () => {
    const sandbox = createSandbox();
    onTestFinished(() => sandbox.remove());
    const listen = await startListen(["--no-tunnel"], { sandbox });
    const configure = (port: number) =>
      writeFileSync(
        join(sandbox.folder, "hookcli.config.json"),
        JSON.stringify({ routes: [{ match: "header:x-api-key=s3cret", target: `127.0.0.1:${port}` }] }),
      );
    const doctor = () => runProgram(["doctor", "--only", "route-ports", "--json"], { sandbox });
    configure(Number(new URL(listen.localUrl).port));
    const loop = await doctor();
    await listen.stop();
    configure(await closedPort());
    const closed = await doctor();

    expect(loop.stdout).toContain("is the listen with process id");
    expect(closed.stdout).toContain("nothing listens at");
    expect([loop.code, closed.code]).toEqual([1, 1]);
    expect(loop.stdout + closed.stdout).not.toContain("s3cret");
  });
});
