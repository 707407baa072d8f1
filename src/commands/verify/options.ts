import { Option, type Command } from "commander";
import { collect, fieldText, parseDuration, tokenText, urlText } from "../../config/values.js";
import { CliError } from "../../errors.js";
import type { BudgetOptions } from "../../signatures/explain.js";
import { MILLISECONDS_FROM, readTimestamp } from "../../signatures/timestamp.js";
import { parseBudget } from "./explaining.js";

/** What `verify` and `sign` share: which scheme, which credentials, which request. */
export interface SignatureOptions {
  readonly provider?: string;
  readonly scheme?: string;
  readonly secret: readonly string[];
  readonly key: readonly string[];
  readonly setting: readonly string[];
  readonly keyHex?: string;
  readonly header: readonly string[];
  readonly headers?: string;
  readonly body?: string;
  readonly payload?: string;
  readonly request?: string;
  readonly event?: string;
  readonly allProjects?: boolean;
  readonly url?: string;
  readonly method?: string;
  readonly id?: string;
  readonly timestamp?: string;
  /** Milliseconds since 1970. */
  readonly now?: number;
  readonly signatureHeader?: string;
  readonly signaturePrefix?: string;
  readonly hash?: "sha1" | "sha256" | "sha384" | "sha512";
  readonly encoding?: "hex" | "base64" | "base64url";
}

/** The options of `verify`. */
export interface VerifyCommandOptions extends SignatureOptions {
  readonly signature?: string;
  readonly signatureHex?: string;
  /** Seconds. */
  readonly tolerance?: number | "off";
  readonly batch?: boolean;
  /** Public keys may be fetched from where the provider publishes them. */
  readonly allowFetch?: boolean;
  readonly cert: readonly string[];
  /** False with `--no-explain`. */
  readonly explain: boolean;
  /** How far the explanation of a mismatch goes. */
  readonly budget?: BudgetOptions;
  /** Whose fixes are shown. */
  readonly framework?: string;
}

/** The options of `sign`. */
export interface SignCommandOptions extends SignatureOptions {
  readonly curl?: string;
  readonly newKey?: string;
  readonly out?: string;
  readonly showSecrets?: boolean;
}

/** Puts the shared options on a command. */
export function defineSignatureOptions(command: Command): void {
  for (const option of sharedOptions()) command.addOption(option);
}

/** The options that only `verify` has. */
export function defineVerifyOptions(command: Command): void {
  const options = [
    new Option("--signature <value>", "the value of the provider's signature header"),
    new Option("--signature-hex <hex>", "with a raw --scheme: the signature's bytes"),
    new Option("--tolerance <duration>", "how far the timestamp may be from now, or off (default: 300s)").argParser(
      parseTolerance,
    ),
    new Option("--allow-fetch", "get the provider's public keys from where it publishes them; else nothing is fetched"),
    new Option("--cert <cert>", "the provider's certificate, PEM or DER, as @file or env:NAME (repeatable)")
      .argParser(collect)
      .default([], "none"),
    new Option("--batch", "read cases from standard input, one JSON object a line; print one verdict a line"),
    new Option("--no-explain", "do not look for the cause of a mismatch"),
    new Option(
      "--budget <limit>",
      "how long to look for it: hypotheses or a duration (default: 20000 or 1s)",
    ).argParser(parseBudget),
    new Option("--framework <name>", "show only the fix for this one: express, fastify, flask, rails ..."),
  ];
  for (const option of options) command.addOption(option);
}

/** The options that only `sign` has. */
export function defineSignOptions(command: Command): void {
  const options = [
    new Option("--curl <url>", "print a curl command that sends the body with these headers").argParser(
      urlText("--curl"),
    ),
    new Option("--show-secrets", "print headers that are the secret itself"),
    new Option("--new-key <provider>", "make a pair of keys: the private half into a file, the public half is printed"),
    new Option("--out <file>", "with --new-key: the file of the private half"),
  ];
  for (const option of options) command.addOption(option);
}

function sharedOptions(): Option[] {
  return [
    new Option("--provider <name>", "the provider, in place of detecting it"),
    new Option("--scheme <name>", "a scheme of the provider, or a raw one: hmac-sha256, ed25519, rsa-sha256 ..."),
    new Option("--secret <secret>", "env:NAME, @file, - or a literal (repeatable)")
      .argParser(collect)
      .default([], "none"),
    new Option("--key <key>", "PEM, JWK, hex or base64, as @file, env:NAME or a literal (repeatable)")
      .argParser(collect)
      .default([], "none"),
    new Option(
      "--setting <name=value>",
      "a value configured at the provider that is signed; env:NAME, @file (repeatable)",
    )
      .argParser(collect)
      .default([], "none"),
    new Option("--key-hex <hex>", "with a raw --scheme: the key's bytes"),
    new Option("--header <header>", "'Name: value' of the request (repeatable)").argParser(collect).default([], "none"),
    new Option("--headers <file>", "the request's headers: @file of lines or JSON"),
    new Option("--body <file>", "the body's bytes: @file or - (default: standard input)"),
    new Option("--payload <file>", "the same as --body"),
    new Option("--request <file>", "a whole raw HTTP request: @file or -"),
    new Option("--event <event>", "a captured event: its number, id, last, last~2"),
    new Option("--all-projects", "with --event: events of every project"),
    new Option("--url <url>", "the public URL, where the scheme signs it"),
    new Option("--method <method>", "the method, where the scheme signs it").argParser(tokenText("--method")),
    new Option("--id <id>", "the value of the provider's id header").argParser(fieldText("--id")),
    new Option("--timestamp <value>", "the timestamp as the provider writes it").argParser(fieldText("--timestamp")),
    new Option("--now <time>", "the time to use: RFC 3339 or unix seconds").argParser(parseTime),
    new Option(
      "--signature-header <name>",
      "generic provider: the header of the signature (default: X-Signature)",
    ).argParser(tokenText("--signature-header")),
    new Option("--signature-prefix <text>", "generic provider: what stands before the signature").argParser((text) =>
      text === "" ? text : fieldText("--signature-prefix")(text),
    ),
    new Option("--hash <name>", "generic provider: the hash (default: sha256)").choices([
      "sha1",
      "sha256",
      "sha384",
      "sha512",
    ]),
    new Option("--encoding <name>", "generic provider: the encoding (default: hex)").choices([
      "hex",
      "base64",
      "base64url",
    ]),
  ];
}

/** `off`, `300s`, or plain seconds; 0 is off, as in the providers' own libraries. */
export function parseTolerance(text: string): number | "off" {
  if (text === "off") return "off";
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : parseDuration(text) / 1000;
  return seconds === 0 ? "off" : seconds;
}

/** RFC 3339, unix seconds or unix milliseconds, in milliseconds. */
export function parseTime(text: string): number {
  if (/^\d{1,15}(?:\.\d{1,6})?$/.test(text)) {
    const number = Number(text);
    return number >= MILLISECONDS_FROM ? number : number * 1000;
  }
  // RFC 3339, section 5.6: T and Z in either case, and a blank for T.
  const time = readTimestamp(text.toUpperCase().replace(" ", "T"), "iso8601");
  if (time === undefined)
    throw new CliError(`not a time: ${text}`, { hint: "write it as 2026-01-31T12:00:00Z or in unix seconds" });
  return time;
}
