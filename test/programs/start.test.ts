import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { readLines } from "../../src/programs/lines.js";
import { exitCodeOf, startProgram, type ProgramOptions } from "../../src/programs/start.js";

/** Starts Node with a script; `process` in the script is the program's own. */
function start(script: string, options: Partial<ProgramOptions> = {}) {
  return startProgram({
    command: process.execPath,
    args: ["-e", script],
    env: process.env,
    cwd: process.cwd(),
    ownGroup: true,
    ...options,
  });
}

/** The next line that the program writes. */
function firstLine(program: ReturnType<typeof start>): Promise<string> {
  return new Promise((resolve, reject) => {
    if (program.output === null) reject(new Error("no output"));
    else readLines(program.output, resolve);
  });
}

describe("a program", () => {
  test("that exits tells its status", async () => {
    const end = await start("process.exit(7)").ended;

    expect(end).toEqual({ kind: "exited", status: 7 });
    expect(exitCodeOf(end)).toBe(7);
  });

  test("that is killed tells the signal, and gives 128 and its number as exit code", async () => {
    const end = await start("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)").ended;

    expect(end).toEqual({ kind: "killed", signal: "SIGTERM" });
    expect(exitCodeOf(end)).toBe(143);
  });

  test("that is not there ends as failed, with exit code 127", async () => {
    const program = startProgram({
      command: "no-such-program-x",
      args: [],
      env: process.env,
      cwd: ".",
      ownGroup: true,
    });
    const end = await program.ended;

    expect(end).toMatchObject({ kind: "failed", code: "ENOENT" });
    expect(exitCodeOf(end)).toBe(127);
    expect(await program.stop()).toBe(end);
  });

  test("that may not be run ends as failed, with exit code 126", async () => {
    const end = await startProgram({ command: "/etc/passwd", args: [], env: {}, cwd: "/", ownGroup: true }).ended;

    expect(end).toMatchObject({ kind: "failed", code: "EACCES" });
    expect(exitCodeOf(end)).toBe(126);
  });

  test("with a NUL in an argument ends as failed, and nothing is thrown", async () => {
    const end = await startProgram({ command: "echo", args: ["a\0b"], env: {}, cwd: "/", ownGroup: true }).ended;

    expect(end.kind).toBe("failed");
  });

  test("gets its arguments whole: no shell reads them", async () => {
    const words = ["$HOME", "a b", "`id`", '"; exit 9; "', "*", ""];
    const program = startProgram({
      command: process.execPath,
      args: ["-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--", ...words],
      env: {},
      cwd: "/",
      output: "pipe",
      ownGroup: false,
    });

    expect(JSON.parse(await firstLine(program))).toEqual(words);
  });

  test("gets the environment given, and no other", async () => {
    const program = start("console.log(Object.keys(process.env).sort().join())", {
      env: { A: "1", B: undefined },
      output: "pipe",
    });

    expect(await firstLine(program)).toBe("A");
  });

  test("reads its input from us, and its ending early is no error of ours", async () => {
    const echo = start("process.stdin.once('data', (text) => { console.log(String(text)); process.exit(0) })", {
      input: "pipe",
      output: "pipe",
    });
    echo.input?.write("hello\n");
    expect(await firstLine(echo)).toBe("hello");

    for (let n = 0; n < 100; n++) echo.input?.write("x".repeat(100_000));
    expect(await echo.ended).toEqual({ kind: "exited", status: 0 });
  });
});

describe("stop", () => {
  test("lets a program end by itself on SIGTERM", async () => {
    const program = start(
      "process.on('SIGTERM', () => process.exit(3)); console.log('up'); setInterval(() => {}, 1000)",
      { output: "pipe" },
    );
    await firstLine(program);

    expect(await program.stop()).toEqual({ kind: "exited", status: 3 });
  });

  test("kills one that ignores SIGTERM when its time is over", async () => {
    const program = start("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)", {
      output: "pipe",
    });
    await firstLine(program);
    const startedAt = performance.now();

    const end = await program.stop(200);

    expect(end).toEqual({ kind: "killed", signal: "SIGKILL" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
  });

  test("ends the program's children too, those that ignore SIGTERM as well", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const child = `process.on('SIGTERM', () => {}); require('net').connect(${port}, '127.0.0.1')`;
    const program = start(`require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}])`);
    const ofChild = await connected;
    const gone = new Promise<boolean>((resolve) => ofChild.on("error", () => undefined).once("close", resolve));
    ofChild.resume();

    await program.stop();

    await gone;
    server.close();
  });

  test("of a program that ended long ago touches nothing", async () => {
    const program = start("");
    const end = await program.ended;

    expect(await program.stop()).toBe(end);
    program.signal("SIGKILL");
  });

  test("twice at the same time is one stop", async () => {
    const program = start("console.log('up'); setInterval(() => {}, 1000)", { output: "pipe" });
    await firstLine(program);

    const ends = await Promise.all([program.stop(), program.stop()]);

    expect(ends).toEqual([
      { kind: "killed", signal: "SIGTERM" },
      { kind: "killed", signal: "SIGTERM" },
    ]);
  });
});

test("a program whose child keeps its output open has ended all the same", async () => {
  const program = start(
    "require('child_process').spawn('sleep', ['30'], { stdio: 'inherit' }).unref(); process.exit(0)",
    { output: "pipe" },
  );

  const end = await Promise.race([program.ended, delay(5_000, "late")]);
  await program.stop();

  expect(end).toEqual({ kind: "exited", status: 0 });
});
