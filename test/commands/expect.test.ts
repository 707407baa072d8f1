import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judge, parseExpectation, SUCCESS } from "../../src/commands/delivery/judgement.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { runCli } from "../helpers/run.js";

describe("an answer is judged by", () => {
  const answer = { status: 200, error: null, durationMs: 20, headers: [], body: Buffer.from('{"ok":false}') };

  it("all that was expected, and what is there instead is told", () => {
    const expected = parseExpectation("answer.body.ok=true", parseExpectation("2xx"));

    expect(expected.text).toBe("2xx and answer.body.ok=true");
    expect(judge(answer, expected, false)).toEqual({
      accepted: false,
      exitCode: 1,
      remark: "expected 2xx and answer.body.ok=true; answer.body.ok was false",
    });
    expect(judge({ ...answer, body: Buffer.from('{"ok":true}') }, expected, false).accepted).toBe(true);
  });

  it("its failure, where that is what was asked for", () => {
    const refused = { status: null, error: "refused" };

    expect(judge(refused, parseExpectation("error=refused"), false)).toMatchObject({ accepted: true, exitCode: 0 });
    expect(judge(refused, parseExpectation("error=timeout"), false)).toMatchObject({ accepted: false, exitCode: 4 });
    expect(judge(refused, SUCCESS, false)).toMatchObject({ accepted: false, exitCode: 4 });
    expect(judge({ status: null, error: "timeout" }, SUCCESS, false)).toMatchObject({ exitCode: 3 });
  });
});

describe("send --expect", () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp();
    app.answer = (_request, response) =>
      void response.writeHead(200, { "X-App": "yes" }).end('{"data":{"id":"m_1","n":5}}');
  });

  afterEach(() => app.close());

  it("takes fields of the answer, several times", async () => {
    const send = ["send", "message.created", "--unsigned", "--to", String(app.port)];
    const good = await runCli([...send, "--expect", "2xx", "--expect", "answer.body.data.n=1..9"]);
    const bad = await runCli([...send, "--expect", "2xx", "--expect", "answer.header.x-app=no"]);

    expect([good.code, bad.code]).toEqual([0, 1]);
    expect(bad.stdout).toContain("expected 2xx and answer.header.x-app=no; answer.header.x-app has another value");
  });

  it("refuses what is not of the answer, with the nearest field", async () => {
    const result = await runCli(["send", "message.created", "--to", String(app.port), "--expect", "statsu=2xx"]);

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("there is no field statsu");
    expect(result.stderr).toContain("did you mean status?");
  });
});
