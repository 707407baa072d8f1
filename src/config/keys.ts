import * as kinds from "./kinds.js";
import type { ValueKind } from "./kinds.js";

/** One key of `hookcli.config.json`. */
export interface ConfigKey<Value = unknown> {
  readonly kind: ValueKind<Value>;
  /**
   * An object: a value of the kind for each provider, for each header, or for each provider that is defined by it. Or a list:
   * one for each route.
   */
  readonly by?: "provider" | "header" | "definition" | "route";
  /** The environment variable that goes before the files. */
  readonly variable?: string;
  /** What holds when nothing is said, as it would be written. */
  readonly fallback?: string | number | boolean;
  readonly about: string;
}

/** What `--via` takes. */
export const TUNNEL_NAMES: readonly string[] = ["localtunnel", "cloudflared", "ssh", "none"];

/** What `--handshake` takes. */
export const HANDSHAKE_MODES: readonly string[] = ["auto", "off"];

/** What a project may say once for all, and each of its profiles again. */
export const CONFIG_KEYS = {
  target: key(kinds.target, "the local URL that events are delivered to", { variable: "HOOKCLI_TARGET" }),
  provider: key(kinds.provider, "the provider, where it cannot be detected"),
  secret: key(kinds.secret, "the secret for every provider, as env:NAME"),
  secrets: key(kinds.secret, 'secrets by provider: { "stripe": "env:NAME" }', { by: "provider" }),
  providers: key(kinds.definition, "providers of your own, by name: see below", { by: "definition" }),
  db: key(kinds.path, "the file of the store", { variable: "HOOKCLI_DB" }),
  keep: key(kinds.integer(0, 1_000_000_000), "how many events of a project are kept; 0: all", { fallback: 10_000 }),
  keepFor: key(kinds.duration, 'how long events are kept; "0": for ever', { fallback: "30d" }),
  fixtures: key(kinds.path, "the folder of your own fixtures"),
  via: key(kinds.choice(...TUNNEL_NAMES), "the kind of tunnel", {
    variable: "HOOKCLI_VIA",
    fallback: "localtunnel",
  }),
  tunnelHost: key(kinds.text, "the tunnel service", { variable: "HOOKCLI_TUNNEL_HOST" }),
  subdomain: key(kinds.text, "the name asked of the tunnel service"),
  publicUrl: key(kinds.url, "listen: the public URL, when something else brings the requests"),
  requireTunnel: key(kinds.flag, "listen: an error when the tunnel cannot be opened", { fallback: false }),
  port: key(kinds.integer(0, 65_535), "listen: the local capture port; 0: a free one", { fallback: 0 }),
  events: key(kinds.list, "listen: deliver only these event types"),
  routes: key(kinds.route, 'listen: other targets for some events: { "match", "target" }; see below', { by: "route" }),
  allowIp: key(kinds.ranges, "listen: let in only these senders"),
  trustedProxy: key(kinds.ranges, "listen: believe the X-Forwarded-For of these"),
  allowType: key(kinds.list, "listen: let in only these event types"),
  require: key(kinds.list, "listen: let in only bodies with these fields"),
  validate: key(kinds.path, "listen: let in only bodies that fit this JSON Schema file"),
  requireSignature: key(kinds.flag, "listen: let in only what is signed", { fallback: false }),
  maxBody: key(kinds.size, "listen: the largest body", { fallback: "25mb" }),
  headers: key(kinds.headerValue, 'listen: headers added to each delivery: { "X-Env": "dev" }', { by: "header" }),
  hostHeader: key(kinds.fieldText, "listen: Host of each delivery: target, keep, or a value", { fallback: "target" }),
  insecure: key(kinds.flag, "listen: accept a self-signed certificate of the target", { fallback: false }),
  timeout: key(kinds.duration, 'listen: the longest wait for the app; "0": no limit', { fallback: "30s" }),
  ack: key(kinds.flag, "listen: answer once an event is on disk, deliver it in the background", { fallback: false }),
  ackStatus: key(kinds.integer(200, 299), "listen: with ack, the status to answer; 202 otherwise"),
  queue: key(kinds.flag, "listen: as ack, and hold events while the app is down", { fallback: false }),
  retry: key(kinds.integer(0, 1_000), "listen: deliver again up to so many times"),
  retryDelays: key(kinds.durations, "listen: the waits before retries"),
  retrySpeed: key(kinds.speed, "listen: how many times faster a provider's waits pass; 60x otherwise"),
  ordered: key(kinds.flag, "listen: with ack, one event after the other"),
  concurrency: key(kinds.integer(1, 512), "listen: background deliveries to a target at a time; 8 otherwise"),
  dropDuplicates: key(kinds.flag, "listen: do not deliver again what the app answered 2xx", { fallback: false }),
  respond: key(kinds.integer(200, 599), "listen: without a target, the status to answer", { fallback: 200 }),
  respondBody: key(kinds.sentPath, "listen: without a target, the file to answer"),
  handshake: key(kinds.choice(...HANDSHAKE_MODES), "listen: answer handshakes where no app does, or not", {
    fallback: "auto",
  }),
  register: key(kinds.service, "listen: the service that is told the public URL, as env:NAME"),
  registerHeaders: key(kinds.headerValue, 'listen: headers of these requests: { "Authorization": "env:TOKEN" }', {
    by: "header",
  }),
  registerBody: key(kinds.body, 'listen: what it is told; { "url": "{url}" } otherwise'),
  registerPath: key(kinds.text, "listen: where the id stands in its answer; id, else data.id otherwise"),
  unregister: key(kinds.service, "listen: where the URL is taken back with DELETE, as env:NAME"),
  requireRegister: key(kinds.flag, "listen: an error when the service does not take the URL", { fallback: false }),
  onUrl: key(kinds.command, "listen: a command for the start and each new URL; in your own file alone"),
  writeEnv: key(kinds.writtenPath, "listen: the env file that gets HOOKCLI_URL and HOOKCLI_LOCAL_URL"),
  readyFile: key(kinds.writtenPath, "listen: a file that is there while listen is ready"),
  wait: key(kinds.duration, "listen: the longest wait for --once, --exit-after and --expect"),
  failOn: key(kinds.statuses, "listen: end with 1 at such answers of the app"),
} as const;

