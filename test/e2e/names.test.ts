import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasData, rootDir } from "../helpers/data.js";
import { actedOn, hostileNames, setOverrides } from "../helpers/hostile.js";
import { createSandbox, hookcliPath, type Sandbox } from "../helpers/program.js";
import { runCli } from "../helpers/run.js";

const run = promisify(execFile);
const names = hostileNames();
const prototypeKeys = () => [...Reflect.ownKeys(Object.prototype), ...Reflect.ownKeys(Array.prototype)].map(String);
const untouched = prototypeKeys();

/** Where a name can stand. `asksForFile`: the user names any file of his own, which may exist. */
const PLACES: readonly { place: string; argv: (name: string) => string[]; asksForFile?: true }[] = [
  { place: "events show", argv: (name) => ["events", "show", "--", name] },
  { place: "events show, as an option's neighbour", argv: (name) => ["events", "show", name] },
  { place: "replay", argv: (name) => ["replay", name, "--to", "127.0.0.1:1"] },
  { place: "send", argv: (name) => ["send", name, "--to", "127.0.0.1:1", "--unsigned"] },
  { place: "send --provider", argv: (name) => ["send", "message.created", "--provider", name, "--to", "127.0.0.1:1"] },
  { place: "send provider/event", argv: (name) => ["send", `stripe/${name}`, "--to", "127.0.0.1:1", "--unsigned"] },
  { place: "verify --event", argv: (name) => ["verify", "--secret", "env:S", `--event=${name}`] },
  { place: "verify --scheme", argv: (name) => ["verify", "--secret", "env:S", `--scheme=${name}`] },
  { place: "verify --provider", argv: (name) => ["verify", "--secret", "env:S", `--provider=${name}`] },
  { place: "sign --secret env:", argv: (name) => ["sign", `--secret=env:${name}`] },
  { place: "help", argv: (name) => ["help", name] },
  { place: "--set", argv: (name) => ["send", "--data", "{}", `--set=${name}`, "--unsigned", "--to", "127.0.0.1:1"] },
  { place: "listen --via", argv: (name) => ["listen", `--via=${name}`] },
  { place: "listen --validate", argv: (name) => ["listen", "--no-tunnel", `--validate=${name}`], asksForFile: true },
  { place: "--secret @", argv: (name) => ["sign", `--secret=@${name}`], asksForFile: true },
  { place: "--body @", argv: (name) => ["sign", "--secret=env:S", `--body=@${name}`], asksForFile: true },
  {
    place: "--data @",
    argv: (name) => ["send", `--data=@${name}`, "--unsigned", "--dry-run", "--to=1"],
    asksForFile: true,
  },
  {
    place: "--merge",
    argv: (name) => ["send", "--data={}", `--merge=${name}`, "--unsigned", "--dry-run", "--to=1"],
    asksForFile: true,
  },
  { place: "--headers @", argv: (name) => ["verify", "--secret=env:S", `--headers=@${name}`], asksForFile: true },
  { place: "--request @", argv: (name) => ["verify", "--secret=env:S", `--request=@${name}`], asksForFile: true },
  { place: "--key @", argv: (name) => ["verify", "--provider=discord", `--key=@${name}`], asksForFile: true },
  { place: "--config", argv: (name) => ["events", `--config=${name}`], asksForFile: true },
];

