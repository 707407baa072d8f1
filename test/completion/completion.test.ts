import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { providers } from "../../src/index.js";
import { allCommands } from "../helpers/command-list.js";
import { runCli } from "../helpers/run.js";
import { setup } from "../helpers/writer.js";
import { createProject, HOSTILE, type Project } from "./project.js";

const TYPES = ["message.created", "invoice.paid", "invoice.voided", ...HOSTILE];

let project: Project;

beforeAll(async () => {
  await setup();
  project = await createProject(TYPES);
});
afterAll(() => project.remove());

/** What the scripts are told for a line; its last word is the one at the cursor. */
async function ask(words: readonly string[], env: Record<string, string> = {}, cwd = project.folder) {
  const asked = words.slice(0, -1).map((word) => `--word=${word}`);
  const given = { HOOKCLI_DB: project.dbPath, ...env };
  const { code, stdout, stderr } = await runCli(["completion", `--at=${words.at(-1) ?? ""}`, ...asked], {
    cwd,
    env: given,
  });
  expect([code, stderr]).toEqual([0, ""]);
  const [kind = "", ...lines] = stdout.split("\n").slice(0, -1);
  return { kind, lines, values: lines.map((line) => line.split("\t")[0] ?? "") };
}

describe("what may stand at the cursor", () => {
  it("is a command, with what it does", async () => {
    const { kind, lines } = await ask(["re"]);

    expect(kind).toBe("values");
    expect(lines).toEqual(["replay\tdeliver captured events again"]);
  });

  it("is every command and help, where nothing is typed", async () => {
    const names = (await allCommands()).filter(({ path }) => path.length === 1).map(({ path }) => path[0]);

    expect((await ask([""])).values).toEqual([...names, "help"]);
  });

  it("is a subcommand, and what the group takes by itself", async () => {
    const { values } = await ask(["events", ""]);

    expect(values).toEqual(expect.arrayContaining(["list", "show", "last", "1"]));
    expect((await ask(["events", "--li"])).values).toEqual(["--limit"]);
  });

  it("is an option of the command or of all commands, but no hidden one and none that is there", async () => {
    const { values } = await ask(["events", "list", "--reverse", "--"]);

    expect(values).toEqual(expect.arrayContaining(["--limit", "--state", "--json", "--db", "--help"]));
    expect(values).not.toContain("--reverse");
    expect((await ask(["completion", "--"])).values).not.toContain("--at");
    expect((await ask(["--ver"])).values).toEqual(["--verbose", "--version"]);
  });

  it.each([
    { words: ["events", "list", "--state", "de"], values: ["delivered", "dead"] },
    { words: ["events", "list", "--state=de"], values: ["--state=delivered", "--state=dead"] },
    { words: ["events", "list", "--state", "failed,de"], values: ["failed,delivered", "failed,dead"] },
    { words: ["events", "list", "--state", "failed,de,"], values: expect.not.arrayContaining(["failed,de,failed"]) },
    { words: ["events", "list", "--state", "failed,f"], values: [] },
    { words: ["diff", "1", "2", "--only", "method,"], values: expect.arrayContaining(["method,path", "method,body"]) },
    { words: ["diff", "1", "2", "--only", "method,m"], values: [] },
    { words: ["doctor", "--only", "raw"], values: ["raw-body"] },
    { words: ["doctor", "--skip", "store,disk,perm"], values: ["store,disk,permissions"] },
    { words: ["events", "list", "--source", "t"], values: ["tunnel"] },
    { words: ["events", "list", "--signature", "n"], values: ["not_checkable"] },
    { words: ["--color", "a"], values: ["auto", "always"] },
    { words: ["listen", "5000", "--via", "ss"], values: ["ssh"] },
    { words: ["send", "x", "--tamper", "b"], values: ["body"] },
    { words: ["trigger", "--provider", "git"], values: ["gitea", "github", "gitlab"] },
    { words: ["verify", "--provider", "github", "--scheme", ""], values: expect.arrayContaining(["github-sha1"]) },
    { words: ["verify", "--scheme", "ed"], values: ["ed25519"] },
    { words: ["--profile", ""], values: ["staging", "local-2"] },
    { words: ["--profile=st"], values: ["--profile=staging"] },
    { words: ["--db", "elsewhere", "ver"], values: ["verify"] },
    { words: ["config", "get", "targ"], values: ["target"] },
    { words: ["help", "exit"], values: ["exit-codes"] },
    { words: ["help", "events", "sh"], values: ["show"] },
    { words: ["completion", "p"], values: ["powershell"] },
    { words: ["providers", "stri"], values: ["stripe"] },
    { words: ["providers", "list", "stri"], values: ["stripe"] },
    { words: ["providers", "show", "shopi"], values: ["shopify"] },
    { words: ["providers", "show", "stripe", "--framework", "d"], values: ["django"] },
    { words: ["send", "acme/"], values: ["acme/order.paid"] },
    { words: ["send", "order.p"], values: ["order.paid"] },
    { words: ["send", "stripe/invoice.p"], values: ["stripe/invoice.paid"] },
  ])("after $words is $values", async ({ words, values }) => {
    expect((await ask(words)).values).toEqual(values);
  });

  it("is a file for what takes one, which the shell completes", async () => {
    expect(await ask(["--config", "hook"])).toMatchObject({ kind: "files ", values: [] });
    expect(await ask(["send", "--merge=x"])).toMatchObject({ kind: "files --merge=", values: [] });
    expect(await ask(["verify", "--body", "@bo"])).toMatchObject({ kind: "files @", values: [] });
    expect(await ask(["verify", "--body=@bo"])).toMatchObject({ kind: "files --body=@", values: [] });
    expect(await ask(["send", "./my"])).toMatchObject({ kind: "files ", values: [] });
    expect(await ask(["verify", "--body", ""])).toMatchObject({ kind: "values", values: ["@", "-"] });
    expect(await ask(["verify", "--key", ""])).toMatchObject({ kind: "open", values: ["@"] });
  });

  it("names variables that may hold a secret, and never what they hold", async () => {
    const { lines } = await ask(["verify", "--secret", "env:"], { STRIPE_WEBHOOK_SECRET: "whsec_canary", OTHER: "x" });

    expect(lines).toEqual(["env:STRIPE_WEBHOOK_SECRET"]);
  });

  it("is nothing after --, for a value that can be anything, and for what makes no sense", async () => {
    for (const words of [
      ["listen", "--", ""],
      ["listen", "--port", ""],
      ["nonsense", "more", ""],
      ["listen", "--nonsense=", ""],
      ["--json="],
      ["events", "show", "1", "2"],
    ]) {
      expect([words, await ask(words)]).toEqual([words, { kind: "", lines: [], values: [] }]);
    }
  });
});

