import type { HeaderList } from "../events/headers.js";
import { providers } from "./index.js";
import type { Provider } from "./provider.js";
import { generic } from "./specs.js";

/** Who sent a request. `evidence`: the header that tells. */
export type Detected =
  | { readonly kind: "one"; readonly provider: Provider; readonly evidence: string }
  | { readonly kind: "several"; readonly providers: readonly Provider[] }
  | { readonly kind: "none" };

interface Sighting {
  readonly provider: Provider;
  readonly evidence: string;
}

/**
 * Finds the provider by its signature headers (the generic one's count only when there are no others); without any, by other headers that only it sends. Headers are all it looks
 * at; `body` and `path` may be passed along.
 */
export function detectProvider(request: {
  readonly headers: HeaderList;
  readonly body?: Uint8Array;
  readonly path?: string;
}): Detected {
  const names = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const signed = sightings(names, ({ detection }) => detection.signatureHeaders);
  const named = signed.filter(({ provider }) => provider !== generic);
  const seen = firstWithAny(
    named,
    signed,
    sightings(names, ({ detection }) => detection.otherHeaders ?? []),
  );
  const [first] = seen;
  if (first === undefined) return { kind: "none" };
  return seen.length === 1
    ? { kind: "one", ...first }
    : { kind: "several", providers: seen.map(({ provider }) => provider) };
}

function firstWithAny(...lists: readonly (readonly Sighting[])[]): readonly Sighting[] {
  return lists.find((list) => list.length > 0) ?? [];
}

/** The providers whose signature headers a request has, but for the one named. */
export function otherSigners(headers: HeaderList, besides: Provider): Sighting[] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  return sightings(names, ({ detection }) => detection.signatureHeaders).filter(({ provider }) => provider !== besides);
}

function sightings(names: ReadonlySet<string>, headersOf: (provider: Provider) => readonly string[]): Sighting[] {
  if (!anyOf(names)) return [];
  return providers.flatMap((provider) => {
    const evidence = headersOf(provider).find((name) => names.has(name.toLowerCase()));
    const isImitated = provider.detection.unless?.some((name) => names.has(name.toLowerCase())) ?? false;
    return evidence === undefined || isImitated ? [] : [{ provider, evidence }];
  });
}

/** Every header that tells of some provider, in lower case: most requests have none of them. */
const TELLING: ReadonlySet<string> = new Set(
  providers.flatMap(({ detection }) =>
    [...detection.signatureHeaders, ...(detection.otherHeaders ?? [])].map((name) => name.toLowerCase()),
  ),
);

function anyOf(names: ReadonlySet<string>): boolean {
  for (const name of names) if (TELLING.has(name)) return true;
  return false;
}
