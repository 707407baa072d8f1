import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../../context.js";
import { startSampleApp, type SampleApp } from "./app.js";
import { runHookcli, startListen, type Ended, type RunningListen, type Shell } from "./shell.js";

/** One claim of the demo, checked. */
export interface Step {
  readonly claim: string;
  readonly ok: boolean;
  /** What was found instead, in a few words. */
  readonly found: string;
  /** The command that shows it. */
  readonly command?: string;
}

interface Stage {
  readonly app: SampleApp;
  readonly listen: RunningListen;
  readonly shell: Shell;
  readonly tell: (step: Step) => void;
}

/**
 * Plays the demo with real processes of hookcli, a store of its own and a sample app; everything is removed afterwards.
 * Resolves to false when it could not be played to its end.
 */
export async function playDemo(context: Context, tell: (step: Step) => void): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "hookcli-demo-"));
  const secret = `demo-${randomUUID()}`;
  const app = await startSampleApp(secret);
  const shell: Shell = { context, folder, env: { HOOKCLI_SECRET: secret, HOOKCLI_DB: join(folder, "events.db") } };
  tell({ claim: `a sample app that checks signatures runs on http://localhost:${app.port}`, ok: true, found: "" });
  let listen: RunningListen | undefined;
  try {
    listen = await startListen(shell, app.port);
    const ready = listen.localUrl !== undefined;
    tell({
      claim: ready
        ? `events are captured at ${listen.localUrl} and delivered to the app`
        : "events are captured and delivered to the app",
      ok: ready,
      found: listen.trouble,
      command: `hookcli listen ${app.port} --no-tunnel`,
    });
    if (!ready) return false;
    await playLoop({ app, listen, shell, tell });
    return true;
  } finally {
    await listen?.close();
    app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function playLoop(stage: Stage): Promise<void> {
  await playSend(stage);
  await playTamper(stage);
  await playCapture(stage);
  await playReplay(stage);
  await playVerify(stage);
}

async function playSend(stage: Stage): Promise<void> {
  const command = ["send", "message.created"];
  const ended = await runHookcli(stage.shell, command);
  const ok = ended.code === 0 && stage.app.seen.length === 1 && stage.app.seen[0]?.accepted === true;
  stage.tell({
    claim: "a signed test event is accepted by the app",
    ok,
    found: whatHappened(ended, stage),
    command: line(command),
  });
}

async function playTamper(stage: Stage): Promise<void> {
  const command = ["send", "message.created", "--tamper", "body"];
  const ended = await runHookcli(stage.shell, command);
  const ok = ended.code === 0 && stage.app.seen.length === 2 && stage.app.seen[1]?.accepted === false;
  stage.tell({
    claim: "one with a changed body is refused",
    ok,
    found: whatHappened(ended, stage),
    command: line(command),
  });
}

async function playCapture(stage: Stage): Promise<void> {
  const command = ["events", "list"];
  const ended = await runHookcli(stage.shell, [...command, "--json"]);
  const stored = hashesIn(ended.stdout);
  const seen = stage.app.seen.map(({ bodySha256 }) => bodySha256).toReversed();
  const ok = ended.code === 0 && stored.length === 2 && stored.every((hash, index) => hash === seen[index]);
  stage.tell({
    claim: "both are in the store, byte for byte as the app got them",
    ok,
    found: `${stored.length} events stored`,
    command: line(command),
  });
}

async function playReplay(stage: Stage): Promise<void> {
  const command = ["replay", "1"];
  const ended = await runHookcli(stage.shell, command);
  const { seen } = stage.app;
  const ok =
    ended.code === 0 && seen.length === 3 && seen[2]?.accepted === true && seen[2].bodySha256 === seen[0]?.bodySha256;
  stage.tell({
    claim: "the first one, replayed, is accepted again",
    ok,
    found: whatHappened(ended, stage),
    command: line(command),
  });
}

async function playVerify(stage: Stage): Promise<void> {
  const right = ["verify", "--event", "1"];
  const valid = await runHookcli(stage.shell, right);
  stage.tell({
    claim: "its signature verifies",
    ok: valid.code === 0 && valid.stdout.startsWith("valid"),
    found: firstLine(valid),
    command: line(right),
  });
  const tampered = ["verify", "--event", "2"];
  const invalid = await runHookcli(stage.shell, tampered);
  const ok = invalid.code === 1 && invalid.stdout.startsWith("invalid: signature_mismatch");
  stage.tell({
    claim: "that of the changed one does not, and the reason is named",
    ok,
    found: firstLine(invalid),
    command: line(tampered),
  });
}

function line(command: readonly string[]): string {
  return `hookcli ${command.join(" ")}`;
}

function firstLine({ stdout, stderr, code }: Ended): string {
  return `${(stdout || stderr).split("\n")[0] ?? ""} (exit code ${code})`;
}

function whatHappened(ended: Ended, { app }: Stage): string {
  return `${firstLine(ended)}; the app saw ${app.seen.length} request${app.seen.length === 1 ? "" : "s"}`;
}

function hashesIn(stdout: string): string[] {
  try {
    const events = JSON.parse(stdout) as readonly { readonly bodySha256: string }[];
    return events.map((event) => event.bodySha256);
  } catch {
    return [];
  }
}
