import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";

/**
 * Lets the user change a body in $VISUAL or $EDITOR. A final newline that the editor added is taken off again.
 *
 * @throws {CliError} when no editor is set, or it ends with an error
 */
export async function editBody(body: Uint8Array, context: Context): Promise<Uint8Array> {
  const [command, ...args] = editorWords(context);
  if (command === undefined) {
    throw new CliError("--edit needs an editor", { hint: "set EDITOR, or change single values with --set" });
  }
  const folder = await mkdtemp(join(tmpdir(), "hookcli-edit-"));
  const path = join(folder, "body.json");
  try {
    await writeFile(path, body, { mode: 0o600 });
    await runEditor(command, [...args, path], context);
    return withoutAddedNewline(await readFile(path), body);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The command's words: blanks part them, quotes of either kind hold them together. */
function editorWords({ env }: Context): string[] {
  const line = [env["VISUAL"], env["EDITOR"]].find((value) => value !== undefined && value.trim() !== "") ?? "";
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

async function runEditor(command: string, args: readonly string[], { env, cwd }: Context): Promise<void> {
  const { exitCodeOf, startProgram } = await import("../../programs/start.js");
  const program = startProgram({
    command,
    args,
    env,
    cwd,
    input: "inherit",
    output: "inherit",
    errorOutput: "inherit",
    ownGroup: false,
  });
  const code = exitCodeOf(await program.ended);
  if (code === 127) throw new CliError(`the editor ${command} was not found`);
  if (code !== 0) throw new CliError(`the editor ${command} ended with ${code}, so nothing was sent`);
}

function withoutAddedNewline(edited: Uint8Array, original: Uint8Array): Uint8Array {
  return edited.at(-1) === 0x0a && original.at(-1) !== 0x0a ? edited.subarray(0, -1) : edited;
}
