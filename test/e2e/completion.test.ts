import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, HOSTILE, type Project } from "../completion/project.js";
import { hookcliPath } from "../helpers/program.js";
import { runCli } from "../helpers/run.js";
import { setup } from "../helpers/writer.js";

/** Ctrl-X and a letter: what the shells below do with it is in their start files. */
const DUMP = "\u0018\u0004";
const ALL = "\u0018*";
const KILL_LINE = "\u0015";
const TAB = "\t";

let project: Project;
let env: Record<string, string>;

beforeAll(async () => {
  await setup();
  project = await createProject(["message.created", "invoice.paid", ...HOSTILE]);
  const bin = join(project.folder, "bin");
  mkdirSync(bin);
  symlinkSync(hookcliPath, join(bin, "hookcli"));
  mkdirSync(join(project.folder, "requests"));
  writeFileSync(join(project.folder, "requests/first.http"), "");
  writeFileSync(join(project.folder, "odd $(touch pwned).http"), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    writeFileSync(join(project.folder, `hookcli.${shell}`), (await runCli(["completion", shell])).stdout);
  }
  writeFileSync(join(project.folder, "bashrc"), BASHRC);
  writeFileSync(join(project.folder, ".zshrc"), ZSHRC);
  const { PATH = "" } = process.env;
  env = {
    PATH: `${bin}:${PATH}`,
    HOME: project.folder,
    ZDOTDIR: project.folder,
    HOOKCLI_DB: project.dbPath,
    TERM: "xterm",
    LC_ALL: "C.UTF-8",
  };
});

afterAll(() => project.remove());

const BASHRC = `
PS1='READY> '
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind '"\\C-x*": insert-completions'
bind -x '"\\C-x\\C-d": printf "\\n[[%s]]\\n" "$READLINE_LINE"'
source hookcli.bash
`;

const ZSHRC = `
PS1='READY> '
unsetopt beep
unsetopt prompt_sp
bindkey -e
autoload -Uz compinit
compinit -u -d "$HOME/dump"
source ./hookcli.zsh
dump() { print; print -r -- "[[$BUFFER]]" }
zle -N dump
bindkey '^X^D' dump
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
bindkey '^X*' all-matches
`;

/** A shell on a pseudo-terminal, as a person has it. */
class Shell {
  private readonly child: ChildProcess;
  private written = "";
  private readonly watchers = new Set<() => void>();

