import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Example } from "../src/commands/command.js";
import { allCommands } from "./helpers/command-list.js";
import { rootDir } from "./helpers/data.js";
import { startApp, type TestApp } from "./helpers/http-app.js";
import { startLocaltunnelServer } from "./helpers/localtunnel-server.js";
import { hookcliPath } from "./helpers/program.js";

const SECRET = "s3cret";
const BODY = '{"type":"message.created","data":{"id":"msg_1","content":"hello"}}';
const SIGNATURE = createHmac("sha256", SECRET).update(BODY).digest("hex");
/** The test of a project whose app sends an event to the URL that `listen` tells. */
const SENDING = `void fetch(process.env.HOOKCLI_URL, { method: "POST", body: ${JSON.stringify(BODY)} })`;
/** What a line may exit with when it runs until Ctrl-C. */
const INTERRUPTED = 130;

const commands = await allCommands();
const examples = [...commands.flatMap(({ definition }) => definition.examples), ...readmeExamples()];
const runnable = examples.filter(({ needs }) => needs === undefined);

let folder: string;
let app: TestApp;
let tunnels: Awaited<ReturnType<typeof startLocaltunnelServer>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-examples-"));
  app = await startApp();
  tunnels = await startLocaltunnelServer();
  mkdirSync(join(folder, "bin"));
  symlinkSync(hookcliPath, join(folder, "bin/hookcli"));
  writeFileSync(join(folder, "body.json"), BODY);
  writeFileSync(join(folder, "send.cjs"), SENDING);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { test: "node send.cjs" } }));
  await run("hookcli sign --provider stripe --secret env:S --body @body.json > headers.txt");
  const head = `POST /webhook HTTP/1.1\r\nHost: localhost\r\n${readFileSync(join(folder, "headers.txt"), "utf8").trim()}\r\n\r\n`;
  writeFileSync(join(folder, "request.http"), head + BODY);
  app.answer = (_request, response) => void response.writeHead(503).end();
  await run("hookcli send message.created --to 5000/webhook --expect 503");
  app.answer = (request, response) => void response.writeHead(judge(request.headers, app.requests.at(-1)?.body)).end();
  await run("for n in 2 3 4 5 6 7; do hookcli send message.created --to 5000/webhook || exit 1; done");
  copyFileSync(join(folder, "events.db"), join(folder, "prepared.db"));
});

// Each line finds the folder and the store as they were prepared.
beforeEach(() => {
  for (const name of ["events.db-wal", "events.db-shm", "discord.key", "hookcli.config.json", "fixtures"])
    rmSync(join(folder, name), { recursive: true, force: true });
  copyFileSync(join(folder, "prepared.db"), join(folder, "events.db"));
  writeFileSync(join(folder, "body.json"), BODY);
});

afterAll(async () => {
  await tunnels.close();
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the examples of --help and of the README", () => {
  it.each(runnable)("$line", async ({ line }) => {
    const isEndless = line.startsWith("hookcli listen") && !line.includes(" -- ");
    const result = isEndless ? await listenUntilReady(line) : await run(line);

    expect(result.stderr).not.toContain("hookcli: error:");
    expect(result.code).toBe(isEndless ? INTERRUPTED : 0);
  });

  it("are all run, but for those that need another program", () => {
    expect(examples.filter(({ needs }) => needs !== undefined).map(({ needs }) => needs)).toEqual(["ssh"]);
  });

  it("stand in the help of every command", () => {
    const bare = commands.filter(({ definition }) => definition.examples.length < 2);

    expect(bare.map(({ path }) => path)).toEqual([]);
  });
});

/** The lines of the README's code blocks that start with hookcli; a comment `needs x` tags one that needs a program. */
function readmeExamples(): Example[] {
  const text = readFileSync(join(rootDir, "README.md"), "utf8");
  const lines = [...text.matchAll(/^hookcli .*$/gm)].map(([line]) => line);
  return lines.map((line) => {
    const needs = /# needs (\w+)/.exec(line)?.[1];
    return { line: line.replace(/\s+#.*$/, ""), about: "README", ...(needs === undefined ? {} : { needs }) };
  });
}

/** An app that checks generic signatures, and the age of Stripe's. */
function judge(headers: IncomingHttpHeaders, body: Buffer | undefined): number {
  const signature = headers["x-signature"];
  const stripe = /^t=(\d+)/.exec(String(headers["stripe-signature"] ?? ""))?.[1];
  if (stripe !== undefined && Date.now() / 1000 - Number(stripe) > 300) return 400;
  if (signature === undefined) return 200;
  return signature ===
    createHmac("sha256", SECRET)
      .update(body ?? "")
      .digest("hex")
    ? 200
    : 401;
}

/** The line as a shell runs it in the folder, with ports that are free in place of those in the text. */
function start(line: string) {
  const command = line.replaceAll(/\b(5000|5001|3000)\b/g, String(app.port)).replaceAll(/--port \d+/g, "--port 0");
  return spawn("bash", ["-c", `set -o pipefail; ${command.startsWith("hookcli listen") ? "exec " : ""}${command}`], {
    cwd: folder,
    env: {
      PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
      HOME: folder,
      HOOKCLI_DB: join(folder, "events.db"),
      HOOKCLI_SECRET: SECRET,
      HOOKCLI_TUNNEL_HOST: tunnels.host,
      STRIPE_WEBHOOK_SECRET: SECRET,
      S: SECRET,
      SIGNATURE: line.includes("X-Hub-Signature-256") ? `sha256=${SIGNATURE}` : SIGNATURE,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(line: string): Promise<{ code: number | null; stderr: string }> {
  const child = start(line);
  const stderr = textOf(child.stderr);
  child.stdout.resume();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stderr: stderr() };
}

async function listenUntilReady(line: string): Promise<{ code: number | null; stderr: string }> {
  const child = start(line);
  const stderr = textOf(child.stderr);
  child.stderr.on("data", () => {
    if (stderr().includes("Ctrl-C ends it")) child.kill("SIGINT");
  });
  child.stdout.resume();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stderr: stderr() };
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}
