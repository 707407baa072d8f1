import type { Provider } from "../../providers/provider.js";
import type { ContentPart, Scheme } from "../../signatures/scheme.js";

/** Lines to copy; a shared secret is taken from the environment. `verify` is absent where there is nothing to check. */
export interface ReadyCommands {
  /** Makes the keys that `send` signs with, where the provider has keys. */
  readonly newKey?: string;
  readonly send: string;
  readonly verify?: string;
}

/** Commands that send an event of the provider's, and verify a request that was saved. */
export function readyCommands(provider: Provider, fixtures: readonly string[]): ReadyCommands {
  const { name, schemes } = provider;
  const scheme = schemes[0];
  const event = fixtures[0] ?? `--provider ${name} --type event.type --data '{}'`;
  const send = `hookcli send ${event} --to 5000/webhook`;
  if (scheme === undefined) return { send };
  const isKey = scheme.secret.kind === "key";
  const settings = settingsOf(scheme)
    .map((setting) => ` --setting ${setting}=VALUE`)
    .join("");
  const url = signsUrl(scheme) ? " --url https://example.com/webhook" : "";
  return {
    ...(isKey ? { newKey: `hookcli sign --new-key ${name} --out ${name}.key` } : {}),
    send: `${send}${isKey ? ` --key @${name}.key` : ""}${settings}`,
    verify: `hookcli verify --provider ${name}${isKey ? " --key @public.pem" : ""}${settings}${url} --request @request.http`,
  };
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