describe.skipIf(!hasData)("hostile names (skipped without HOOKCLI_TEST_DATA)", () => {
  let sandbox: Sandbox;
  let work = "";

  beforeAll(() => {
    sandbox = createSandbox();
    work = join(sandbox.folder, "work");
    // What the names would reach if they led out of the fixtures: `../x`, `../../x`, `.git/config` ...
    for (const folder of ["work/fixtures/stripe", "work/.git", "work/.ssh", "work/node_modules"]) {
      mkdirSync(join(sandbox.folder, folder), { recursive: true });
    }
    for (const bait of [
      "x",
      "x.json",
      "work/x.json",
      "work/.git/config",
      "work/.ssh/id_rsa",
      "work/node_modules/x.json",
    ]) {
      writeFileSync(join(sandbox.folder, bait), '{"bait":"swallowed"}');
    }
  });
  afterAll(() => sandbox.remove());

  /** What would go on for ever, as `listen` does with a good schema, is ended as SIGTERM ends it. */
  const cli = async (argv: readonly string[]) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort({ signalName: "SIGTERM", exitCode: 143 }), 500);
    try {
      const options = { cwd: work, env: { ...sandbox.env, S: "s" }, stdin: "", signal: controller.signal };
      return await runCli(argv, argv[0] === "listen" ? options : { ...options, signal: AbortSignal.timeout(10_000) });
    } finally {
      clearTimeout(timer);
    }
  };
  /** All files but those of the store. */
  const files = () =>
    new Set(readdirSync(sandbox.folder, { recursive: true }).filter((path) => !String(path).startsWith("events.db")));

  it.each(PLACES)("$place: exit code 2 or a sane result, no file read that was not named, none made", async (row) => {
    const before = files();
    const problems: string[] = [];
    for (const name of names) {
      const { code, stdout, stderr } = await cli(row.argv(name));
      const output = stdout + stderr;
      // `--help` among the names is help wherever options are read.
      const sane =
        code === 2 || (name === "--help" && code === 0) || (row.asksForFile === true && [0, 1, 143].includes(code));
      if (!sane) problems.push(`${JSON.stringify(name)} ended with ${code}: ${output.slice(0, 300)}`);
      if (/unexpected:|\n +at /.test(stderr)) problems.push(`${JSON.stringify(name)}: ${stderr}`);
      if (row.asksForFile === undefined && output.includes("swallowed")) problems.push(`${name} led out of its folder`);
      if (actedOn(Buffer.from(output), { terminal: false }) !== undefined)
        problems.push(`${JSON.stringify(name)}: ${output}`);
    }

    expect(problems).toEqual([]);
    expect(files()).toEqual(before);
    expect(prototypeKeys()).toEqual(untouched);
  });

  it.each(setOverrides())("--set %j is a plain key, or exit code 2, and touches no prototype", async (assignment) => {
    const argv = ["send", "--data", '{"a":{},"data":{}}', "--set", assignment, "--unsigned", "--dry-run", "--to", "1"];
    const { code, stdout, stderr } = await cli([...argv, "--json"]);

    expect(stderr).not.toContain("unexpected");
    expect(prototypeKeys()).toEqual(untouched);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
    if (code === 0) expect(typeof JSON.parse((JSON.parse(stdout) as { bodyText: string }).bodyText)).toBe("object");
    else expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it.each(["../x", "/etc/passwd", "a/../../b", "stripe/../../x", ".ssh/id_rsa", "..%2fx"])(
    "send %s opens no file outside the folders of fixtures and hookcli's own",
    async (name) => {
      const trace = join(sandbox.folder, "trace.txt");
      const command = [process.execPath, hookcliPath, "send", name, "--to", "127.0.0.1:1", "--unsigned"];
      const traced = run("strace", ["-f", "-e", "trace=open,openat", "-o", trace, ...command], {
        cwd: work,
        env: sandbox.env,
      });
      await expect(traced).rejects.toMatchObject({ code: 2 });

      const opened = [...readFileSync(trace, "utf8").matchAll(/open(?:at)?\([^"]*"([^"]*)"[^)]*\) = \d+/g)].map(
        ([, path = ""]) => path,
      );
      const system = /^\/(?:proc|sys|dev|lib|lib64|usr|etc\/(?:ld\.so|ssl|localtime|nsswitch|host|resolv))/;
      const node = join(process.execPath, "../..");
      const strangers = opened.filter(
        (path) =>
          !system.test(path) &&
          !path.startsWith(node) &&
          !path.startsWith(join(rootDir, "dist")) &&
          !path.startsWith(join(rootDir, "bin")) &&
          !path.startsWith(join(rootDir, "fixtures")) &&
          !path.startsWith(join(rootDir, "node_modules")) &&
          path !== join(rootDir, "package.json") &&
          !path.startsWith(join(work, "fixtures")),
      );
      expect(opened.length).toBeGreaterThan(5);
      expect(strangers).toEqual([]);
    },
  );
});
