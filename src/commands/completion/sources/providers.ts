import { findProvider, providers, type Provider } from "../../../providers/index.js";
import { RAW_ALGORITHMS } from "../../../signatures/raw.js";
import type { Candidate } from "../reply.js";
import type { Place } from "../values.js";
import { configOf } from "./config.js";

/** Every provider's name. */
export async function providerNames({ line, context }: Place): Promise<Candidate[]> {
  const ownProviders = await ownOf({ line, context });
  return [...ownProviders, ...providers].map(({ name, title }) => ({ value: name, about: title }));
}

/** The schemes of the provider that is named, else of all; and those of bare algorithms, where a command takes them. */
export async function schemeNames({ line, context }: Place): Promise<Candidate[]> {
  const ownProviders = await ownOf({ line, context });
  const named = findProvider(line.given.get("--provider") ?? "", ownProviders);
  const ofProviders = (named === undefined ? [...ownProviders, ...providers] : [named]).flatMap(({ title, schemes }) =>
    schemes.map(({ name }) => ({ value: name, about: title })),
  );
  const takesRaw = named === undefined && (line.path[0] === "verify" || line.path[0] === "sign");
  return [...ofProviders, ...(takesRaw ? [...RAW_ALGORITHMS.keys(), "jws"].map((value) => ({ value })) : [])];
}

/** None where the config cannot be read: the command itself says why. */
function ownOf(place: Pick<Place, "line" | "context">): Promise<readonly Provider[]> {
  return configOf(place).then(
    ({ ownProviders }) => ownProviders,
    () => [],
  );
}