  constructor(command: string) {
    this.child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: project.folder, env, stdio: "pipe" });
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.written += chunk.toString("utf8");
      for (const look of this.watchers) look();
    });
  }

  /** Waits for the first prompt. */
  async start(): Promise<void> {
    await this.until(/READY> /);
  }

  /** What the line is after these keys. The line is empty afterwards. */
  async line(keys: string): Promise<string> {
    this.written = "";
    this.child.stdin?.write(keys + DUMP);
    const [, line = ""] = await this.until(/\[\[([^\r\n]*)\]\]/);
    this.child.stdin?.write(KILL_LINE);
    return line;
  }

  /** What is on the screen once `text` is, after these keys. */
  async screen(keys: string, text: RegExp): Promise<string> {
    this.written = "";
    this.child.stdin?.write(keys);
    await this.until(text);
    this.child.stdin?.write(KILL_LINE);
    return this.written;
  }

  end(): void {
    this.child.kill("SIGKILL");
  }

  private until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const finish = (end: () => void) => {
        clearTimeout(timer);
        this.watchers.delete(look);
        end();
      };
      const look = () => {
        const found = pattern.exec(this.written);
        if (found !== null) finish(() => resolve(found));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${String(pattern)} in ${JSON.stringify(this.written)}`))),
        30_000,
      );
      this.watchers.add(look);
      look();
    });
  }
}

/** What is typed, and what the line is after one tab. */
const LINES: readonly (readonly [typed: string, line: string])[] = [
  ["hookcli comple", "hookcli completion "],
  ["hookcli events sh", "hookcli events show "],
  ["hookcli events list --sin", "hookcli events list --since "],
  ["hookcli events list --state del", "hookcli events list --state delivered "],
  ["hookcli events list --state=del", "hookcli events list --state=delivered "],
  ["hookcli events list --state=dead,del", "hookcli events list --state=dead,delivered "],
  ["hookcli --db state/events.db events --type mess", "hookcli --db state/events.db events --type message.created "],
  ["hookcli send acme/", "hookcli send acme/order.paid "],
  ["hookcli send stripe/invoice.p", "hookcli send stripe/invoice.paid "],
  ["hookcli send --provider stand", "hookcli send --provider standard-webhooks "],
  ["hookcli --profile=st", "hookcli --profile=staging "],
  ["hookcli help exit", "hookcli help exit-codes "],
  ["hookcli verify --secret env:HOOKCLI_SEC", "hookcli verify --secret env:HOOKCLI_SECRET "],
  ["hookcli verify --key ", "hookcli verify --key @"],
  ["hookcli verify --request @requests/fi", "hookcli verify --request @requests/first.http "],
  ["hookcli verify --request=@requests/fi", "hookcli verify --request=@requests/first.http "],
  ["hookcli verify --request @reque", "hookcli verify --request @requests/"],
  ["hookcli verify --request @od", "hookcli verify --request @odd\\ \\$\\(touch\\ pwned\\).http "],
  ["hookcli verify --request @odd\\ ", "hookcli verify --request @odd\\ \\$\\(touch\\ pwned\\).http "],
  ["hookcli --config requests/fi", "hookcli --config requests/first.http "],
  ["hookcli --config odd", "hookcli --config odd\\ \\$\\(touch\\ pwned\\).http "],
  ["hookcli send 'a b' --tamper bo", "hookcli send 'a b' --tamper body "],
  [
    'hookcli send "$(touch pwned)" `touch pwned` --tamper bo',
    'hookcli send "$(touch pwned)" `touch pwned` --tamper body ',
  ],
  ["hookcli events show nothing", "hookcli events show nothing"],
];

describe.each([
  { name: "bash", command: "bash --noprofile --rcfile bashrc -i" },
  { name: "zsh", command: "zsh -i" },
])("$name", ({ name, command }) => {
  let shell: Shell;

  beforeAll(async () => {
    env["HOOKCLI_SECRET"] = "k";
    shell = new Shell(command);
    await shell.start();
  });
  afterAll(() => shell.end());

  it.each(LINES)("completes %s", async (typed, line) => {
    expect(await shell.line(typed + TAB)).toBe(line);
  });

  it("offers all that fits", async () => {
    const states = await shell.line(`hookcli events list --state=de${ALL}`);
    const events = await shell.line(`hookcli events show ${ALL}`);

    expect(states.split(/[ =]/)).toEqual(expect.arrayContaining(["delivered", "dead"]));
    expect(events.split(" ")).toEqual(expect.arrayContaining(["1", "2", "15", "last", "last~1"]));
  });

  it("never puts what a stranger sent on the line", async () => {
    const line = await shell.line(`hookcli events list --type ${ALL}`);

    expect(line.trim().split(" ").toSorted()).toEqual([
      "--type",
      "events",
      "hookcli",
      "invoice.paid",
      "list",
      "message.created",
    ]);
    expect(existsSync(join(project.folder, "pwned"))).toBe(false);
  });

  it("says nothing where hookcli is not there", async () => {
    const lost = spawnSync(name, ["-c", `${SILENT[name as "bash" | "zsh"]}`], {
      cwd: project.folder,
      encoding: "utf8",
      env: { ...env, PATH: "/usr/bin:/bin" },
    });

    expect([lost.stdout, lost.stderr]).toEqual(["done\n", ""]);
  });
});

describe("the list of zsh", () => {
  it("shows what each is, made safe", async () => {
    const shell = new Shell("zsh -i");
    await shell.start();
    const screen = await shell.screen(
      `hookcli events show ${TAB}${TAB}`,
      /1 {2,}-- message\.created {2}POST \/webhook {2}stored/,
    );

    expect(screen).toContain("\\x1b]0;owned\\x07red");
    expect(screen).not.toContain("owned\u0007");
    expect(screen).not.toContain("canary");
    shell.end();
  });
});

const SILENT = {
  bash: "source hookcli.bash; COMP_LINE='hookcli ev' COMP_POINT=10 COMP_CWORD=1; COMP_WORDS=(hookcli ev); _hookcli; echo done",
  zsh: "compdef() { : }; source ./hookcli.zsh; words=(hookcli ev); CURRENT=2 PREFIX=ev; _hookcli; echo done",
};

describe("fish", () => {
  /** What fish offers for a line: values, with a tab and what they are. */
  function offers(line: string): string[] {
    const script = "source hookcli.fish; complete -C $argv[1]";
    const ended = spawnSync("fish", ["--no-config", "-c", script, line], {
      cwd: project.folder,
      env,
      encoding: "utf8",
    });
    expect([ended.status === 0 || ended.stdout === "", ended.stderr]).toEqual([true, ""]);
    return ended.stdout.split("\n").filter((text) => text !== "");
  }

  it.each([
    ["hookcli comple", ["completion"]],
    ["hookcli events list --state del", ["delivered"]],
    ["hookcli events list --state=del", ["--state=delivered"]],
    ["hookcli events list --state dead,del", ["dead,delivered"]],
    ["hookcli --db state/events.db events --type mess", ["message.created"]],
    ["hookcli send acme/", ["acme/order.paid"]],
    ["hookcli send --provider stand", ["standard-webhooks"]],
    ["hookcli --profile=st", ["--profile=staging"]],
    ["hookcli help exit", ["exit-codes"]],
    ["hookcli verify --request @requests/fi", ["@requests/first.http"]],
    ["hookcli verify --request=@requests/fi", ["--request=@requests/first.http"]],
    ["hookcli --config requests/fi", ["requests/first.http"]],
    ["hookcli send (touch pwned) --tamper bo", ["body"]],
    ["hookcli events show nothing", []],
    ["hookcli events list --type ", ["invoice.paid", "message.created"]],
  ])("completes %s", (line, values) => {
    expect(offers(line).map((text) => text.split("\t")[0])).toEqual(values);
    expect(existsSync(join(project.folder, "pwned"))).toBe(false);
  });

  it("shows what each is, the newest first, made safe", () => {
    const lines = offers("hookcli events show ");

    expect(lines[0]).toMatch(/^15\t.*POST \/webhook {2}stored$/);
    expect(lines).toContain("1\tmessage.created  POST /webhook  stored");
    expect(lines.join("")).toContain("\\x1b]0;owned\\x07red");
    expect(lines.join("")).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  });

  it("says nothing where hookcli is not there", () => {
    env["PATH"] = (env["PATH"] ?? "").replace(/^[^:]*:/, "");

    expect(offers("hookcli ev")).toEqual([]);
  });
});
