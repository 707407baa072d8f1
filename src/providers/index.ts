import { discord, slack } from "./chat.js";
import { shopify } from "./commerce.js";
import { sendgrid, twilio } from "./communications.js";
import { github, gitlab } from "./developer.js";
import { square, stripe } from "./payments.js";
import type { Provider } from "./provider.js";
import { generic, standardWebhooks, svix } from "./specs.js";

export type { Provider } from "./provider.js";

/** All rows; the generic one first, the rest by name. */
export const providers: readonly Provider[] = [
  generic,
  discord,
  github,
  gitlab,
  sendgrid,
  shopify,
  slack,
  square,
  standardWebhooks,
  stripe,
  svix,
  twilio,
];

const BY_NAME: ReadonlyMap<string, Provider> = new Map(
  providers.flatMap((provider) => [provider.name, ...provider.aliases].map((name) => [name, provider] as const)),
);

/** The row of a name or an alias, in any case. */
export function findProvider(name: string): Provider | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** The provider names most like a word that is none: for "did you mean". At most three, nearest first. */
export function nearestProviders(name: string): string[] {
  const word = name.toLowerCase().slice(0, 64);
  const scored = providers.map((provider) => ({ name: provider.name, distance: likeness(word, provider.name) }));
  const near = scored.filter(
    ({ name: candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length / 3)),
  );
  return near
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name: found }) => found);
}

/** Edit distance; 1 when one is the start of the other. */
function likeness(word: string, name: string): number {
  return word.length >= 3 && (name.startsWith(word) || word.startsWith(name)) ? 1 : editDistance(word, name);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
