import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { curlScript } from "../../src/events/curl.js";
import { curlEntry } from "../../src/events/export-curl.js";
import { headersFromRaw, type HeaderList } from "../../src/events/headers.js";
import { asStored } from "../helpers/any-event.js";
import { newEvent } from "../helpers/event.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;
let app: TestApp;
/** Requests of the tests before this one. */
let before = 0;
const received = () => app.requests.slice(before);

beforeAll(async () => {
  sandbox = createSandbox();
  app = await startApp();
});
beforeEach(() => void (before = app.requests.length));
afterAll(async () => {
  await app.close();
  sandbox.remove();
});

/** What would run, or read the history, where a quote is left open or the shell does not heed it. */
const PAYLOADS = [
  "$(touch pwned)",
  "`touch pwned`",
  "!!",
  "!#",
  "!touch",
  "!?touch?",
  "^true^touch pwned^",
  "'; touch pwned; '",
  '"; touch pwned; "',
  "'\\''$(touch pwned)'\\''!!",
  "\\'; touch pwned; #",
  "$'\\'!!; touch pwned",
  "=ls ~ ~root * {a,b} %s \\041",
];

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~";

const requests: Request[] = [
  {
    method: "POST",
    path: "/x",
    headers: [
      ["X-!#Token", "q"],
      ["X-Note", "$(touch pwned)"],
      [`${TOKEN_CHARACTERS}secret`, "q"],
      ["!!", "***"],
    ],
    body: Buffer.from("a"),
  },
  ...PAYLOADS.flatMap((payload): Request[] => [
    { method: "POST", path: `/${payload.replaceAll(" ", "+")}`, headers: [], body: Buffer.alloc(0) },
    {
      method: "POST",
      path: `/?token=q&${payload.replaceAll(" ", "+")}=whsec_q&a=${payload.replaceAll(" ", "+")}`,
      headers: [],
      body: Buffer.from(payload),
    },
    {
      method: "PUT",
      path: "/h",
      headers: [
        ["X-A", payload],
        ["X-Tab", `a\t${payload}`],
        ["X-Latin", `\u00e9${payload}\u00ff`],
      ],
      body: Buffer.from(`{\n"a": "${payload}"\n${payload}\n}\n`),
    },
    { method: "PUT", path: "/b", headers: [["X-Api-Key", payload]], body: Buffer.from(`\0\t${payload}`) },
  ]),
  { method: "POST", path: "/0", headers: [], body: Buffer.from("\u00001\u00017\u00ff8") },
];

/** An interactive shell on a pseudo-terminal. What it is given is typed, without a paste being marked as one. */
class Shell {
  readonly #child: ChildProcess;
  #written = "";
  #look = () => {};

  constructor(command: string) {
    this.#child = spawn("script", ["-qefc", command, "/dev/null"], {
      cwd: sandbox.folder,
      env: {
        ...sandbox.env,
        PATH: process.env["PATH"] ?? "",
        TERM: "dumb",
        LANG: "C.UTF-8",
        HISTFILE: "/dev/null",
        HOME: sandbox.folder,
      },
      stdio: "pipe",
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#written += chunk.toString("latin1");
      this.#look();
    });
  }

  /** Types lines, and waits until the shell has run all of them. */
  async type(text: string): Promise<void> {
    this.#written = "";
    this.#child.stdin?.write(`${text}\necho do''ne\n`);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not run: ${JSON.stringify(this.#written)}`)), 20_000);
      this.#look = () => {
        if (!/^done\r/m.test(this.#written)) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

describe.each(["bash --norc -i", "zsh -f -i"])("a curl command pasted into %s", (command) => {
  let shell: Shell;

  beforeAll(async () => {
    shell = new Shell(command);
    // What the history holds is what an expansion of it would run.
    await shell.type("true touch pwned");
  });
  afterAll(() => shell.end());

  it.each(requests.map((request) => [request.path, request] as const))(
    "runs nothing and sends the bytes: %j",
    async (_path, request) => {
      const url = `http://127.0.0.1:${app.port}${request.path}`;
      const script = curlScript({ ...request, url });
      const files = readdirSync(sandbox.folder);

      await shell.type([...script.variables.map((name) => `export ${name}=filled`), script.command].join("\n"));

      expect(existsSync(join(sandbox.folder, "pwned"))).toBe(false);
      expect(readdirSync(sandbox.folder)).toEqual(files);
      expect(received()).toHaveLength(1);
      const { method, rawHeaders, body } = received()[0]!;
      expect({ method, body: body.toString("latin1") }).toEqual({
        method: request.method,
        body: request.body.toString("latin1"),
      });
      const names = new Set(request.headers.map(([name]) => name));
      expect(
        headersFromRaw(rawHeaders)
          .filter(([name]) => names.has(name))
          .map(([name]) => name),
      ).toEqual(request.headers.map(([name]) => name));
    },
  );

  it.each(requests.map((request) => [request.path, request] as const))(
    "sends credentials that it is to show: %j",
    async (_path, request) => {
      await shell.type(
        curlScript({ ...request, url: `http://127.0.0.1:${app.port}${request.path}` }, { showSecrets: true }).command,
      );

      expect(existsSync(join(sandbox.folder, "pwned"))).toBe(false);
      const seen = received().map(({ method, url, rawHeaders, body }) => ({
        method,
        path: url,
        headers: headersFromRaw(rawHeaders).filter(([name]) => !/^(?:host|content-length|connection)$/i.test(name)),
        body: body.toString("latin1"),
      }));
      expect(seen).toEqual([{ ...request, body: request.body.toString("latin1") }]);
    },
  );

  it.each(PAYLOADS)("runs nothing of an event's type: %j", async (payload) => {
    const event = asStored({ ...newEvent({ eventType: payload }), duplicateOf: null, attempts: [] });

    await shell.type(curlEntry(event, { url: `http://127.0.0.1:${app.port}/`, path: "/" }, {}));

    expect(existsSync(join(sandbox.folder, "pwned"))).toBe(false);
    expect(received()).toHaveLength(1);
  });
});
