import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ListenReporter } from "../../src/commands/listen/report.js";
import { createOutput } from "../../src/output/terminal.js";
import { hasData } from "../helpers/data.js";
import { actedOn, naughtyStrings, terminalTexts } from "../helpers/hostile.js";
import { createSandbox, hookcliPath, runProgram, type ListenMessage, type Sandbox } from "../helpers/program.js";
import { sendRaw } from "../helpers/raw-client.js";
import { runCli, testContext, type RunResult } from "../helpers/run.js";

const run = promisify(execFile);

/** The whole terminal corpus, and a fifth of the naughty strings. */
const texts = [
  ...terminalTexts(),
  ...naughtyStrings()
    .filter((_, index) => index % 5 === 0)
    .map((bytes) => bytes.toString("utf8")),
];

/** Those that go through every place of the command line. */
const words = texts.filter((_, index) => index < terminalTexts().length || index % 8 === 0);

const MODES = [
  { name: "terminal", flags: [], terminal: true, env: {} },
  { name: "pipe", flags: [], terminal: false, env: {} },
  { name: "json", flags: ["--json"], terminal: false, env: {} },
  { name: "NO_COLOR on a terminal", flags: [], terminal: true, env: { NO_COLOR: "1" } },
] as const;
type Mode = (typeof MODES)[number];

/** An app that answers with bytes of our choice: node:http would refuse to write them. */
async function startRawApp(answer: () => Buffer) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** Reason phrase, header name and value, and body of the app's answer. */
function hostileAnswer(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([
    Buffer.from("HTTP/1.1 200 "),
    bytes,
    Buffer.from("\r\nX-Note: "),
    bytes,
    Buffer.from(`\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`),
    bytes,
  ]);
}

/** One text in every part of a request, each part in a request of its own: what the parser refuses hides nothing else. */
function hostileRequests(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const json = Buffer.from(
    JSON.stringify({ type: text, id: text, event: text, data: { id: text, content: text }, [text]: text }),
  );
  const request = (line: Buffer | string, headers: Buffer | string, body: Buffer) =>
    Buffer.concat([
      Buffer.from(line),
      Buffer.from(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"),
      Buffer.from(headers),
      Buffer.from(`Content-Length: ${body.length}\r\n\r\n`),
      body,
    ]);
  const joined = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
  return [
    request("POST /", "", json),
    request("POST /", "", bytes),
    request(joined("POST /", bytes), "", json),
    request(joined("POST /?token=1&x=", bytes), "", json),
    request(joined(bytes, " /"), "", json),
    request("POST /", joined("X-Event-Type: ", bytes, "\r\nX-GitHub-Delivery: ", bytes, "\r\n"), Buffer.from("{}")),
    request("POST /", joined("X-GitHub-Event: ", bytes, "\r\nX-Hub-Signature-256: ", bytes, "\r\n"), Buffer.from("{}")),
    request("POST /", joined("X-", bytes, ": 1\r\n"), json),
    request("POST /", joined("Content-Type: ", bytes, "\r\nStripe-Signature: t=", bytes, ",v1=00\r\n"), json),
  ];
}

/** Every hostile request to a running `listen`, some at a time. */
async function sendAll(port: number): Promise<void> {
  const queue = texts.flatMap(hostileRequests);
  const sendNext = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await sendRaw(port, next);
  };
  await Promise.all(Array.from({ length: 16 }, sendNext));
}

