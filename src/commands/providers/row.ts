import type { Config } from "../../config/config.js";
import { secretVariable } from "../../config/secrets.js";
import type { Context } from "../../context.js";
import { listFixtures } from "../../fixtures/find.js";
import { entryName } from "../../fixtures/folder.js";
import { findProvider } from "../../providers/index.js";
import type { Provider } from "../../providers/provider.js";
import { signatureHeadersOf } from "../../providers/words.js";
import { uncheckedWords } from "../verify/unchecked.js";
import { fixtureRoots } from "../fixtures/roots.js";

/** Names of fixtures by the provider's: the user's own and the built-in ones. */
export async function fixturesByProvider(
  context: Context,
  config: Config,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byProvider = new Map<string, string[]>();
  for (const entry of await listFixtures(fixtureRoots(context, config))) {
    const name = findProvider(entry.provider ?? "generic", config.ownProviders)?.name;
    if (name === undefined) continue;
    const names = byProvider.get(name) ?? [];
    byProvider.set(name, names);
    names.push(entryName(entry));
  }
  return byProvider;
}

/** A row for programs: its data as they stand, but for what tells its requests from those of others. */
export function rowJson({ detection, ...row }: Provider, fixtures: readonly string[]) {
  const unchecked = uncheckedWords({ detection, ...row });
  return {
    ...row,
    ...(unchecked === undefined ? {} : { unchecked }),
    signatureHeaders: signatureHeadersOf(row),
    otherHeaders: detection.otherHeaders ?? [],
    secretVariable: secretVariable(row.name),
    fixtures,
  };
}
