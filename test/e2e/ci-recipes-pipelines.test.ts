import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rootDir } from "../helpers/data.js";

const run = promisify(execFile);
const { PATH = "" } = process.env;
const SECRET = "ci-s3cret";
const [github = "", gitlab = ""] = [
  ...readFileSync(join(rootDir, "docs/ci.md"), "utf8").matchAll(/```yaml\n(.*?)```/gs),
].map(([, text = ""]) => text);

/** A test of a project: it sends what its app would, signed with the project's secret, to where it is told. */
const PROJECT_TEST = `
  const { createHmac } = require("crypto");
  const body = JSON.stringify({ type: process.env.SENT_TYPE || "message.created", data: { id: "msg_1" } });
  const signature = createHmac("sha256", process.env.SENT_SECRET || process.env.HOOKCLI_SECRET).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-signature": signature };
  fetch(process.env.HOOKCLI_URL + "/webhook", { method: "POST", headers, body }).then(({ status }) => {
    console.log("the event was answered with " + status);
    process.exit(Number(process.env.TEST_CODE || 0));
  });`;

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let folder: string;

/** The project's repository: hookcli is among its packages, from the tarball in place of the registry. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-ci-"));
  const project = join(folder, "repository");
  mkdirSync(project);
  const { stdout } = await npm(rootDir, "pack", "--json", "--ignore-scripts", "--pack-destination", project);
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  const manifest = {
    name: "shop",
    private: true,
    scripts: { test: "node test.cjs" },
    devDependencies: { hookcli: `file:${packed.filename}` },
  };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(project, "test.cjs"), PROJECT_TEST);
  await npm(project, "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(cwd: string, ...argv: string[]) {
  return run("npm", argv, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 });
}

/** A machine that nothing ran on before: a home and a workspace of its own. */
function newMachine(more: Record<string, string>) {
  const home = mkdtempSync(join(folder, "machine-"));
  const workspace = join(home, "workspace");
  const cache = { npm_config_cache: join(folder, "npm-cache") };
  return { workspace, env: { PATH, HOME: home, CI: "true", ...cache, ...more } };
}

const checkOut = (workspace: string) => cpSync(join(folder, "repository"), workspace, { recursive: true });

async function shell(words: readonly string[], cwd: string, env: Record<string, string>) {
  const [command = "", ...argv] = words;
  const child = spawn(command, argv, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text: Buffer.concat(chunks).toString() };
}

/** What the runner puts in the place of an expression; one that is not known here fails. */
function filled(value: string, secrets: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
    const name = /^ *secrets\.(\w+) *$/.exec(expression)?.[1];
    if (name === undefined) throw new Error(`unknown expression ${expression}`);
    return secrets[name] ?? "";
  });
}

/** The steps of a job, in order, until one fails. What they use is done as the action does it. */
async function runSteps(steps: readonly Step[], secrets: Record<string, string>, env: Record<string, string> = {}) {
  const machine = newMachine({ GITHUB_ACTIONS: "true", ...env });
  const done: { step: string; code: number | null; text: string }[] = [];
  for (const step of steps) {
    if (step.uses?.startsWith("actions/checkout@") === true) checkOut(machine.workspace);
    else if (step.uses?.startsWith("actions/setup-node@") === true)
      expect(step.with?.["node-version"]).toBeTypeOf("number");
    else {
      const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value, secrets)] as const);
      const words = ["bash", "-e", "-c", filled(step.run ?? "exit 99", secrets)];
      const result = await shell(words, machine.workspace, { ...machine.env, ...Object.fromEntries(own) });
      done.push({ step: step.run ?? "", ...result });
      if (result.code !== 0) break;
    }
  }
  return done;
}

describe("the GitHub workflow of the page on CI", () => {
  const workflow = parse(github, { strict: true }) as {
    on: unknown;
    jobs: Record<string, { "runs-on": string; "timeout-minutes": number; steps: readonly Step[] }>;
  };
  const job = Object.values(workflow.jobs)[0];
  const steps = job?.steps ?? [];

  it("has what a workflow must have, and steps that either use or run something", () => {
    expect(Object.keys(workflow)).toEqual(["name", "on", "jobs"]);
    expect([workflow.on, job?.["runs-on"]]).toEqual(["push", "ubuntu-latest"]);
    expect(Object.keys(job ?? {})).toEqual(["runs-on", "timeout-minutes", "steps"]);
    for (const step of steps) {
      expect([step.uses, step.run].filter((one) => one !== undefined)).toHaveLength(1);
      expect(["uses", "with", "run", "env"]).toEqual(expect.arrayContaining(Object.keys(step)));
    }
  });

  it("passes where the test passes and its event comes, signed", async () => {
    const done = await runSteps(steps, { HOOKCLI_SECRET: SECRET });

    expect(done.map(({ code }) => code)).toEqual([0, 0]);
    expect(done[1]?.text).toContain("the event was answered with 200");
    expect(done[1]?.text).toMatch(/#1 +message\.created .*signed ok/);
    expect(done.map(({ text }) => text).join("")).not.toContain(SECRET);
  });

  it("fails with the test's own code, with 2 without the secret, with 3 where what comes is not signed with it", async () => {
    const ends: unknown[] = [];
    for (const [secrets, env] of [
      [{ HOOKCLI_SECRET: SECRET }, { TEST_CODE: "7" }],
      [{}, {}],
    ] as const)
      ends.push((await runSteps(steps, secrets, env)).at(-1)?.code);
    // The test does not look at the answer: only the expectation tells.
    const wrong = steps.map((step) => ({ ...step, ...(step.run === undefined ? {} : { run: shorter(step.run) }) }));
    const refused = await runSteps(wrong, { HOOKCLI_SECRET: SECRET }, { SENT_SECRET: "other" });

    expect([...ends, refused.at(-1)?.code]).toEqual([7, 2, 3]);
    expect(refused.at(-1)?.text).toContain("the event was answered with 401");
    expect(refused.at(-1)?.text).toContain("it was refused (signature_mismatch)");
  });
});

/** The same with less time to wait for what does not come. */
const shorter = (line: string) => line.replace("--wait 60s", "--wait 3s");

describe("the GitLab job of the page on CI", () => {
  const pipeline = parse(gitlab, { strict: true }) as Record<
    string,
    { image: string; timeout: string; script: readonly string[] }
  >;
  const job = Object.values(pipeline)[0];

  /** GitLab runs the lines in one shell, which ends at the first that fails. */
  async function runScript(env: Record<string, string>) {
    const machine = newMachine({ GITLAB_CI: "true", ...env });
    checkOut(machine.workspace);
    const script = (job?.script ?? []).map(shorter).join("\n");
    return shell(["bash", "-c", `set -eo pipefail\n${script}`], machine.workspace, machine.env);
  }

  it("has what a job must have", () => {
    expect(Object.keys(pipeline)).toEqual(["webhooks"]);
    expect(Object.keys(job ?? {})).toEqual(["image", "timeout", "script"]);
    expect(job?.image).toMatch(/^node:\d+$/);
    expect(job?.script.every((line) => typeof line === "string")).toBe(true);
  });

  it("passes where the event comes, and fails with 3 where another one does", async () => {
    const good = await runScript({ HOOKCLI_SECRET: SECRET });
    const other = await runScript({ HOOKCLI_SECRET: SECRET, SENT_TYPE: "user.left" });

    expect([good.code, other.code]).toEqual([0, 3]);
    expect(other.text).toContain("--expect type=message.created is not met: no event fits: type was user.left");
    expect(good.text + other.text).not.toContain(SECRET);
  });
});