describe.skipIf(!hasData)("hostile text on a terminal (skipped without HOOKCLI_TEST_DATA)", () => {
  let sandbox: Sandbox;
  let answered = 0;
  let app: Awaited<ReturnType<typeof startRawApp>>;

  beforeAll(async () => {
    sandbox = createSandbox({ HOOKCLI_SECRET: "s" });
    app = await startRawApp(() => hostileAnswer(texts[(answered += 1) % texts.length] ?? ""));
  });
  afterAll(() => {
    app.close();
    sandbox.remove();
  });

  /** `listen` on a pseudo-terminal of util-linux's `script`; gives all that it wrote. */
  async function listenOnTerminal(flags: readonly string[], env: Record<string, string>): Promise<Buffer> {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const command = [
      process.execPath,
      hookcliPath,
      "listen",
      String(app.port),
      "--no-tunnel",
      "--port",
      port,
      ...flags,
    ];
    const child = spawn("script", ["-qefc", command.join(" "), "/dev/null"], {
      cwd: sandbox.folder,
      env: { TERM: "xterm-256color", ...sandbox.env, ...env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const chunks: Buffer[] = [];
    const ready = new Promise<void>((resolve) =>
      child.stdout.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (Buffer.concat(chunks.slice(0, 20)).includes("Ctrl-C ends it")) resolve();
      }),
    );
    const closed = once(child, "close");
    await ready;
    await sendAll(port);
    child.stdin.write("\u0003");
    await closed;
    return Buffer.concat(chunks);
  }

  it("listen -v on a pseudo-terminal prints nothing that it acts on but its own colours", async () => {
    const output = await listenOnTerminal(["-v"], {});

    expect(output.toString()).toContain("\u001b[1m");
    expect(output.toString().split("attempt 1").length).toBeGreaterThan(texts.length * 3);
    expect(actedOn(output, { terminal: true })).toBeUndefined();
  });

  it("listen on a pseudo-terminal with NO_COLOR prints no escape at all, and each event on one line", async () => {
    const output = await listenOnTerminal([], { NO_COLOR: "1" });

    const lines = output.toString().replaceAll("\r\n", "\n").split("\n");
    const strange = lines.filter(
      (line) => line !== "" && !/^(?:\d\d:\d\d(?::\d\d)? {2,}#\d+ |\w+ {2,}|\d+ events |\^C| {9})/.test(line),
    );
    expect(output.includes("\u001b")).toBe(false);
    expect(actedOn(output, { terminal: true })).toBeUndefined();
    expect(strange).toEqual([]);
  });

  /** `listen` in a pipe; gives what it wrote to stdout and stderr. */
  async function listenInPipe(flags: readonly string[]): Promise<{ stdout: Buffer; stderr: Buffer }> {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const argv = ["listen", String(app.port), "--no-tunnel", "--port", String(port), ...flags];
    const child = spawn(process.execPath, [hookcliPath, ...argv], { cwd: sandbox.folder, env: sandbox.env });
    const chunks: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
    const closed = once(child, "close");
    await new Promise<void>((resolve) =>
      child.stderr.on("data", (chunk: Buffer) => {
        chunks.stderr.push(chunk);
        if (chunk.includes("Ctrl-C ends it")) resolve();
      }),
    );
    await sendAll(port);
    child.kill("SIGTERM");
    await closed;
    return { stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
  }

  it("listen in a pipe prints each event on one line", async () => {
    const { stdout, stderr } = await listenInPipe([]);

    const strange = stdout
      .toString()
      .split("\n")
      .filter((line) => !/^(?:|\d\d:\d\d:\d\d {2,}#\d+ .*B.*)$/.test(line));
    expect(actedOn(Buffer.concat([stdout, stderr]), { terminal: false })).toBeUndefined();
    expect(strange).toEqual([]);
  });

  it("listen --json prints one document a line, with the true values", async () => {
    const { stdout, stderr } = await listenInPipe(["--json"]);

    const messages = stdout
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ListenMessage);
    const bodies = new Set(messages.map(({ event }) => (event as { bodyText?: string } | undefined)?.bodyText));
    expect(actedOn(Buffer.concat([stdout, stderr]), { terminal: false })).toBeUndefined();
    expect(texts.filter((text) => !bodies.has(text) && Buffer.from(text).toString() === text)).toEqual([]);
  });

  it.each(MODES)("events list and show are safe and true: $name", async ({ flags, terminal, env }) => {
    const options = { cwd: sandbox.folder, env: { ...sandbox.env, ...env }, stdoutIsTerminal: terminal };
    const list = await runCli(["events", "list", "--limit", "0", "--all-projects", ...flags], options);
    const all = (await runCli(["events", "--limit", "0", "--json", "--all-projects"], options)).stdout;
    const events = JSON.parse(all) as { seq: number; bodySha256: string }[];
    const unsafe: string[] = [];
    for (const { seq } of events.filter((_, index) => index % 7 === 0)) {
      const shown = await runCli(["events", "show", String(seq), "--all-projects", ...flags], options);
      const found = actedOn(shown.stdoutBytes, { terminal }) ?? actedOn(Buffer.from(shown.stderr), { terminal });
      if (found !== undefined || shown.code !== 0) unsafe.push(`#${seq}: ${found ?? shown.stderr}`);
      if (flags.length > 0) expect(JSON.parse(shown.stdout)).toMatchObject(events.find((one) => one.seq === seq) ?? {});
    }

    expect(actedOn(list.stdoutBytes, { terminal })).toBeUndefined();
    if (flags.length === 0) expect(list.stdout.trimEnd().split("\n")).toHaveLength(events.length);
    expect(unsafe).toEqual([]);
  });

  it.each(MODES)("send, replay, sign, verify and every error are safe: $name", async (mode) => {
    const problems: string[] = [];
    const schema = join(sandbox.folder, "schema.json");
    for (const [index, text] of words.entries()) {
      for (const [place, commandLine] of commandLines(text, app.port, schema).entries()) {
        if (MODES[(index + place) % MODES.length] !== mode) continue;
        writeFileSync(schema, JSON.stringify({ [text]: text, type: text, $ref: text }));
        const result = await runCli([...commandLine, ...mode.flags], {
          cwd: sandbox.folder,
          env: { ...sandbox.env, ...mode.env },
          stdoutIsTerminal: mode.terminal,
          stdin: text,
        });
        const problem = problemOf(result, mode);
        if (problem !== undefined) problems.push(`${JSON.stringify(commandLine).slice(0, 200)}: ${problem}`);
      }
    }

    expect(problems).toEqual([]);
  });

  it.each(MODES)("errors in a config file are safe: $name", async (mode) => {
    const problems: string[] = [];
    const path = join(sandbox.folder, "odd.json");
    for (const text of texts) {
      for (const content of [text, JSON.stringify({ [text]: 1 }), JSON.stringify({ target: text, secret: text })]) {
        writeFileSync(path, content);
        const result = await runCli(["send", "--data", "{}", "--unsigned", "--config", path, ...mode.flags], {
          cwd: sandbox.folder,
          env: { ...sandbox.env, ...mode.env },
          stdoutIsTerminal: mode.terminal,
        });
        const problem = problemOf(result, mode);
        if (problem !== undefined) problems.push(`${JSON.stringify(content)}: ${problem}`);
      }
    }

    expect(problems).toEqual([]);
  });

  it.each(MODES)("what a tunnel service says is safe: $name", ({ flags, terminal, env }) => {
    const context = testContext({ stdoutIsTerminal: terminal, env });
    const settings = { json: flags.length > 0, quiet: false, verbose: true, color: "auto" } as const;
    const reporter = new ListenReporter(createOutput(context, settings), context);
    for (const text of texts) {
      reporter.tunnel({ state: "down", reason: text, hint: text });
      reporter.tunnel({ state: "up", url: `https://${text}`, changed: true, verified: true, notGranted: text });
      reporter.ready({
        url: text,
        localUrl: text,
        target: text,
        routes: [{ match: [text], target: text }],
        caution: text,
        remarks: [text],
      });
    }

    expect(actedOn(context.stdout.bytes, { terminal })).toBeUndefined();
    expect(actedOn(context.stderr.bytes, { terminal })).toBeUndefined();
    for (const line of context.stdout.text.split("\n").filter((one) => one !== "")) JSON.parse(line);
  });

  it("a tunnel service that refuses with a hostile message is quoted safely", async () => {
    const service = createHttpServer((_request, response) => {
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: "\u001b]0;pwned\u0007\u009b2J\nhookcli: all is well" }));
    });
    service.listen(0, "127.0.0.1");
    await once(service, "listening");
    const { port } = service.address() as AddressInfo;
    const flags = ["--tunnel-host", `http://127.0.0.1:${port}`, "--require-tunnel"];
    const { code, stdout, stderr } = await runProgram(["listen", ...flags], { sandbox });
    service.close();
    service.closeAllConnections();

    expect(code).toBe(4);
    expect(stderr).toContain("\\x1b]0;pwned\\x07");
    expect(stderr.split("\n").filter((line) => line.startsWith("hookcli: all"))).toEqual([]);
    expect(actedOn(Buffer.from(stdout + stderr), { terminal: false })).toBeUndefined();
  });

  it("a real terminal keeps title, clipboard, cursor and screen through all of it", async () => {
    const tmux = (...words: string[]) => run("tmux", ["-L", `hookcli-${process.pid}`, "-f", "/dev/null", ...words]);
    const port = 31_000 + Math.floor(Math.random() * 5_000);
    const command = ["env", ...Object.entries(sandbox.env).map(([name, value]) => `${name}=${value}`)];
    command.push(
      process.execPath,
      hookcliPath,
      "listen",
      String(app.port),
      "--no-tunnel",
      "-v",
      "--port",
      String(port),
    );
    await tmux("new-session", "-d", "-x", "150", "-y", "40", command.join(" "));
    try {
      await tmux("set-option", "-g", "set-clipboard", "on");
      await tmux("set-option", "-g", "allow-rename", "on");
      await tmux("select-pane", "-T", "untouched");
      await tmux("set-buffer", "kept");
      const state = async () => {
        const flags = "#{pane_title}|#{cursor_flag}|#{alternate_on}|#{mouse_any_flag}|#{insert_flag}|#{wrap_flag}";
        const { stdout } = await tmux("display-message", "-p", `${flags}|#{scroll_region_lower}|#{buffer_sample}`);
        return stdout + (await tmux("list-buffers", "-F", "#{buffer_sample}")).stdout;
      };
      await expect.poll(async () => (await tmux("capture-pane", "-p")).stdout, { timeout: 20_000 }).toContain("Ctrl-C");
      const before = await state();
      await sendAll(port);
      await expect
        .poll(async () => (await tmux("capture-pane", "-p", "-S", "-40")).stdout, { timeout: 20_000 })
        .toContain("attempt 1");

      expect(await state()).toBe(before);
      expect(before).toContain("untouched|1|0|0");
    } finally {
      await tmux("kill-server");
    }
  });
});

/** Command lines that print a text somewhere: in their output, or in an error. Node's argv holds no NUL. */
function commandLines(text: string, port: number, schema: string): string[][] {
  const argument = text.replaceAll("\0", "");
  const to = ["--to", `127.0.0.1:${port}`, "--unsigned"];
  const github = ["--provider", "github", "--secret", "env:HOOKCLI_SECRET"];
  return [
    [argument],
    [`--${argument}`],
    ["help", argument],
    ["events", argument],
    ["events", "show", argument],
    ["events", `--${argument}`],
    ["events", "--type", argument, "--grep", argument, "--status", argument],
    ["events", "--since", argument],
    ["send", argument, ...to],
    ["send", `${argument}.json`, ...to],
    ["send", "--data", argument, ...to],
    ["send", "--data", argument, "-v", ...to],
    ["send", "--data", argument, "--dry-run", ...to],
    ["send", "--data", argument, "--curl", ...to],
    ["send", "--data", "{}", "--set", `${argument}=${argument}`, "--dry-run", ...to],
    ["send", "--data", `@${argument}`, ...to],
    ["send", "--data", "{}", "-H", argument, ...to],
    ["send", "--data", "{}", "-H", `X-A: ${argument}`, "--dry-run", ...to],
    ["send", "--data", "{}", "--to", argument, "--unsigned"],
    ["send", "--data", "{}", "--content-type", argument, "--dry-run", ...to],
    ["send", "--data", "{}", "--type", argument, "--dry-run", ...to, ...github],
    ["send", "--data", "{}", "--merge", argument, ...to],
    ["replay", argument],
    ["replay", "last", "--all-projects", "--to", argument],
    ["replay", "last", "--all-projects", "--dry-run", "--to", "127.0.0.1:1"],
    ["replay", "last~3", "--all-projects", "--curl", "--to", "127.0.0.1:1"],
    ["sign", "--secret", `env:${argument}`],
    ["sign", "--secret", `@${argument}`],
    ["sign", "--provider", argument],
    ["sign", ...github, "--body", "-", "--curl", "http://127.0.0.1:1/"],
    ["verify", "--provider", argument],
    ["verify", "--scheme", argument],
    ["verify", ...github, "--header", `X-Hub-Signature-256: ${argument}`],
    ["verify", "--provider", "stripe", "--secret", "env:HOOKCLI_SECRET", "--signature", argument],
    ["verify", "--secret", "env:HOOKCLI_SECRET", "--request", "-"],
    ["verify", "--secret", "env:HOOKCLI_SECRET", "--headers", "-", "--body", "@/dev/null"],
    ["verify", "--batch"],
    ["listen", "--no-tunnel", "--validate", argument],
    ["listen", "--no-tunnel", "--validate", schema],
    ["listen", "--no-tunnel", "--provider", argument || "?"],
    ["listen", "--via", argument],
    ["listen", "--no-tunnel", "--allow-ip", argument],
    ["events", "--config", argument],
    ["events", "--format", argument],
  ];
}

/** What is wrong with an output. An error is one line and at most one hint, so that no text can forge another. */
function problemOf({ code, stdout, stderr, stdoutBytes }: RunResult, { terminal, flags }: Mode): string | undefined {
  const found = actedOn(stdoutBytes, { terminal }) ?? actedOn(Buffer.from(stderr), { terminal });
  if (found !== undefined) return found;
  if (stderr.includes("unexpected:")) return stderr;
  if (flags.length > 0 && !stdout.startsWith("Usage:")) {
    for (const line of stdout.split("\n").filter((one) => one !== "")) JSON.parse(line);
  }
  const errors = stderr.split("\n").filter((line) => line.includes("hookcli: "));
  return code === 2 && errors.length > 3 ? stderr : undefined;
}
