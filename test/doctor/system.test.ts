import { describe, expect, it } from "vitest";
import type { ListenerState } from "../../src/store/check.js";
import { makePatient, makeStore, probe } from "./patient.js";

describe("node", () => {
  it.each([
    ["20.18.3", "broken"],
    ["18.20.0", "broken"],
    ["20.19.4", "warning"],
    ["21.7.3", "warning"],
    ["25.0.0", "warning"],
    ["20.20.2", "ok"],
    ["22.0.0", "ok"],
    ["24.4.1", "ok"],
  ])("%s is %s", async (nodeVersion, status) => {
    const found = await probe("node", await makePatient({ nodeVersion }));

    expect(found.status).toBe(status);
    expect(found.message).toContain(`Node ${nodeVersion}`);
    expect(found.fix !== undefined).toBe(status !== "ok");
  });
});

const NOW = 1_700_000_000_000;
const listener: ListenerState = {
  pid: 4711,
  project: "/home/dev/shop",
  localUrl: "http://127.0.0.1:4000",
  publicUrl: "https://alice.loca.lt",
  target: "http://localhost:5000",
  routes: [],
  heartbeatAt: NOW - 2_000,
  state: "running",
};

async function examined(name: string, rows: readonly Partial<ListenerState>[]) {
  const listeners = async () => rows.map((row) => ({ ...listener, ...row }));
  return probe(name, await makePatient({ store: makeStore({ listeners }), now: () => NOW }));
}

describe("listeners", () => {
  it("are well when one runs for the project", async () => {
    expect(await examined("listeners", [{}])).toMatchObject({
      status: "ok",
      message: "listen 4711: https://alice.loca.lt -> http://localhost:5000",
    });
  });

  it("say what routes a listen has", async () => {
    const routes = ["http://localhost:3001/a?token=s3cret", "http://localhost:3002"].map((target, index) => ({
      match: `kind.${index}`,
      target,
    }));
    const [two, one] = [
      await examined("listeners", [{ routes }]),
      await examined("listeners", [{ target: null, routes }]),
    ];

    expect(two.message).toMatch(
      /-> http:\/\/localhost:5000; kind\.0 -> http:\/\/localhost:3001.*; kind\.1 -> http:\/\/localhost:3002$/,
    );
    expect(one.message).toContain("-> no target; kind.0 -> ");
    expect(two.message).not.toContain("s3cret");
  });

  it("say when a listen has no public URL", async () => {
    const found = await examined("listeners", [{ publicUrl: null }]);

    expect(found.message).toContain("http://127.0.0.1:4000 (no public URL)");
  });

  it("are a warning when none runs", async () => {
    expect(await examined("listeners", [])).toMatchObject({
      status: "warning",
      message: "no listen runs for /home/dev/shop",
      fix: ["start one: hookcli listen 5000"],
    });
  });

  it("are a warning when one runs for another project alone", async () => {
    const found = await examined("listeners", [{ project: "/home/dev/blog" }]);

    expect(found).toMatchObject({ status: "warning", message: expect.stringContaining("but for /home/dev/blog") });
  });

  it("are a warning when several run for the project", async () => {
    const found = await examined("listeners", [{}, { pid: 4712, publicUrl: null }]);

    expect(found).toMatchObject({
      status: "warning",
      message: expect.stringContaining("2 listens run for this project"),
    });
  });

  it("are skipped when the store does not tell", async () => {
    const listeners = () => Promise.reject(new Error("file is not a database"));

    expect((await probe("listeners", await makePatient({ store: makeStore({ listeners }) }))).status).toBe("skipped");
  });
});

describe("stale listeners", () => {
  it("are none when all that are there run", async () => {
    expect((await examined("stale-listeners", [{}])).status).toBe("ok");
  });

  it("are told when a process ended without a word", async () => {
    const found = await examined("stale-listeners", [{ state: "gone", heartbeatAt: NOW - 180_000 }]);

    expect(found).toMatchObject({
      status: "warning",
      message: expect.stringMatching(/^listen 4711: .* ended without a word 3 min ago$/),
    });
  });

  it("are told when a process runs and is silent, with how to end it", async () => {
    const found = await examined("stale-listeners", [{ state: "hung", heartbeatAt: NOW - 60_000 }]);

    expect(found).toMatchObject({ status: "warning", message: expect.stringContaining("has been silent for 60 s") });
    expect(found.fix).toEqual(["end it (kill -9 4711) and start it again"]);
  });

  it("are ended otherwise on Windows", async () => {
    const listeners = async () => [{ ...listener, state: "hung" as const }];
    const patient = await makePatient({ store: makeStore({ listeners }), platform: "win32" });

    expect((await probe("stale-listeners", patient)).fix).toEqual([
      "end it (taskkill /F /PID 4711) and start it again",
    ]);
  });

  it("are nobody's concern in another project", async () => {
    expect((await examined("stale-listeners", [{ state: "gone", project: "/home/dev/blog" }])).status).toBe("ok");
  });
});
