import { resolveReference } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import type { Settings } from "../../signatures/request.js";
import type { Surroundings } from "./input.js";

/** What `--setting NAME=VALUE` gives, by name. VALUE may be env:NAME, @file, or literal:VALUE. Throws CliError 2. */
export async function settingsOf(
  { setting }: { readonly setting: readonly string[] },
  around: Pick<Surroundings, "context" | "output">,
): Promise<Settings> {
  const settings = new Map<string, string>();
  for (const text of setting) {
    const [, name, value] = /^([A-Za-z][\w-]*)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new CliError(`not a setting: ${text}`, { hint: "write it as webhookId=WH-1" });
    if (settings.has(name)) throw new CliError(`--setting gives ${name} twice`);
    settings.set(name, await valueOf(name, value, around));
  }
  return Object.fromEntries(settings);
}

/** What is configured is no secret: a literal on the command line is nothing to warn of. */
async function valueOf(name: string, text: string, around: Pick<Surroundings, "context" | "output">): Promise<string> {
  if (!/^(?:env:|@|file:)/.test(text)) return text.replace(/^literal:/, "");
  const bytes = await resolveReference(text, { ...around, what: `--setting ${name}` });
  return Buffer.from(bytes).toString("utf8");
}
