import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, hookcliPath, runProgram, type Sandbox } from "../helpers/program.js";
import { sendRaw } from "../helpers/raw-client.js";
import { runCli } from "../helpers/run.js";

/** No part of one stands in another; each is a secret somewhere. */
const CANARY = {
  env: "CanaryEnv7f3a9c",
  file: "CanaryFile51bd20",
  argv: "CanaryArgv88e1f4",
  stdin: "CanaryStdin06c7aa",
  whsec: "whsec_Q2FuYXJ5V2hzZWNjYTExYmY=",
  malformed: "whsec_***CanaryMalformed9d***",
  authorization: "CanaryAuthorizationee41",
  basic: Buffer.from("user:CanaryBasic4b2c").toString("base64"),
  cookie: "CanaryCookie3390dd",
  gitlab: "CanaryGitlabc0ffee",
  query: "CanaryQuery1a2b3c",
  answer: "CanaryAnswerCookie77aa",
  misplaced: "sk_live_CanaryMisplaced5e5e",
  password: "CanaryPassword61fd",
} as const;

/** What an output has of the secrets. A malformed one is looked for without its ends. */
function leaked(output: string): string[] {
  return Object.values(CANARY).filter((secret) => output.includes(secret.replaceAll("***", "")));
}

const HEADERS = [
  ["Authorization", `Bearer ${CANARY.authorization}`],
  ["Proxy-Authorization", `Basic ${CANARY.basic}`],
  ["Cookie", `session=${CANARY.cookie}`],
  ["X-Gitlab-Token", CANARY.gitlab],
  ["X-Gitlab-Event", "Push Hook"],
] as const;

let sandbox: Sandbox;
let app: TestApp;

beforeAll(async () => {
  sandbox = createSandbox({
    HOOKCLI_SECRET: CANARY.env,
    CANARY_WHSEC: CANARY.whsec,
    CANARY_MALFORMED: CANARY.malformed,
    GITLAB_WEBHOOK_SECRET: CANARY.gitlab,
    AUTH: `Bearer ${CANARY.authorization}`,
  });
  app = await startApp((request, response) => {
    response.setHeader("Set-Cookie", `session=${CANARY.answer}`);
    response.statusCode = request.url?.includes("fail") === true ? 500 : 200;
    response.end("done");
  });
  writeFileSync(join(sandbox.folder, "secret.txt"), `${CANARY.file}\n`);
  writeFileSync(join(sandbox.folder, "body.json"), '{"id":"evt_1","type":"user.joined"}');
  writeFileSync(
    join(sandbox.folder, "request.http"),
    `POST /x?token=${CANARY.query} HTTP/1.1\r\nHost: a\r\n${HEADERS.map((pair) => pair.join(": ")).join("\r\n")}\r\n\r\n{}`,
  );
  writeFileSync(join(sandbox.folder, "headers.json"), JSON.stringify(Object.fromEntries(HEADERS)));
});
afterAll(async () => {
  await app.close();
  sandbox.remove();
});