describe("events", () => {
  it("are the newest numbers and `last`, with type, request and outcome, but never the query", async () => {
    const { lines } = await ask(["events", "show", ""]);

    expect(lines[0]).toMatch(new RegExp(`^${TYPES.length}\t`));
    expect(lines).toContain("1\tmessage.created  POST /webhook  stored");
    expect(lines.filter((line) => line.startsWith("last"))).toHaveLength(3);
    expect(lines.join("\n")).not.toContain("canary");
  });

  it("never have a credential in type or path, which --type does not offer either", async () => {
    const other = await createProject(["invoice.paid", "whsec_canary"], "/hooks/whsec_canary;token=canary");
    onTestFinished(() => other.remove());
    const given = { HOOKCLI_DB: other.dbPath };

    const { lines } = await ask(["events", "show", ""], given, other.folder);

    expect(lines).toContain("2\t***  POST /hooks/***;token=***  stored");
    expect(lines.join("\n")).not.toContain("canary");
    expect((await ask(["events", "--type", ""], given, other.folder)).values).toEqual(["invoice.paid"]);
  });

  it("are ids where an id is typed, also by its beginning", async () => {
    const id = project.ids[1] ?? "";

    expect((await ask(["replay", "evt"])).values).toHaveLength(TYPES.length);
    expect((await ask(["replay", id])).lines).toEqual([`${id}\tinvoice.paid  POST /webhook  stored`]);
    expect((await ask(["verify", "--event", id])).values).toEqual([id]);
  });

  it("have types that complete --type", async () => {
    expect((await ask(["events", "--type", "inv"])).values).toEqual(["invoice.paid", "invoice.voided"]);
    expect((await ask(["events", "--type", "x,message"])).values).toEqual(["x,message.created"]);
  });

  it("are those of the store and the project that the line names", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "hookcli-elsewhere-"));

    const ofOther = await ask(["events", "show", ""], {}, elsewhere);
    const ofAll = await ask(["replay", "--all-projects", "la"], {}, elsewhere);
    const named = await ask(
      ["--db", project.dbPath, "replay", "--all-projects", "la"],
      { HOOKCLI_DB: "none.db" },
      elsewhere,
    );

    expect(ofOther.values).toEqual([]);
    expect(ofAll.values).toEqual(["last", "last~1", "last~2"]);
    expect(named.values).toEqual(ofAll.values);
    rmSync(elsewhere, { recursive: true });
  });
});

