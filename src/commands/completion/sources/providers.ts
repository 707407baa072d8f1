import { findProvider, providers } from "../../../providers/index.js";
import { RAW_ALGORITHMS } from "../../../signatures/raw.js";
import type { Candidate } from "../reply.js";
import type { Place } from "../values.js";

/** Every provider's name. */
export function providerNames(): Candidate[] {
  return providers.map(({ name, title }) => ({ value: name, about: title }));
}

/** The schemes of the provider that is named, else of all; and those of bare algorithms, where a command takes them. */
export function schemeNames({ line }: Place): Candidate[] {
  const named = findProvider(line.given.get("--provider") ?? "");
  const ofProviders = (named === undefined ? providers : [named]).flatMap(({ title, schemes }) =>
    schemes.map(({ name }) => ({ value: name, about: title })),
  );
  const takesRaw = named === undefined && (line.path[0] === "verify" || line.path[0] === "sign");
  return [...ofProviders, ...(takesRaw ? [...RAW_ALGORITHMS.keys(), "jws"].map((value) => ({ value })) : [])];
}
