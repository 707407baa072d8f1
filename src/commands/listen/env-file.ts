import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { plainReason } from "../../config/input.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import { writeWholeFile } from "../whole-file.js";

/** The variables that hookcli writes for other programs. */
export const WRITTEN_VARIABLES = ["HOOKCLI_URL", "HOOKCLI_LOCAL_URL", "HOOKCLI_INSPECTOR_URL"] as const;

/** A setting whose value is in quotes, over as many lines as it takes; else a line. */
const ENTRY =
  /[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"(?:\\[^]|[^"\\])*"|'[^']*'|`[^`]*`)[^\n]*(?:\n|$)|[^\n]*\n|[^\n]+$/gy;
/** An entry that sets one of ours, with what leads in to its value. */
const OWN_ENTRY = new RegExp(String.raw`^(\s*(?:export\s+)?)(${WRITTEN_VARIABLES.join("|")})\s*=`);
const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";
/** What neither a shell nor a reader of env files makes anything of. */
const PLAIN = /^[\w:/.@%+,=~[\]-]*$/;

/**
 * The bytes of an env file with our variables set: the lines of ours are replaced where they stand, or removed where there is
 * no value; what is missing is added at the end. All other lines stay as they are, byte for byte.
 */
export function withVariables(bytes: Uint8Array, values: Readonly<Record<string, string>>): Uint8Array {
  const whole = Buffer.from(bytes).toString("latin1");
  const mark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  const entries = whole.slice(mark.length).match(ENTRY) ?? [];
  const written = new Set<string>();
  const kept = entries.map((entry) => {
    const [lead, before = "", name = ""] = OWN_ENTRY.exec(entry) ?? [];
    if (lead === undefined) return entry;
    written.add(name);
    const value = values[name];
    return value === undefined ? "" : `${before}${name}=${quoted(value)}${/\r?\n$/.exec(entry)?.[0] ?? ""}`;
  });
  const newline = (entries.at(-1) ?? "").endsWith("\r\n") || entries[0]?.endsWith("\r\n") === true ? "\r\n" : "\n";
  const joined = mark + kept.join("");
  const added = Object.entries(values).filter(([name]) => !written.has(name));
  const gap = joined !== mark && !joined.endsWith("\n") && added.length > 0 ? newline : "";
  return Buffer.from(
    joined + gap + added.map(([name, value]) => `${name}=${quoted(value)}${newline}`).join(""),
    "latin1",
  );
}

/** A URL as an env file and a shell read it: in single quotes where it is more than plain, with nothing that would end those. */
function quoted(url: string): string {
  const safe = url.replaceAll(/[^\x21-\x26\x28-\x7e]/gu, (character) =>
    character === "'" ? "%27" : encodeURIComponent(Buffer.from(character).toString()),
  );
  return PLAIN.test(safe) ? safe : `'${safe}'`;
}

/** Refuses (CliError 2), before anything is opened, what no env file can be: a device, or one without its folder. */
export async function requireEnvFile(path: string, { cwd }: Pick<Context, "cwd">): Promise<void> {
  if (path === "") throw new CliError("--write-env is empty");
  const real = await realNameOf(resolve(cwd, path));
  const [stats, folder] = await Promise.all([statOf(real), statOf(dirname(real))]);
  if (folder?.isDirectory() !== true) throw new CliError(`--write-env ${path}: there is no folder ${dirname(real)}`);
  if (stats !== undefined && !stats.isFile())
    throw new CliError(`cannot use --write-env ${path}: it is ${stats.isDirectory() ? "a folder" : "no plain file"}`);
}

/** Sets our variables in an env file, in one step; a link is followed. Throws CliError 2. */
export async function writeEnvFile(
  path: string,
  values: Readonly<Record<string, string>>,
  context: Pick<Context, "cwd" | "random">,
): Promise<void> {
  // It could have become something else meanwhile.
  await requireEnvFile(path, context);
  const real = await realNameOf(resolve(context.cwd, path));
  const before = await readFile(real).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Uint8Array();
    throw new CliError(`cannot read --write-env from ${path}: ${plainReason(error)}`, { cause: error });
  });
  const after = withVariables(before, values);
  if (Buffer.from(before).equals(after)) return;
  await writeWholeFile(real, after, { context, force: true, isSynced: true, isPrivate: false });
}

/** What a link leads to; a name of which nothing is there stays. */
function realNameOf(named: string): Promise<string> {
  return realpath(named).catch(() => named);
}

function statOf(path: string) {
  return stat(path).catch(() => undefined);
}