describe("secrets", () => {
  it.each([["--json"], ["-v"]])(
    "of senders and of the app's answers are not in what listen %s prints",
    async (flag) => {
      const argv = ["listen", String(app.port), "--no-tunnel", "--secret", "@secret.txt", flag, "--port", "0"];
      const child = spawn(process.execPath, [hookcliPath, ...argv, "-H", "Authorization: env:AUTH"], {
        cwd: sandbox.folder,
        env: { ...sandbox.env, HOOKCLI_DEBUG: "1" },
      });
      let output = "";
      const port = new Promise<number>((resolve) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (chunk: Buffer) => {
            output += chunk.toString();
            const found = /http:\/\/localhost:(\d+)/.exec(output);
            if (found !== null) resolve(Number(found[1]));
          });
        }
      });
      const head = HEADERS.map((pair) => pair.join(": ")).join("\r\n");
      for (const path of ["/hook", "/fail"]) {
        await sendRaw(
          await port,
          `POST ${path}?token=${CANARY.query}&a=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${head}\r\nContent-Length: 2\r\n\r\n{}`,
        );
      }
      const cmdline = readFileSync(`/proc/${child.pid}/cmdline`, "utf8");
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;

      expect(output).toContain("500");
      expect(output).toContain("token=***");
      expect(leaked(output)).toEqual([]);
      expect(leaked(cmdline)).toEqual([]);
      expect(app.requests.at(-1)?.rawHeaders).toContain(`Bearer ${CANARY.authorization}`);
    },
  );

  it("are in no output of any command, whatever goes wrong", async () => {
    const to = ["--to", `127.0.0.1:${app.port}`];
    const body = ["--body", "@body.json"];
    const rows: { argv: string[]; stdin?: string }[] = [
      { argv: ["events", "list"] },
      { argv: ["events", "list", "--grep", "hook"] },
      { argv: ["events", "show", "last"] },
      { argv: ["events", "show", "last~1"] },
      { argv: ["replay", "last", "--verbatim"] },
      { argv: ["replay", "last", "--diff"] },
      { argv: ["replay", "last", "--dry-run"] },
      { argv: ["replay", "last", "--resign", "--curl", "--secret", "@secret.txt"] },
      { argv: ["replay", "last", "--resign", "--secret", "env:CANARY_MALFORMED"] },
      { argv: ["send", "message.created", ...to, "--secret", "@secret.txt"] },
      { argv: ["send", "message.created", ...to, "--secret", "-"], stdin: CANARY.stdin },
      { argv: ["send", "message.created", ...to, "-H", "Authorization: env:AUTH", "--dry-run"] },
      { argv: ["send", "message.created", ...to, "-H", "Authorization: env:AUTH", "--curl"] },
      { argv: ["send", "--data", "{}", "--provider", "gitlab", ...to] },
      { argv: ["send", "--data", "{}", "--provider", "gitlab", ...to, "--dry-run"] },
      { argv: ["send", "--data", "{}", "--provider", "gitlab", ...to, "--curl"] },
      { argv: ["send", "--data", "{}", "--provider", "svix", ...to, "--secret", "env:CANARY_MALFORMED"] },
      { argv: ["send", "--data", "{}", "--provider", "discord", ...to, "--secret", "@secret.txt"] },
      { argv: ["send", "--data", "{}", "--to", `http://user:${CANARY.argv}@127.0.0.1:1/`, "--unsigned"] },
      { argv: ["send", "--data", "{}", "--to", "127.0.0.1:1"] },
      { argv: ["send", "--data", "{}", ...to, "--tamper", "secret"] },
      { argv: ["sign", ...body] },
      { argv: ["sign", "--provider", "gitlab", ...body] },
      { argv: ["sign", "--provider", "gitlab", "--curl", "http://127.0.0.1:1/", ...body] },
      { argv: ["sign", "--provider", "discord", "--key", "@secret.txt", ...body] },
      { argv: ["sign", "--scheme", "ed25519", "--key", "env:CANARY_WHSEC", ...body] },
      { argv: ["sign", "--scheme", "hmac-sha256", "--key-hex", CANARY.argv, ...body] },
      { argv: ["verify", "--signature", "00", ...body] },
      {
        argv: [
          "verify",
          "--provider",
          "standard-webhooks",
          "--secret",
          "env:CANARY_WHSEC",
          "--signature",
          "v1,AA==",
          ...body,
        ],
      },
      {
        argv: [
          "verify",
          "--provider",
          "standard-webhooks",
          "--secret",
          "env:CANARY_MALFORMED",
          "--signature",
          "v1,AA==",
          ...body,
        ],
      },
      { argv: ["verify", "--provider", "stripe", "--secret", "@secret.txt", "--signature", "t=1,v1=00", ...body] },
      { argv: ["verify", "--provider", "nobody", "--secret", "@secret.txt", ...body] },
      { argv: ["verify", "--provider", "gitlab", "--request", "@request.http"] },
      { argv: ["verify", "--provider", "gitlab", "--secret", "@secret.txt", "--request", "@request.http"] },
      { argv: ["verify", "--provider", "gitlab", "--secret", "@secret.txt", "--headers", "@headers.json", ...body] },
      { argv: ["verify", "--secret", "@secret.txt", "--event", "last"] },
      { argv: ["verify", "--provider", "gitlab", "--header", "X-Gitlab-Token: env:HOOKCLI_SECRET", ...body] },
      {
        argv: ["verify", "--batch"],
        stdin: `{"provider":"github","secret":"${CANARY.stdin}","headers":{},"body":""}\n{"secret":"${CANARY.stdin}"`,
      },
      { argv: ["listen", "--no-tunnel", "--secret", "@secret.txt", "--port", "99999"] },
    ];
    const problems: string[] = [];
    for (const { argv, stdin } of rows) {
      for (const flags of [[], ["--json"], ["-v"]]) {
        const controller = new AbortController();
        const timer = setTimeout(() => controller.abort({ signalName: "SIGTERM", exitCode: 143 }), 10_000);
        const result = await runCli([...argv, ...flags], {
          cwd: sandbox.folder,
          env: { ...sandbox.env, HOOKCLI_DEBUG: "1" },
          stdin: stdin ?? "",
          signal: controller.signal,
        });
        clearTimeout(timer);
        const found = leaked(result.stdout + result.stderr);
        const shown = `${[...argv, ...flags].join(" ")} (${result.code})`;
        if (found.length > 0) problems.push(`${shown} shows ${found.join(", ")}: ${result.stdout}${result.stderr}`);
        if (result.code === 143 || result.stderr.includes("unexpected")) problems.push(`${shown}: ${result.stderr}`);
      }
    }

    expect(problems).toEqual([]);
  });

  it("on the command line are warned of exactly once, and not repeated", async () => {
    const argv = ["send", "--data", "{}", "--to", `127.0.0.1:${app.port}`, "-v"];
    const literals = [
      "--secret",
      CANARY.argv,
      "--secret",
      "literal:other",
      "-H",
      `Authorization: Bearer ${CANARY.argv}`,
    ];
    const { code, stdout, stderr } = await runProgram([...argv, ...literals], { sandbox });

    expect(code).toBe(0);
    expect(stderr.match(/the process list shows/g)).toHaveLength(1);
    expect(leaked(stdout + stderr)).toEqual([]);
  });

  it("are shown by --show-secrets, and by nothing else", async () => {
    const options = { cwd: sandbox.folder, env: sandbox.env };
    const hidden = await runCli(["events", "show", "1", "--json"], options);
    const shown = await runCli(["events", "show", "1", "--json", "--show-secrets"], options);
    const included = await runCli(["events", "list", "--limit", "0", "--json", "--include-secrets"], options);

    expect(leaked(hidden.stdout)).toEqual([]);
    expect(leaked(shown.stdout)).toEqual(
      expect.arrayContaining([CANARY.authorization, CANARY.cookie, CANARY.gitlab, CANARY.query, CANARY.answer]),
    );
    expect(leaked(included.stdout)).toContain(CANARY.basic);
  });

  it("are not on the command line of a program that hookcli starts", async () => {
    const editor = join(sandbox.folder, "editor.sh");
    writeFileSync(editor, `#!/bin/sh\ncat /proc/$$/cmdline /proc/$PPID/cmdline > ${sandbox.folder}/cmdlines\n`);
    chmodSync(editor, 0o700);
    const argv = ["send", "--data", "{}", "--edit", "--to", `127.0.0.1:${app.port}`, "--secret", "@secret.txt"];
    const { code } = await runProgram([...argv, "-H", "Authorization: env:AUTH"], { sandbox, env: { EDITOR: editor } });

    const cmdlines = readFileSync(join(sandbox.folder, "cmdlines"), "utf8");
    expect(code).toBe(0);
    expect(cmdlines).toContain("editor.sh");
    expect(leaked(cmdlines)).toEqual([]);
  });

  it("are in no file but the store's and those that the user made", () => {
    const files = readdirSync(sandbox.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const own = /^(?:events\.db(?:-wal|-shm)?|secret\.txt|request\.http|headers\.json)$/;
    const found = files.filter(
      ({ name, parentPath }) => !own.test(name) && leaked(readFileSync(join(parentPath, name), "latin1")).length > 0,
    );

    expect(found.map(({ name }) => name)).toEqual([]);
  });
});

