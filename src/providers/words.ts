import { pathWords } from "../signatures/content-words.js";
import type { Evidence, Provider, RetryFacts, RetryMark, ValueSource } from "./provider.js";

type PlaceOf<Place extends ValueSource["in"]> = Extract<ValueSource, { readonly in: Place }>;

const PLACES: { readonly [Place in ValueSource["in"]]: (source: PlaceOf<Place>) => string } = {
  header: ({ name }) => `header ${name}`,
  body: ({ path }) => `body field ${pathWords(path)}`,
  form: ({ name }) => `form field ${name}`,
  formJson: ({ name, path }) => `${pathWords(path)} of the JSON in form field ${name}`,
  query: ({ name }) => `query parameter ${name}`,
  xml: ({ element, form }) => `element ${element}${form === undefined ? "" : ` of the XML in form field ${form}`}`,
};

/** Where a value stands, the first place first: `header X-GitHub-Event + "." + body field action`. */
export function placesWords(sources: readonly ValueSource[]): string {
  return sources.map(placeWords).join(", else ");
}

function placeWords<Place extends ValueSource["in"]>(source: PlaceOf<Place> & { readonly in: Place }): string {
  const { also, as, prefix }: ValueSource = source;
  const place = PLACES[source.in](source);
  const named = as === undefined ? place : `${as} where there is ${place}`;
  const prefixed = prefix === undefined ? named : `${prefix} and ${named}`;
  return also === undefined ? prefixed : `${prefixed} + "." + ${placeWords(also)}`;
}

const EVIDENCE: Readonly<Record<Evidence, string>> = {
  sdk: "the provider's own or a widely used library takes what hookcli makes, and refuses what is changed",
  vector: "published examples, computed again",
  source: "read in the provider's code",
  documents: "read in the provider's documents",
  "third-party": "told by others, not by the provider",
  own: "yours: defined in your config",
};

/** How well a row is known, in a sentence. */
export function evidenceWords(evidence: Evidence): string {
  return EVIDENCE[evidence];
}

/** How often, and after which waits. */
export function retryWords({ delaysMs, retries, note }: RetryFacts): string {
  const times = retries === undefined || retries === 0 ? [] : [retries === 1 ? "once" : `${retries} times`];
  const waits = delaysMs === undefined ? [] : [`after ${delaysMs.map(waitWords).join(", ")}`];
  const facts = [...times, ...waits].join(" ");
  return facts === "" ? note : `${facts} (${note})`;
}

/** Where a delivery says which one it is, and how that counts. */
export function retryMarkWords({ at, counts, reason }: RetryMark): string {
  const first = counts === "retries" ? "counts retries" : "counts attempts, from 1";
  const why = reason === undefined ? "" : `; why: ${placeWords(reason)}`;
  return `${placeWords(at)} ${first}${why}`;
}

/** `90 s`, `5 min`, `2 h`: in the largest unit that is whole. */
export function waitWords(milliseconds: number): string {
  if (milliseconds === 0) return "no wait";
  if (milliseconds % 86_400_000 === 0) return `${milliseconds / 86_400_000} d`;
  if (milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000} h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000} min`;
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}

/** The headers that carry signatures or tokens, as the schemes name them. */
export function signatureHeadersOf({ schemes }: Pick<Provider, "schemes">): string[] {
  const names = schemes.flatMap(({ signature }) =>
    signature.from === "header" ? [signature.names[0], ...(signature.more ?? [])] : [],
  );
  return [...new Set(names)];
}