describe("whatever is there", () => {
  it("is never offered when a shell would read more than a word in it", async () => {
    for (const words of [
      ["events", "--type", ""],
      ["send", ""],
      ["send", "acme/"],
      ["events", "show", ""],
    ]) {
      const { lines, values } = await ask(words);

      for (const value of values) expect(value).toMatch(/^[A-Za-z0-9_.@-][A-Za-z0-9_.@:,+=~/-]*$/);
      expect(lines.join("")).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it("is silence where store or config are broken or missing, and nothing is made", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hookcli-broken-"));
    writeFileSync(join(folder, "hookcli.config.json"), "{ broken");
    writeFileSync(join(folder, "broken.db"), "not a database at all, but long enough to be one");
    writeFileSync(join(folder, "good.json"), "{}");
    const before = readdirSync(folder);
    const none = { kind: "", lines: [], values: [] };

    expect(await ask(["events", "show", ""], {}, folder)).toEqual(none);
    expect(await ask(["--profile", ""], {}, folder)).toEqual(none);
    expect(await ask(["--config", "good.json", "events", "show", ""], { HOOKCLI_DB: "broken.db" }, folder)).toEqual(
      none,
    );
    expect(await ask(["--config", "good.json", "events", "show", ""], { HOOKCLI_DB: "no/such.db" }, folder)).toEqual(
      none,
    );
    expect((await ask(["events", "list", "--sta"], {}, folder)).values).toEqual(["--status", "--state"]);
    expect(readdirSync(folder)).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  it("is left as it is: looking makes no file beside the store", async () => {
    const folder = join(project.folder, "state");
    const before = readdirSync(folder);
    const bytes = readFileSync(project.dbPath);

    await ask(["events", "show", ""]);

    expect(readdirSync(folder)).toEqual(before);
    expect(readFileSync(project.dbPath).equals(bytes)).toBe(true);
    expect(existsSync(join(project.folder, "pwned"))).toBe(false);
  });
});

describe("every command", () => {
  it("has options that complete, and arguments that are not in the way", async () => {
    for (const { path } of await allCommands()) {
      const { values } = await ask([...path, "--"]);

      expect([path, values]).toEqual([path, expect.arrayContaining(["--help", "--json"])]);
    }
  });

  it("takes the providers that there are", async () => {
    const { values } = await ask(["listen", "--provider", ""]);

    expect(values).toEqual(providers.map(({ name }) => name));
  });
});

describe("the scripts", () => {
  it.each(["bash", "zsh", "fish", "powershell"])("evaluate nothing in %s", async (shell) => {
    const { stdout, code } = await runCli(["completion", shell]);

    expect(code).toBe(0);
    expect(stdout).toContain("hookcli completion");
    expect(stdout).not.toMatch(/\beval\b|Invoke-Expression|\biex\b|\bsource\b/);
  });

  it("are named when the name is wrong or missing", async () => {
    expect(await runCli(["completion", "tcsh"])).toMatchObject({
      code: 2,
      stderr: "hookcli: error: no completion for tcsh\nhookcli: hint: one of bash, zsh, fish, powershell\n",
    });
    expect((await runCli(["completion"])).code).toBe(2);
    expect((await runCli(["completion", "toString"])).code).toBe(2);
  });

  it("come as one document with --json, and the help says where they go", async () => {
    const { stdout } = await runCli(["completion", "bash", "--json"]);

    expect(JSON.parse(stdout)).toEqual({ shell: "bash", script: (await runCli(["completion", "bash"])).stdout });
    expect((await runCli(["completion", "--help"])).stdout).toContain("~/.config/fish/completions/hookcli.fish");
  });
});