describe("secrets in a config and in its variables", () => {
  const MISPLACED = [
    { secrets: CANARY.whsec },
    { secrets: [CANARY.misplaced] },
    { secrets: { stripe: [CANARY.misplaced] } },
    { secret: { stripe: CANARY.whsec } },
    { headers: `Authorization: Bearer ${CANARY.authorization}` },
    { headers: [`Authorization: Bearer ${CANARY.authorization}`] },
    { profiles: { a: CANARY.file } },
    { profiles: CANARY.file },
    { provider: CANARY.misplaced },
    { events: CANARY.misplaced },
    { target: `http://user:${CANARY.password}@localhost:5000` },
    { target: `ftp://user:${CANARY.password}@localhost:5000` },
    { target: { secret: CANARY.password } },
    { publicUrl: `ftp://user:${CANARY.password}@hooks.example.com` },
    { tunnelHost: `user:${CANARY.password}@tunnel.example.com` },
    { tunnelHost: `http://user:${CANARY.password}@127.0.0.1:1` },
    { target: `9/hook?token=${CANARY.query}` },
    CANARY.whsec,
    [[CANARY.whsec]],
  ];

  it.each(MISPLACED)("are in no error and no list: %j", async (config) => {
    const path = join(sandbox.folder, "misplaced.json");
    writeFileSync(path, JSON.stringify(config));
    for (const argv of [
      ["config", "list"],
      ["doctor", "--only", "app-port,app-post,app-protocol,localhost,tunnel-dns"],
      ["send", "--data", "{}", "--unsigned"],
      ["replay", "last"],
    ]) {
      for (const flags of [[], ["--json"], ["-v"]]) {
        const line = [...argv, ...flags, "--config", path];
        const { stdout, stderr } = await runCli(line, { cwd: sandbox.folder, env: sandbox.env });

        expect(stdout + stderr).not.toBe("");
        expect({ line, leaked: leaked(stdout + stderr) }).toEqual({ line, leaked: [] });
      }
    }
    rmSync(path);
  });

  it.each([
    [{ HOOKCLI_TARGET: `http://user:${CANARY.password}@localhost:5000` }, ["events"]],
    [{ HOOKCLI_TARGET: `user:${CANARY.password}@localhost:5000` }, ["doctor", "--only", "app-port"]],
    [{ HOOKCLI_TUNNEL_HOST: `user:${CANARY.password}@tunnel.example.com` }, ["config", "list"]],
    [{ HOOKCLI_TUNNEL_HOST: `user:${CANARY.password}@tunnel.example.com` }, ["listen", "--require-tunnel"]],
    [{ HOOKCLI_TUNNEL_HOST: `ftp://u:${CANARY.password}@127.0.0.1:1` }, ["doctor", "--only", "tunnel-dns"]],
  ])("of %j are not in what %j says", async (more, argv) => {
    for (const flags of [[], ["--json"]]) {
      const options = { cwd: sandbox.folder, env: { ...sandbox.env, ...more } };
      const { stdout, stderr } = await runCli([...argv, ...flags], options);

      expect(stdout + stderr).toContain("***");
      expect(leaked(stdout + stderr)).toEqual([]);
    }
  });

  it.each([["--json"], ["-v"]])("are not in the banner of listen %s, nor in why there is no tunnel", async (flag) => {
    const target = `9/hook?token=${CANARY.query}`;
    const env = { ...sandbox.env, HOOKCLI_TUNNEL_HOST: `http://u:${CANARY.password}@127.0.0.1:1` };
    const child = spawn(process.execPath, [hookcliPath, "listen", target, flag], { cwd: sandbox.folder, env });
    let output = "";
    await new Promise<void>((resolve) => {
      const hear = (chunk: Buffer): void => {
        output += chunk.toString();
        if (output.includes("/hook?token=") && output.includes("is not reachable")) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
    });
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;

    expect(output).toContain("/hook?token=***");
    expect(output).toContain("//***@127.0.0.1:1 is not reachable");
    expect(leaked(output)).toEqual([]);
  });

  it("are not in what send, replay and doctor say of a target", async () => {
    const target = `127.0.0.1:${app.port}/hook?token=${CANARY.query}`;
    for (const argv of [
      ["send", "--data", "{}", "--unsigned", "--to", target],
      ["replay", "last", "--to", target],
      ["doctor", target, "--only", "app-port,app-post,app-protocol"],
      ["doctor", `https://${target}`, "--only", "app-protocol"],
      ["send", "--data", "{}", "--to", `http://192.0.2.1/?token=${CANARY.query}`],
    ]) {
      for (const flags of [[], ["--json"], ["-v"]]) {
        const options = { cwd: sandbox.folder, env: sandbox.env };
        const { stdout, stderr } = await runCli([...argv, ...flags], options);

        expect(leaked(stdout + stderr)).toEqual([]);
      }
    }
  });
});

describe("the files of the store", () => {
  it.each(["000", "022", "077"])("are for their owner alone under umask %s", async (mask) => {
    const folder = join(sandbox.folder, `umask-${mask}/state`);
    const hookcli = `${process.execPath} ${hookcliPath} listen --no-tunnel --json --db ${folder}/events.db`;
    const child = spawn("sh", ["-c", `umask ${mask}; exec ${hookcli}`], { cwd: sandbox.folder, env: sandbox.env });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { localUrl } = JSON.parse(line.toString().split("\n")[0] ?? "") as { localUrl: string };
    await sendRaw(Number(new URL(localUrl).port), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;

    expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
    expect(Object.fromEntries(modes)).toEqual({ "events.db": "600", "events.db-shm": "600", "events.db-wal": "600" });
  });

  it.each(["symbolic link", "pipe", "folder", "device"])(
    "are refused (5) when there is a %s, without waiting",
    async (what) => {
      const folder = join(sandbox.folder, `odd-${what}`);
      mkdirSync(folder);
      const path = what === "device" ? "/dev/null" : join(folder, "events.db");
      if (what === "pipe") execFileSync("mkfifo", [path]);
      if (what === "folder") mkdirSync(path);
      if (what === "symbolic link") symlinkSync(join(sandbox.folder, "events.db"), path);
      for (const argv of [["events"], ["listen", "--no-tunnel"], ["replay", "last", "--to", "1"]]) {
        const { code, stderr } = await runProgram([...argv, "--db", path], { sandbox, limitMs: 10_000 });

        expect({ argv, code }).toEqual({ argv, code: 5 });
        expect(stderr).toContain("hookcli: error: the store is not a file of your own");
      }
    },
  );
});

describe("a pipe that nobody writes to", () => {
  it.each([
    [["send", "--data", "@pipe", "--to", "1", "--unsigned"]],
    [["send", "--data", "{}", "--merge", "pipe", "--to", "1", "--unsigned"]],
    [["sign", "--secret", "@pipe", "--body", "@body.json"]],
    [["verify", "--signature", "00", "--body", "@pipe"]],
    [["verify", "--request", "@pipe"]],
    [["listen", "--no-tunnel", "--validate", "pipe"]],
    [["events", "--config", "pipe"]],
  ])("is an error (2) and no wait: %j", async (argv) => {
    if (!readdirSync(sandbox.folder).includes("pipe")) execFileSync("mkfifo", [join(sandbox.folder, "pipe")]);

    const { code, stderr } = await runProgram(argv, { sandbox, limitMs: 15_000 });

    expect(stderr).toContain("nobody writes to this pipe");
    expect(code).toBe(2);
  });

  it("is read to its end when a program does, however slowly it begins", async () => {
    const command = `${process.execPath} ${hookcliPath} sign --scheme hmac-sha256`;
    const script = `${command} --secret @<(printf s) --body @<(sleep 0.3; printf a; sleep 0.3; printf b)`;
    const piped = execFileSync("bash", ["-c", script], { cwd: sandbox.folder, env: sandbox.env });
    const direct = await runCli(["sign", "--scheme", "hmac-sha256", "--secret", "env:S"], {
      env: { S: "s" },
      stdin: "ab",
    });

    expect(piped.toString()).toBe(direct.stdout);
  });
});
