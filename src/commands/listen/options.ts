import { Option, type Command } from "commander";
import { HANDSHAKE_MODES, TUNNEL_NAMES } from "../../config/keys.js";
import {
  collect,
  fieldText,
  parseDuration,
  parseHeaderLine,
  parseInteger,
  parseList,
  parseSize,
} from "../../config/values.js";
import { parseRoute, type RouteRule } from "../../deliver/routes.js";
import type { HeaderList } from "../../events/headers.js";
import { retentionOptions } from "../retention-options.js";
import { deliveryOptions, type DeliveryOptions } from "./delivery-options.js";
import { scriptOptions, type ScriptOptions } from "./script-options.js";

/** What the command line of `listen` says, parsed. What is absent may stand in the config; see settings.ts. */
export type ListenFlags = Partial<Omit<ListenOptions, "register">> &
  Pick<ListenOptions, "tunnel" | "secret" | "key" | "setting" | "header" | "route"> & {
    /** False with `--no-register`. */
    readonly register?: string | false;
  };

/** What `listen` was asked for by command line and config. */
export interface ListenOptions extends ScriptOptions, DeliveryOptions {
  readonly forwardTo?: string;
  readonly via?: string;
  /** False with `--no-tunnel`. */
  readonly tunnel: boolean;
  readonly tunnelHost?: string;
  readonly subdomain?: string;
  readonly publicUrl?: string;
  readonly requireTunnel?: boolean;
  readonly port: number;
  readonly allowIp: readonly string[];
  readonly trustedProxy: readonly string[];
  readonly allowType: readonly string[];
  readonly require: readonly string[];
  readonly validate?: string;
  readonly provider?: string;
  readonly secret: readonly string[];
  readonly key: readonly string[];
  readonly setting: readonly string[];
  readonly requireSignature?: boolean;
  readonly maxBody: number;
  readonly events: readonly string[];
  /** Those of the command line. */
  readonly route: readonly RouteRule[];
  /** All of them, those of the command line first. */
  readonly routes: readonly RouteRule[];
  readonly header: HeaderList;
  readonly hostHeader: string;
  readonly allowRemote?: boolean;
  readonly insecure?: boolean;
  readonly timeout: number;
  readonly respond: number;
  readonly respondBody?: string;
  /** `auto`: handshakes are answered where no app does. */
  readonly handshake: string;
  readonly keep?: number;
  readonly keepFor?: number;
}

const lists = (name: string) => (text: string, previous?: readonly string[]) => [
  ...(previous ?? []),
  ...parseList(text, name),
];
const number = (name: string, min: number, max: number) => (text: string) => parseInteger(text, { name, min, max });

/** Puts the options of `listen` on its command. */
export function defineListen(command: Command): void {
  command.argument("[target]", "where events are delivered: 5000, 5000/path, localhost:5000, http://...");
  command.usage("[options] [target] [-- command...]");
  for (const option of listenOptions()) command.addOption(option);
}

function listenOptions(): Option[] {
  return [
    new Option("-f, --forward-to <target>", "the same as the argument"),
    new Option("--via <kind>", "the kind of tunnel").choices(TUNNEL_NAMES),
    new Option("--no-tunnel", "capture at the local URL only"),
    new Option(
      "--tunnel-host <url>",
      "the tunnel service, or your ssh host; default https://loca.lt, which shows browsers a page first (webhooks are not affected)",
    ),
    new Option("-s, --subdomain <name>", "the name asked of the tunnel service"),
    new Option("--public-url <url>", "the public URL, when something else brings the requests"),
    new Option("--require-tunnel", "an error (4) when the tunnel cannot be opened"),
    new Option("--port <number>", "local capture port (default: a free one)").argParser(number("--port", 0, 65_535)),
    new Option("--allow-ip <cidr>", "let in only these senders (repeatable)").argParser(lists("--allow-ip")),
    new Option("--trusted-proxy <cidr>", "believe the X-Forwarded-For of these (repeatable)").argParser(
      lists("--trusted-proxy"),
    ),
    new Option("--allow-type <types>", "let in only these event types, as a,b.*").argParser(lists("--allow-type")),
    new Option("--require <fields>", "let in only bodies with these fields").argParser(lists("--require")),
    new Option("--validate <schema>", "let in only bodies that fit this JSON Schema file"),
    new Option("--provider <name>", "the provider, in place of detecting it"),
    new Option("--secret <secret>", "env:NAME, @file, - or a literal (repeatable)").argParser(collect).default([], ""),
    new Option("--key <key>", "a public key, as @file, env:NAME or a literal (repeatable)")
      .argParser(collect)
      .default([], ""),
    new Option("--setting <name=value>", "a value configured at the provider; env:NAME, @file (repeatable)")
      .argParser(collect)
      .default([], ""),
    new Option("--require-signature", "let in only what is signed"),
    new Option("--max-body <size>", "largest body (default: 25mb)").argParser(parseSize),
    new Option("-e, --events <types>", "deliver only these event types, as a,b.* (default: all)").argParser(
      lists("--events"),
    ),
    new Option("--route <match=target>", "deliver such events elsewhere: 'invoice.*=3001/invoices' (repeatable)")
      .argParser((text, previous: readonly RouteRule[]) => [...previous, parseRoute(text)])
      .default([], ""),
    new Option("-H, --header <header>", "add 'Name: value' to each delivery (repeatable)")
      .argParser((text, previous: HeaderList) => [...previous, parseHeaderLine(text)])
      .default([], ""),
    new Option("--host-header <value>", "Host of each delivery: target, keep, or a value (default: target)").argParser(
      fieldText("--host-header"),
    ),
    new Option("--allow-remote", "allow a target that is not on this computer"),
    new Option("-k, --insecure", "accept a self-signed certificate of the target"),
    new Option("--timeout <duration>", "longest wait for the app, 0 for none (default: 30s)").argParser(parseDuration),
    new Option("--respond <status>", "without a target: the status to answer (default: 200)").argParser(
      number("--respond", 200, 599),
    ),
    new Option("--respond-body <file>", "without a target: the body to answer"),
    new Option(
      "--handshake <when>",
      "auto: answer a provider's handshake without a target, or while the app is down (default: auto)",
    ).choices(HANDSHAKE_MODES),
    ...retentionOptions({
      about: "; pending, dead and imported ones stay",
      keep: "default: 10000",
      keepFor: "default: 30d",
    }),
    ...deliveryOptions(),
    ...scriptOptions(),
    ...["require-tunnel", "require-signature", "insecure", "register", "require-register"].map((name) =>
      new Option(`--no-${name}`, "not, though the config says so").hideHelp(),
    ),
  ];
}
