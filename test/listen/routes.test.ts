import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headersFromRaw, headerValue } from "../../src/events/headers.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;
let [first, second]: TestApp[] = [];
let apps: readonly TestApp[] = [];

beforeEach(async () => {
  sandbox = createSandbox();
  apps = [
    await startApp((_request, response) => void response.end("first")),
    await startApp((_, response) => void response.end("second")),
  ];
  [first, second] = apps;
});

afterEach(async () => {
  for (const app of apps) await app.close();
  sandbox.remove();
});

const portOf = (app: TestApp | undefined) => app?.port ?? 0;

function configure(text: unknown): void {
  writeFileSync(join(sandbox.folder, "hookcli.config.json"), JSON.stringify(text));
}

async function post(url: string, type: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify({ type }) });
  return { status: response.status, text: await response.text() };
}

describe("listen --route", () => {
  it("answers with the first target's answer, and delivers to the others beside it", async () => {
    const routes = ["--route", `invoice.*=${portOf(second)}/b`, "--route", `*.paid=${portOf(first)}/a`];
    const listen = await startListen(["--no-tunnel", ...routes], { sandbox });

    const answer = await post(listen.localUrl, "invoice.paid");
    await listen.waitForCount("attempt", 2);
    await listen.stop();

    expect(answer).toEqual({ status: 200, text: "second" });
    expect([first, second].map((app) => app?.requests.map(({ url }) => url))).toEqual([["/a"], ["/b"]]);
    const shown = await runProgram(["events", "show", "last", "--json"], { sandbox });
    const { state, attempts } = JSON.parse(shown.stdout) as { state: string; attempts: { target: string }[] };
    expect(state).toBe("delivered");
    expect(attempts.map(({ target }) => target).toSorted()).toEqual(
      [`http://localhost:${portOf(first)}/a`, `http://localhost:${portOf(second)}/b`].toSorted(),
    );
  });

  it("leaves the rest to the target, and answers 200 itself without one", async () => {
    const route = ["--route", `invoice.*=${portOf(second)}`];
    const bin = await startListen(["--no-tunnel", ...route], { sandbox });
    const alone = await post(bin.localUrl, "ping");
    await bin.stop();
    const listen = await startListen([String(portOf(first)), "--no-tunnel", ...route], { sandbox });

    const answers = [await post(listen.localUrl, "ping"), await post(listen.localUrl, "invoice.paid")];
    await listen.stop();

    expect(alone).toEqual({ status: 200, text: "" });
    expect(answers.map(({ text }) => text)).toEqual(["first", "second"]);
  });

  it("takes headers and a time limit of its own from the config, after the command line's", async () => {
    if (second !== undefined) second.answer = () => {};
    configure({
      routes: [
        { match: "slow", target: String(portOf(second)), timeout: "200ms" },
        {
          match: ["told", "path:/"],
          target: String(portOf(first)),
          headers: { "X-From": "route", "X-Other": "env:OTHER" },
        },
      ],
    });
    const listen = await startListen(["--no-tunnel", "-H", "X-From: all"], { sandbox, env: { OTHER: "other" } });

    const answers = [await post(listen.localUrl, "slow"), await post(listen.localUrl, "told")];
    await listen.stop();

    expect(answers.map(({ status }) => status)).toEqual([504, 200]);
    const headers = headersFromRaw(first?.requests[0]?.rawHeaders ?? []);
    expect([headerValue(headers, "x-from"), headerValue(headers, "x-other")]).toEqual(["route", "other"]);
  });

  it.each([
    [["--port", "4999", "--route", "a=4999"], "the target http://localhost:4999 is hookcli's own port"],
    [["--route", "a=http://192.0.2.1"], "the target http://192.0.2.1 is not on this computer"],
    [["--route", "a"], "--route a has no target"],
  ])("refuses %j", async (argv, message) => {
    const ended = await runProgram(["listen", "--no-tunnel", ...argv], { sandbox });

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
  });

  it.each([
    [{ match: "a", target: "http://192.0.2.1" }, "routes.0 in", "is not on this computer"],
    [{ match: "path:x", target: "1" }, ":1: routes.0.match: the path", "does not begin with /"],
    [{ match: "path:/a?x=1", target: "1" }, "has a query, which is not looked at", "a path is compared without it"],
    [{ match: "a" }, ":1: routes.0: has no target", ""],
    [{ match: "a", target: "1", wait: 1 }, "routes.0.wait: unknown key of a route", ""],
    [{ match: "a", target: "1", headers: { Authorization: "Bearer x" } }, "a secret in a project's config", "env:NAME"],
  ])("refuses %j in a project's file, even with --allow-remote", async (route, message, more) => {
    configure({ routes: [route] });

    const ended = await runProgram(["listen", "--no-tunnel", "--allow-remote"], { sandbox });

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).toContain(more);
  });
});

describe("a match of a field", () => {
  it.each([
    ["application/json", '{"a":{"b":"c"}}', "body:a.b=c"],
    // As curl -d sends it.
    ["application/x-www-form-urlencoded", '{"a":{"b":"c"}}', "body:a.b=c"],
    ["application/x-www-form-urlencoded", "From=%2B1&a.b=c", "body:From=+1"],
  ])("reads a body that came as %s: %s", async (type, body, match) => {
    const listen = await startListen(["--no-tunnel", "--route", `${match}=${portOf(second)}`], { sandbox });

    const answer = await fetch(listen.localUrl, { method: "POST", headers: { "Content-Type": type }, body });
    const none = await fetch(listen.localUrl, { method: "POST", headers: { "Content-Type": type }, body: "\u0000" });
    await listen.stop();

    expect(await answer.text()).toBe("second");
    expect(await none.text()).toBe("");
  });
});

describe("hookcli routes test", () => {
  it("shows where an event would go, and what differed", async () => {
    const listen = await startListen(["--no-tunnel"], { sandbox });
    await post(`${listen.localUrl}/hooks`, "invoice.paid");
    await listen.stop();
    configure({ target: "5000", routes: [{ match: "customer.*", target: "3001" }] });
    const argv = ["routes", "test", "last", "--route", "path:/hooks=3002", "--route", "body:type=invoice.*=3003"];

    const text = await runProgram(argv, { sandbox });
    const json = await runProgram([...argv, "--json"], { sandbox });
    const rest = await runProgram(["routes", "test", "last"], { sandbox });

    expect(text.stdout).toContain(
      "goes to http://localhost:3002, whose answer goes back\nand to http://localhost:3003",
    );
    expect(text.stdout).toContain("no: type is invoice.paid");
    expect(JSON.parse(json.stdout)).toMatchObject({
      deliveredTo: ["http://localhost:3002", "http://localhost:3003"],
      routes: [
        { outcome: "taken" },
        { outcome: "taken" },
        { outcome: "differs", differences: ["type is invoice.paid"] },
      ],
    });
    expect(rest.stdout).toContain("goes to http://localhost:5000, the target for what no route takes");
    expect([text.code, json.code, rest.code]).toEqual([0, 0, 0]);
  });

  it("is told of by config list, without its credentials", async () => {
    configure({ routes: [{ match: "header:x-api-key=s3cret", target: "3001" }] });

    const list = await runProgram(["config", "list"], { sandbox });

    expect(list.stdout).toContain("routes.0");
    expect(list.stdout).toContain("hookcli.config.json:1");
    expect(list.stdout).not.toContain("s3cret");
  });
});
