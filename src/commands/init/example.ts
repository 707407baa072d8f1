import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../../context.js";

/** The first fixture of a project: a copy of a built-in one, to be changed. */
export interface Example {
  /** As `send` takes it. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** The example for a provider, or for any, to lie in the folder `root`. */
export async function exampleFixture(
  provider: string | undefined,
  { root, context }: { root: string; context: Context },
): Promise<Example> {
  const { entryName, listFolder } = await import("../../fixtures/folder.js");
  const entries = await listFolder(context.fixturesDir);
  const generic = entries.find((entry) => entryName(entry) === "generic/message.created");
  const entry = entries.find((candidate) => candidate.provider === provider) ?? generic;
  if (entry?.provider === undefined) throw new Error(`no fixtures in ${context.fixturesDir}`);
  const { provider: folder, event } = entry;
  const name = folder === "generic" ? event : `${folder}/${event}`;
  return { name, path: join(root, folder, `${event}.json`), text: await readFile(entry.path, "utf8") };
}
