import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type App, startApp } from "./app.js";
import { type Access, accessOf, fixturesOf, freePort, openWorkspace, twoAtATime, type Workspace } from "./hookcli.js";
import type { Outcome } from "./process.js";
import { type Credentials, type Row, rows } from "./rows.js";
import { type SignedRequest, writtenOut } from "./written-out.js";

describe.each(rows)("$name", (row) => {
  let credentials: Credentials;
  let access: Access;
  let workspace: Workspace;
  let fixtures: readonly string[];
  let apps: App[];

  beforeEach(async () => {
    credentials = row.credentials();
    access = accessOf(row, credentials);
    workspace = await openWorkspace(access);
    fixtures = await fixturesOf(row.provider);
    apps = [];
  });
  afterEach(async () => {
    await Promise.all([workspace.close(), ...apps.map((app) => app.close())]);
  });

  async function open(env: Readonly<Record<string, string>> = {}): Promise<App> {
    const app = await startApp(row.name, { ...credentials.appEnv, ...env });
    apps.push(app);
    return app;
  }

  /** An app behind a running listener, which it knows as its public URL. */
  async function openBehindListener(): Promise<{ app: App; origin: string }> {
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const app = await open({ PUBLIC_URL: origin });
    await workspace.listen([String(app.port), "--port", String(port), ...access.check]);
    return { app, origin };
  }

  function send(...words: readonly string[]): Promise<Outcome> {
    return workspace.run(["send", ...words, ...access.sign]);
  }

  test("accepts every fixture sent to it, and is given the bytes that were stored", async () => {
    const app = await open();

    const outcomes = await twoAtATime(fixtures, (fixture) => send(fixture, "--to", url(app)));

    expect(fixtures.length).toBeGreaterThanOrEqual(3);
    expect(failures(outcomes, 0)).toEqual([]);
    const records = await app.records(fixtures.length);
    expect(records.map(({ accepted }) => accepted)).toEqual(fixtures.map(() => true));
    const stored = await workspace.events();
    expect(hashes(records)).toEqual(stored.map(({ bodySha256 }) => bodySha256).toSorted());
  });

  test("refuses every fixture that was tampered with, and send finds that right", async () => {
    const app = await open();
    const cases = [
      ...fixtures.flatMap((fixture) => troublesOf(row).map((trouble) => [fixture, ...trouble])),
      ...wholeTroublesOf(row).map((trouble) => [fixtures[0] ?? "", ...trouble]),
    ];

    const outcomes = await twoAtATime(cases, (words) => send(...words, "--to", url(app)));

    expect(failures(outcomes, 0)).toEqual([]);
    const records = await app.records(cases.length);
    expect(records.map(({ accepted }) => accepted)).toEqual(cases.map(() => false));
  });

  test("accepts through listen what was signed by the provider's documents, which is captured as valid", async () => {
    const { app, origin } = await openBehindListener();
    const timestamp = Math.floor(Date.now() / 1000);
    const requests = (writtenOut[row.name] ?? []).map((sign) => sign({ credentials, timestamp, origin }));

    const statuses = await twoAtATime(requests, ({ path, headers, body }) => post(origin + path, { headers, body }));

    expect(statuses.filter((status) => status < 200 || status > 299)).toEqual([]);
    const records = await app.records(requests.length);
    expect(records.map(({ accepted }) => accepted)).toEqual(requests.map(() => true));
    const captured = await workspace.events();
    expect(captured.map(({ signature }) => signature.status)).toEqual(requests.map(() => "valid"));
    expect(hashes(records)).toEqual(captured.map(({ bodySha256 }) => bodySha256).toSorted());
  });

  test("accepts every fixture through listen, which knows it as valid, and accepts it again by replay", async () => {
    const { app } = await openBehindListener();

    const sent = await twoAtATime(fixtures, (fixture) => send(fixture));

    expect(failures(sent, 0)).toEqual([]);
    const captured = (await workspace.events()).filter(({ source }) => source === "local");
    expect(captured.map(({ signature, provider }) => ({ ...signature, provider }))).toEqual(
      fixtures.map(() => expect.objectContaining({ status: "valid", provider: row.provider }) as unknown),
    );
    const replayed = await workspace.run(["replay", "--source", "local", "--yes", ...access.sign]);
    expect(failures([replayed], 0)).toEqual([]);
    const records = await app.records(2 * fixtures.length);
    expect(records.map(({ accepted }) => accepted)).toEqual([...fixtures, ...fixtures].map(() => true));
    const capturedHashes = captured.map(({ bodySha256 }) => bodySha256);
    expect(hashes(records)).toEqual([...capturedHashes, ...capturedHashes].toSorted());
  });

  test("accepts the last captured event by `replay last`, which verifies afterwards", async () => {
    const { app } = await openBehindListener();
    const sent = await send(fixtures[0] ?? "");

    const replayed = await workspace.run(["replay", "last", ...access.sign]);
    const verified = await workspace.run(["verify", "--event", "1", ...access.check]);

    expect(failures([sent, replayed, verified], 0)).toEqual([]);
    const records = await app.records(2);
    expect(records).toEqual([records[0], records[0]]);
    expect(records[0]?.accepted).toBe(true);
  });

  test("refuses through listen what was tampered with, which is captured as invalid", async () => {
    const { app } = await openBehindListener();
    const troubles = [...troublesOf(row), ["--tamper", "secret"]];

    const outcomes = await twoAtATime(troubles, (trouble) => send(fixtures[0] ?? "", ...trouble));
    const unsigned = await send(fixtures[0] ?? "", "--unsigned");

    expect(failures([...outcomes, unsigned], 0)).toEqual([]);
    const records = await app.records(troubles.length + 1);
    expect(records.filter(({ accepted }) => accepted)).toEqual([]);
    const captured = (await workspace.events()).filter(({ source }) => source === "local");
    const statuses = captured.map(({ signature }) => signature.status);
    expect(statuses.slice(0, -1)).toEqual(troubles.map(() => "invalid"));
    expect(statuses.at(-1)).not.toBe("valid");
  });

  if (row.signsUrl)
    test("finds the URL that was signed in the headers that listen adds", async () => {
      const app = await open();
      await workspace.listen([String(app.port), ...access.check]);

      const sent = await send(fixtures[0] ?? "");

      expect(failures([sent], 0)).toEqual([]);
      expect(await app.records(1)).toMatchObject([{ accepted: true }]);
    });

  if (row.signsUrl)
    test("accepts what is signed for the public URL that listen was told, and accepts it again by replay", async () => {
      const origin = "https://hooks.example.com";
      const app = await open({ PUBLIC_URL: origin });
      await workspace.listen([String(app.port), "--public-url", origin, ...access.check]);

      const sent = await send(fixtures[0] ?? "", "--url", `${origin}/`);
      const replayed = await workspace.run(["replay", "last", ...access.sign]);

      expect(failures([sent, replayed], 0)).toEqual([]);
      expect(await app.records(2)).toMatchObject([{ accepted: true }, { accepted: true }]);
      const captured = (await workspace.events()).filter(({ source }) => source === "local");
      expect(captured.map(({ signature }) => signature.status)).toEqual(["valid"]);
    });

  if (row.checksAge)
    test("refuses an event captured long ago as it stands, and accepts it once replay has signed it anew", async () => {
      const { app } = await openBehindListener();

      const captured = await send(fixtures[0] ?? "", "--stale", "10m");
      const [event] = await workspace.events();
      const id = event?.id ?? "";
      const verbatim = await workspace.run(["replay", id, "--verbatim", ...access.sign]);
      const byItself = await workspace.run(["replay", id, ...access.sign]);
      const asked = await workspace.run(["replay", id, "--resign", ...access.sign]);

      expect(event?.signature).toMatchObject({ status: "invalid", reason: "timestamp_too_old" });
      expect([captured, verbatim, byItself, asked].map(({ code }) => code)).toEqual([0, 1, 0, 0]);
      const records = await app.records(4);
      expect(records.map(({ accepted }) => accepted)).toEqual([false, false, true, true]);
      expect(new Set(hashes(records)).size).toBe(1);
    });
});

/** The ways in which a single request is made wrong that this provider's check can notice. */
function troublesOf(row: Row): readonly (readonly string[])[] {
  return [["--tamper", "signature"], ...(row.signsBody ? [["--tamper", "body"]] : [])];
}

/** What is wrong whatever the body is: one fixture tells. */
function wholeTroublesOf(row: Row): readonly (readonly string[])[] {
  return [["--tamper", "secret"], ["--unsigned"], ...(row.checksAge ? [["--stale", "10m"]] : [])];
}

async function post(target: string, request: Pick<SignedRequest, "headers" | "body">): Promise<number> {
  const response = await fetch(target, { method: "POST", ...request });
  await response.arrayBuffer();
  return response.status;
}

function url(app: App): string {
  return `http://127.0.0.1:${app.port}/webhook`;
}

/** What ended otherwise than with `code`. */
function failures(outcomes: readonly Outcome[], code: number): readonly Outcome[] {
  return outcomes.filter((outcome) => outcome.code !== code);
}

function hashes(records: readonly { readonly sha256: string }[]): readonly string[] {
  return records.map(({ sha256 }) => sha256).toSorted();
}