/** The name of a key that has a value, or values by name. */
export type ConfigKeyName = keyof typeof CONFIG_KEYS;

/** What a key's value is once it is read: of one entry, where there is one for each provider or header. */
export type ConfigValue<Name extends ConfigKeyName> =
  (typeof CONFIG_KEYS)[Name] extends ConfigKey<infer Value> ? Value : never;

/** Every key with its row, in the order of the table. */
export const CONFIG_KEY_ROWS = Object.entries(CONFIG_KEYS) as readonly (readonly [ConfigKeyName, ConfigKey])[];

/** What a file has beside the keys of the table. */
export const FILE_KEYS = {
  $schema: "the JSON Schema of this file",
  profiles: "values by name, which --profile NAME lays over the file's others",
} as const;

function key<Value>(
  kind: ValueKind<Value>,
  about: string,
  rest: Omit<ConfigKey<Value>, "kind" | "about"> = {},
): ConfigKey<Value> {
  return { kind, about, ...rest };
}

/** The table that `hookcli help environment` prints: the variables that hookcli reads, each in a row of its own. */
export const ENVIRONMENT_TABLE: readonly { readonly name: string; readonly about: string }[] = [
  { name: "HOOKCLI_DB", about: "the file of the store" },
  { name: "HOOKCLI_CONFIG", about: "the config file, in place of the one found upwards" },
  { name: "HOOKCLI_PROFILE", about: "the profile of the config, where --profile names none" },
  { name: "HOOKCLI_SECRET", about: "the secret, where <PROVIDER>_WEBHOOK_SECRET is not set" },
  { name: "<PROVIDER>_WEBHOOK_SECRET", about: "a provider's secret, such as STRIPE_WEBHOOK_SECRET" },
  { name: "HOOKCLI_TARGET", about: "the target, where none is given" },
  { name: "HOOKCLI_VIA", about: "the kind of tunnel" },
  { name: "HOOKCLI_TUNNEL_HOST", about: "the tunnel service" },
  { name: "HOOKCLI_DEBUG", about: "1: print the stack of an error" },
  { name: "NO_COLOR", about: "set: no colour" },
  { name: "FORCE_COLOR", about: "set: colour everywhere; 0: none" },
  { name: "TERM", about: "dumb: no colour and no pager" },
  { name: "PAGER", about: "the program that long pages are shown with" },
  { name: "VISUAL", about: "the editor of --edit" },
  { name: "EDITOR", about: "the editor of --edit, where VISUAL is not set" },
  { name: "HTTP_PROXY", about: "the proxy for http, in lower case too" },
  { name: "HTTPS_PROXY", about: "the proxy for https, else that of HTTP_PROXY" },
  { name: "NO_PROXY", about: "hosts that need no proxy; this computer never goes through one" },
  { name: "XDG_CONFIG_HOME", about: "the folder of your own config, where it is not ~/.config" },
  { name: "XDG_STATE_HOME", about: "the folder of the store, where it is not ~/.local/state" },
  { name: "APPDATA", about: "on Windows: the folder of your own config" },
  { name: "LOCALAPPDATA", about: "on Windows: the folder of the store" },
];
