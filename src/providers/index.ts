import { CliError } from "../errors.js";
import { discord, slack } from "./chat.js";
import { shopify } from "./commerce.js";
import { sendgrid, twilio } from "./communications.js";
import { github, gitlab } from "./developer.js";
import { suggestion } from "./nearest.js";
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

/** The row of a name or an alias, in any case. @throws CliError (2) that names those most like it */
export function providerNamed(name: string): Provider {
  const provider = findProvider(name);
  if (provider !== undefined) return provider;
  const names = providers.map((row) => row.name);
  throw new CliError(`unknown provider: ${name}`, { hint: suggestion(name, names) });
}
