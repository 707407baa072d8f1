import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, hookcliPath, startListen, type Sandbox } from "../helpers/program.js";

const run = promisify(execFile);
const SERVER = `hookcli-pager-${process.pid}`;
const tmux = async (...words: string[]) => (await run("tmux", ["-L", SERVER, "-f", "/dev/null", ...words])).stdout;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = createSandbox();
  const listen = await startListen(["--no-tunnel"], { sandbox });
  for (let sent = 0; sent < 60; sent += 1) {
    const body = sent === 59 ? JSON.stringify(Array.from({ length: 100 }, (_, index) => index)) : '{"type":"a.b"}';
    await fetch(`${listen.localUrl}/hook`, { method: "POST", body });
  }
  await listen.stop();
  const wrapper = join(sandbox.folder, "hookcli");
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${hookcliPath}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  const words = [
    "env",
    "-i",
    ...Object.entries({ ...sandbox.env, TERM: "screen", PS1: "$ " }).map(([name, value]) => `${name}=${value}`),
  ];
  await tmux("new-session", "-d", "-x", "100", "-y", "20", "-c", sandbox.folder, ...words, "sh");
});
afterAll(async () => {
  await tmux("kill-server");
  sandbox.remove();
});

const screen = () => tmux("capture-pane", "-p");
const history = () => tmux("capture-pane", "-p", "-S", "-200");
const type = (text: string) => tmux("send-keys", "-l", text);
const press = (key: string) => tmux("send-keys", key);
const shows = (pattern: RegExp) => expect.poll(screen, { timeout: 20_000 }).toMatch(pattern);

/** Types a command line; its exit code follows as `code N`. */
async function enter(line: string): Promise<void> {
  await type(`${line}; echo "code $?"`);
  await press("Enter");
}

describe("a pager on a real terminal", () => {
  beforeEach(async () => {
    await press("C-l");
    await tmux("send-keys", "-R");
    await tmux("clear-history");
    await press("Enter");
    await shows(/^\$/m);
  });

  it("shows the first screen of a long list, in colour, and leaves with 0 and a sane terminal", async () => {
    const before = await tmux("display-message", "-p", "#{cursor_flag}|#{alternate_on}|#{mouse_any_flag}");
    await enter("./hookcli events list --limit 0");
    await shows(/^:$/m);
    const colours = await tmux("capture-pane", "-p", "-e");
    const paged = await screen();
    await press("q");
    await shows(/^code 0$/m);
    await enter("stty -a | grep -c ' icanon.* echo '");
    await shows(/^1$/m);

    expect(paged.match(/#\d+/g)?.slice(0, 2)).toEqual(["#60", "#59"]);
    expect(paged).not.toContain("#30 ");
    expect(colours).toContain("\u001b[1m");
    expect(await tmux("display-message", "-p", "#{cursor_flag}|#{alternate_on}|#{mouse_any_flag}")).toBe(before);
  });

  it("shows a long event, which can be read to its end", async () => {
    await enter("./hookcli events show last");
    await shows(/^:$/m);
    await press("G");
    await shows(/^ {2}99$[^]*\(END\)/m);
    await press("q");
    await shows(/^code 0$/m);
  });

  it("is left alone by Ctrl-C, which is the pager's", async () => {
    await enter("./hookcli events list --limit 0");
    await shows(/^:$/m);
    await press("C-c");
    await press("C-c");
    await press("G");
    await shows(/#1 [^]*\(END\)/m);
    await press("q");
    await shows(/^code 0$/m);
  });

  it.each([
    ["short output", "./hookcli events list --limit 5"],
    ["--no-pager", "./hookcli events list --limit 0 --no-pager"],
    ["PAGER=cat", "PAGER=cat ./hookcli events list --limit 0"],
    ["an empty PAGER", "PAGER= ./hookcli events list --limit 0"],
    ["a PAGER that is not there", "PAGER=no-such-pager ./hookcli events list --limit 0"],
    ["a PAGER that is no command line", `PAGER='less "' ./hookcli events list --limit 0`],
    ["a terminal that can do nothing", "TERM=dumb ./hookcli events list --limit 0"],
    ["--json", "./hookcli events list --limit 0 --json > out.json"],
    ["a pipe", "./hookcli events list --limit 0 | cat"],
  ])("is not there for %s", async (_what, line) => {
    await enter(line);
    await shows(/^code 0$/m);
  });

  it("prints everything where the pager is not there", async () => {
    await enter("PAGER=no-such-pager ./hookcli events list --limit 0");
    await shows(/^code 0$/m);

    expect((await history()).match(/#\d+ /g)).toHaveLength(60);
  });

  it("is the program of PAGER with its words, started by no shell, and its failure is none of ours", async () => {
    writeFileSync(join(sandbox.folder, "my pager"), '#!/bin/sh\necho "[$1][$2][$LESS]"\nhead -1\nexit 3\n');
    chmodSync(join(sandbox.folder, "my pager"), 0o755);
    await enter(`PAGER='"./my pager" "a  b" $HOME;id' ./hookcli events list --limit 0`);
    await shows(/^code 0$/m);

    expect(await history()).toMatch(/^\[a {2}b\]\[\$HOME;id\]\[FRX\]\n.*#60 .*\ncode 0$/m);
  });

  it("keeps what the user has told less", async () => {
    writeFileSync(join(sandbox.folder, "tell"), '#!/bin/sh\necho "[$LESS]"\n');
    chmodSync(join(sandbox.folder, "tell"), 0o755);
    await enter("LESS=-S PAGER=./tell ./hookcli events list --limit 0");
    await shows(/^code 0$/m);

    expect(await history()).toContain("[-S]");
  });

  it("fits its columns to a narrow terminal, one line an event", async () => {
    await tmux("resize-window", "-x", "40", "-y", "20");
    await enter("./hookcli events list --limit 12");
    await shows(/^code 0$/m);
    const lines = (await screen()).split("\n").filter((line) => line.includes("#"));
    await tmux("resize-window", "-x", "100", "-y", "20");

    expect(lines).toHaveLength(12);
    expect(lines.every((line) => /^\d\d:\d\d\S* +#\d+ .*stored/.test(line))).toBe(true);
  });
});
