/** What a config key takes. */
export type ConfigKind = "string" | "secret" | "secrets";

/** One key of `hookcli.config.json`. */
export interface ConfigKey {
  readonly name: string;
  readonly kind: ConfigKind;
  /** The environment variable that goes before the files. */
  readonly variable?: string;
  readonly about: string;
}

/** Every key that a config file may have. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  { name: "$schema", kind: "string", about: "the JSON Schema of this file" },
  { name: "target", kind: "string", variable: "HOOKCLI_TARGET", about: "the local URL that events are delivered to" },
  { name: "provider", kind: "string", about: "the provider, where it cannot be detected" },
  { name: "secret", kind: "secret", about: "the secret for every provider, as env:NAME" },
  { name: "secrets", kind: "secrets", about: 'secrets by provider: { "stripe": "env:NAME" }' },
  { name: "db", kind: "string", variable: "HOOKCLI_DB", about: "the file of the store" },
  { name: "fixtures", kind: "string", about: "the folder of your own fixtures" },
  { name: "via", kind: "string", variable: "HOOKCLI_VIA", about: "the kind of tunnel" },
  { name: "tunnelHost", kind: "string", variable: "HOOKCLI_TUNNEL_HOST", about: "the tunnel service" },
  { name: "subdomain", kind: "string", about: "the name asked of the tunnel service" },
];

/** The table that `hookcli help environment` prints: the variables that hookcli reads, then those it sets for programs it starts. */
export const ENVIRONMENT_TABLE: readonly { readonly name: string; readonly about: string }[] = [
  { name: "HOOKCLI_DB", about: "the file of the store" },
  { name: "HOOKCLI_CONFIG", about: "the config file, in place of the one found upwards" },
  { name: "HOOKCLI_SECRET", about: "the secret, where <PROVIDER>_WEBHOOK_SECRET is not set" },
  { name: "<PROVIDER>_WEBHOOK_SECRET", about: "a provider's secret, such as STRIPE_WEBHOOK_SECRET" },
  { name: "HOOKCLI_TARGET", about: "the target, where none is given" },
  { name: "HOOKCLI_VIA", about: "the kind of tunnel" },
  { name: "HOOKCLI_TUNNEL_HOST", about: "the tunnel service" },
  { name: "HOOKCLI_DEBUG", about: "1: print the stack of an error" },
  { name: "NO_COLOR, FORCE_COLOR", about: "no colour, or colour everywhere" },
];
