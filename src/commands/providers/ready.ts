import type { Provider } from "../../providers/provider.js";
import type { ContentPart, Scheme } from "../../signatures/scheme.js";

/** Lines to copy; a shared secret is taken from the environment. `verify` is absent where there is nothing to check. */
export interface ReadyCommands {
  /** Makes the keys that `send` signs with and `verify` checks with, where the provider has keys. */
  readonly newKey?: string;
  readonly send: string;
  readonly verify?: string;
  /** The same with keys, where the default has a shared secret and another scheme has keys. */
  readonly withKeys?: ReadyCommands;
}

/** Commands that send an event of the provider's, and verify a request that was saved. */
export function readyCommands(provider: Provider, fixtures: readonly string[]): ReadyCommands {
  const [scheme] = provider.schemes;
  const send = sendCommand(provider, fixtures);
  if (scheme === undefined) return { send };
  const keyed = hasKeys(scheme) ? undefined : provider.schemes.find(hasKeys);
  const commands = commandsFor(provider, scheme, send);
  if (keyed === undefined) return commands;
  const withKeys = commandsFor(provider, keyed, `${send} --scheme ${keyed.label}`);
  return { ...commands, withKeys };
}

function sendCommand({ name }: Provider, fixtures: readonly string[]): string {
  const event = fixtures[0] ?? `--provider ${name} --type event.type --data '{}'`;
  return `hookcli send ${event} --to 5000/webhook`;
}

function commandsFor({ name }: Provider, scheme: Scheme, send: string): ReadyCommands {
  const settings = settingsOf(scheme)
    .map((setting) => ` --setting ${setting}=VALUE`)
    .join("");
  const url = signsUrl(scheme) ? " --url https://example.com/webhook" : "";
  const verify = (key: string) => `hookcli verify --provider ${name}${key}${settings}${url} --request @request.http`;
  if (scheme.secret.kind !== "key") return { send: `${send}${settings}`, verify: verify("") };
  return {
    newKey: `hookcli sign --new-key ${name} --out ${name}.key > ${name}.pub`,
    send: `${send} --key @${name}.key${settings}`,
    verify: verify(` ${scheme.secret.text === "certificate" ? "--cert" : "--key"} @${name}.pub`),
  };
}

function hasKeys({ secret }: Scheme): boolean {
  return secret.kind === "key";
}

function settingsOf(scheme: Scheme): string[] {
  const names = contentOf(scheme).flatMap((part) => (part.part === "setting" ? [part.name] : []));
  return [...new Set(names)];
}

const OF_THE_URL: ReadonlySet<ContentPart["part"]> = new Set(["url", "urlUnescaped"]);

function signsUrl(scheme: Scheme): boolean {
  return contentOf(scheme).some(({ part }) => OF_THE_URL.has(part));
}

function contentOf({ algorithm, content }: Scheme): readonly ContentPart[] {
  if (algorithm.family !== "jwt") return content;
  return algorithm.claims.flatMap((rule) => ("content" in rule ? rule.content : []));
}
