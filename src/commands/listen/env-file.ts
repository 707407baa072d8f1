import { readFile, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { plainReason } from "../../config/input.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import { writeWholeFile } from "../whole-file.js";

/** The variables that hookcli writes for other programs. */
export const WRITTEN_VARIABLES = ["HOOKCLI_URL", "HOOKCLI_LOCAL_URL", "HOOKCLI_INSPECTOR_URL"] as const;

/** A line that sets one of ours, with what leads in to its value. */
const OWN_LINE = new RegExp(String.raw`^(\s*(?:export\s+)?)(${WRITTEN_VARIABLES.join("|")})\s*=`);

/**
 * The bytes of an env file with our variables set: the lines of ours are replaced where they stand, or removed where there is
 * no value; what is missing is added at the end. All other lines stay as they are, byte for byte.
 */
export function withVariables(bytes: Uint8Array, values: Readonly<Record<string, string>>): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const written = new Set<string>();
  const kept = lines.map((line, index) => {
    const [lead = "", before = "", name = ""] =
      OWN_LINE.exec(index === 0 ? line.replace(/^\xef\xbb\xbf/, "") : line) ?? [];
    if (lead === "") return line;
    written.add(name);
    const mark = index === 0 && line.startsWith("\u00ef\u00bb\u00bf") ? "\u00ef\u00bb\u00bf" : "";
    const value = values[name];
    return value === undefined ? mark : `${mark}${before}${name}=${value}${/\r?\n$/.exec(line)?.[0] ?? ""}`;
  });
  const newline = (lines.at(-1) ?? "").endsWith("\r\n") || lines[0]?.endsWith("\r\n") === true ? "\r\n" : "\n";
  const joined = kept.join("");
  const added = Object.entries(values).filter(([name]) => !written.has(name));
  const gap = joined !== "" && !joined.endsWith("\n") && added.length > 0 ? newline : "";
  return Buffer.from(joined + gap + added.map(([name, value]) => `${name}=${value}${newline}`).join(""), "latin1");
}

/** Sets our variables in an env file, in one step; a link is followed. Throws CliError 2. */
export async function writeEnvFile(
  path: string,
  values: Readonly<Record<string, string>>,
  context: Pick<Context, "cwd" | "random">,
): Promise<void> {
  const named = resolve(context.cwd, path);
  const real = await realpath(named).catch(() => named);
  const before = await readFile(real).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Uint8Array();
    throw new CliError(`cannot read --write-env from ${path}: ${plainReason(error)}`, { cause: error });
  });
  const after = withVariables(before, values);
  if (Buffer.from(before).equals(after)) return;
  await writeWholeFile(real, after, { context, force: true, isSynced: true, isPrivate: false });
}
