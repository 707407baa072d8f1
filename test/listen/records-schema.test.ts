import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import formatsModule from "ajv-formats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventToJson } from "../../src/events/event-json.js";
import { asStored } from "../helpers/any-event.js";
import { rootDir } from "../helpers/data.js";
import { newEvent } from "../helpers/event.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";

const schema = JSON.parse(readFileSync(join(rootDir, "docs/hookcli.records.schema.json"), "utf8")) as {
  definitions: Record<string, object>;
};
const ajv = new Ajv({
  strict: true,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
});
formatsModule.default(ajv);
ajv.addSchema(schema, "records");

/** What is wrong with a record of a kind; `null`: nothing. */
function faults(kind: string, record: unknown): unknown {
  const validate = ajv.getSchema(`records#/definitions/${kind}`);
  return validate?.(record) === true ? null : (validate?.errors ?? "no such kind");
}

const KINDS: Readonly<Record<string, string>> = { event: "eventRecord", attempt: "attemptRecord" };

/** What is looked at of an `attempt` line. */
interface AttemptRecord {
  readonly state: string;
  readonly nextAttemptAt: string | null;
  readonly attempt: { readonly n: number; readonly status: number; readonly startedAt: string };
}

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = createSandbox({ HOOKCLI_SECRET: "s3cret" });
  app = await startApp();
});

afterEach(async () => {
  await app.close();
  sandbox.remove();
});

describe("the schema of records", () => {
  it("holds for all that listen, events, send and replay print", async () => {
    const listen = await startListen(
      [String(app.port), "--no-tunnel", "--allow-type", "message.*", "--exit-after", "2"],
      { sandbox },
    );
    const post = (body: string | Uint8Array) => fetch(listen.localUrl, { method: "POST", body });
    await post('{"type":"other"}');
    await fetch(listen.localUrl, {
      method: "POST",
      body: '{"type":"message.created","id":"e1"}',
      headers: { "hookcli-attempt": "3" },
    });
    await post(JSON.stringify({ type: "message.large", filler: "x".repeat(2 ** 20) }));
    await listen.ended();
    const printed = async (argv: string[]) =>
      JSON.parse((await runProgram([...argv, "--json"], { sandbox })).stdout) as Record<string, unknown>;
    const events = (await printed(["events", "list"])) as unknown as unknown[];
    const sent = await printed(["send", "message.created", "--to", String(app.port)]);
    const replayed = await printed(["replay", "2", "--verbatim"]);
    const unreachable = await printed(["send", "message.created", "--to", "1"]);

    expect(new Set(listen.messages.map(({ type }) => type))).toEqual(new Set(["ready", "event", "attempt", "done"]));
    for (const record of listen.messages) expect(faults(KINDS[record.type] ?? record.type, record)).toBeNull();
    expect(events.length).toBeGreaterThan(2);
    expect(listen.messages).toContainEqual(
      expect.objectContaining({ type: "event", event: expect.objectContaining({ retry: { number: 2 } }) }),
    );
    for (const event of events) expect(faults("event", event)).toBeNull();
    for (const result of [sent, replayed, unreachable]) expect(faults("result", result)).toBeNull();
    for (const record of [...listen.messages, ...events, sent]) expect(ajv.validate("records", record)).toBe(true);
  });

  it("holds for the ready line of a listen with routes, which tells of each without its credentials", async () => {
    const routes = ["--route", "a.*=3001/a?token=s3cret", "--route", "header:authorization=s3cret=3002"];
    const listen = await startListen(["--no-tunnel", ...routes], { sandbox });
    await listen.stop();
    const [ready] = listen.messages;

    expect(faults("ready", ready)).toBeNull();
    expect(ready?.["target"]).toBeNull();
    expect(ready?.["routes"]).toEqual([
      { match: ["a.*"], target: "http://localhost:3001/a?token=***" },
      { match: ["header:authorization=***"], target: "http://localhost:3002" },
    ]);
  });

  it("holds for attempts that are made again, and say what became of the event and when the next one is due", async () => {
    const statuses = [503, 200, 503, 503, 404];
    app.answer = (_request, response) => void response.writeHead(statuses.shift() ?? 500).end();
    const argv = [String(app.port), "--no-tunnel", "--ack", "--ordered", "--retry", "1", "--retry-delays", "40ms"];
    const listen = await startListen(argv, { sandbox });
    for (const id of ["e1", "e2", "e3"])
      await fetch(listen.localUrl, { method: "POST", body: JSON.stringify({ type: "a", id }) });
    await listen.waitForCount("attempt", 5);
    await listen.stop();
    const attempts = listen.messages.filter(({ type }) => type === "attempt") as unknown as AttemptRecord[];
    const isLater = attempts.map(({ nextAttemptAt, attempt }) =>
      nextAttemptAt === null ? null : Date.parse(nextAttemptAt) > Date.parse(attempt.startedAt),
    );

    for (const record of listen.messages) expect(faults(KINDS[record.type] ?? record.type, record)).toBeNull();
    expect(attempts.map(({ state, attempt }) => [state, attempt.n, attempt.status])).toEqual([
      ["pending", 1, 503],
      ["delivered", 2, 200],
      ["pending", 1, 503],
      ["dead", 2, 503],
      ["dead", 1, 404],
    ]);
    expect(isLater).toEqual([true, null, true, null, null]);
  });

  it("holds for the attempt whose answer the sender gets, with retries behind it and without", async () => {
    const statuses = [503, 200, 500];
    app.answer = (_request, response) => void response.writeHead(statuses.shift() ?? 500).end();
    const post = (to: { localUrl: string }) => fetch(to.localUrl, { method: "POST", body: '{"type":"a"}' });
    const again = await startListen([String(app.port), "--no-tunnel", "--retry", "1", "--retry-delays", "40ms"], {
      sandbox,
    });
    await post(again);
    await again.waitForCount("attempt", 2);
    await again.stop();
    const once = await startListen([String(app.port), "--no-tunnel"], { sandbox });
    await post(once);
    await once.waitForCount("attempt", 1);
    await once.stop();
    const told = [...again.messages, ...once.messages].filter(({ type }) => type === "attempt");

    for (const record of told) expect(faults("attemptRecord", record)).toBeNull();
    expect(told.map(({ state, nextAttemptAt }) => [state, nextAttemptAt === null])).toEqual([
      ["pending", false],
      ["delivered", true],
      ["failed", true],
    ]);
  });

  it("holds for the end of a run whose command failed and whose expectation was not met", async () => {
    const argv = [
      "listen",
      "--no-tunnel",
      "--json",
      "--expect",
      "type=a",
      "--",
      process.execPath,
      "-e",
      "process.exit(3)",
    ];
    const { stdout } = await runProgram(argv, { sandbox });
    const done = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;

    expect(faults("done", done)).toBeNull();
    expect(done).toMatchObject({ childExitCode: 3, exitCode: 1, unmet: [expect.stringContaining("type=a")] });
  });

  it("says no to what has another shape", () => {
    const event = eventToJson(asStored({ ...newEvent(), duplicateOf: null, attempts: [] }));

    expect(faults("event", event)).toBeNull();
    for (const wrong of [
      { ...event, id: "12" },
      { ...event, state: "done" },
      { ...event, bodyBase64: "" },
      { ...event, extra: 1 },
      { ...event, retry: { number: 0 } },
      { ...event, receivedAt: "yesterday" },
    ])
      expect(faults("event", wrong)).not.toBeNull();
    const { seq: _seq, ...short } = event;
    expect(faults("event", short)).not.toBeNull();
  });
});
