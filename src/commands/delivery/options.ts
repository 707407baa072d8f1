import { Option, type Command } from "commander";
import { isReference } from "../../config/reference.js";
import { collect, parseDuration, parseHeaderLine } from "../../config/values.js";
import type { HeaderList } from "../../events/headers.js";
import { parseSet, parseUnset, type Override } from "../../fixtures/overrides.js";
import { parseExpectation, type Expectation } from "./judgement.js";

/** What `send` and `replay` have in common: where to, which body, signed with what, judged how, printed how. */
export interface DeliveryOptions {
  readonly to?: string;
  readonly forwardTo?: string;
  readonly allowRemote?: boolean;
  readonly insecure?: boolean;
  readonly timeout: number;
  readonly set: readonly Override[];
  readonly unset: readonly Override[];
  readonly merge: readonly string[];
  readonly edit?: boolean;
  readonly header: HeaderList;
  readonly secret: readonly string[];
  readonly setting: readonly string[];
  readonly key: readonly string[];
  readonly scheme?: string;
  readonly url?: string;
  readonly expect?: Expectation;
  readonly dryRun?: boolean;
  readonly curl?: boolean;
  readonly showSecrets?: boolean;
}

/** What is made wrong on purpose, after or instead of signing. */
export type Tampering = "body" | "signature" | "timestamp" | "secret";
export const TAMPERINGS: readonly Tampering[] = ["body", "signature", "timestamp", "secret"];

/** Puts the common options on a command. */
export function addDeliveryOptions(command: Command): void {
  for (const option of [...targetOptions(), ...bodyOptions(), ...signatureOptions(), ...outcomeOptions()]) {
    command.addOption(option);
  }
}

/** The target as given by either of its two names. */
export function givenTarget({ to, forwardTo }: DeliveryOptions): string | undefined {
  return to ?? forwardTo;
}

/** Names of the headers whose values the command line does not tell: of a variable or a file, so that nobody sees them. */
export function hiddenHeaders({ header }: Pick<DeliveryOptions, "header">): string[] {
  return header.filter(([, value]) => isReference(value) && !value.startsWith("literal:")).map(([name]) => name);
}

function targetOptions(): Option[] {
  return [
    new Option("--to <target>", "where to: 5000, 5000/path, localhost:5000, http://..."),
    new Option("-f, --forward-to <target>", "the same as --to").conflicts("to"),
    new Option("--allow-remote", "allow a target that is not on this computer"),
    new Option("-k, --insecure", "accept a self-signed certificate"),
    new Option("--timeout <duration>", "longest wait for the answer, 0 for none")
      .argParser(parseDuration)
      .default(30_000, "30s"),
  ];
}

function bodyOptions(): Option[] {
  const overrides = (parse: (text: string) => Override) => (text: string, previous: readonly Override[]) => [
    ...previous,
    parse(text),
  ];
  return [
    new Option("--set <path=value>", "change one value of the body (repeatable)")
      .argParser(overrides(parseSet))
      .default([], ""),
    new Option("--unset <path>", "take one value out of the body (repeatable)")
      .argParser(overrides(parseUnset))
      .default([], ""),
    new Option("--merge <file>", "lay the JSON object of a file over the body (repeatable)")
      .argParser(collect)
      .default([], ""),
    new Option("--edit", "edit the body in $EDITOR first"),
    new Option(
      "-H, --header <header>",
      "add 'Name: value', in place of one of that name; the value may be env:NAME or @file (repeatable)",
    )
      .argParser((text, previous: HeaderList) => [...previous, parseHeaderLine(text)])
      .default([], ""),
  ];
}

function signatureOptions(): Option[] {
  return [
    new Option("--secret <secret>", "the signing secret: env:NAME, @file, - or a literal (repeatable)")
      .argParser(collect)
      .default([], ""),
    new Option("--key <key>", "the private key of schemes that have keys: @file, env:NAME")
      .argParser(collect)
      .default([], ""),
    new Option(
      "--setting <name=value>",
      "a value configured at the provider that is signed; env:NAME, @file (repeatable)",
    )
      .argParser(collect)
      .default([], ""),
    new Option("--scheme <name>", "the provider's scheme, in place of its default"),
    new Option("--url <url>", "the URL to sign, for schemes that sign one (default: where it is sent)"),
  ];
}

function outcomeOptions(): Option[] {
  return [
    new Option(
      "--expect <expectation>",
      "accept only this answer: 2xx, 200,202, answer.body.ok=true (repeatable); see hookcli help expectations",
    ).argParser(parseExpectation),
    new Option("--dry-run", "print the request and send nothing"),
    new Option("--curl", "print a curl command that sends the same bytes, and send nothing"),
    new Option("--show-secrets", "print credentials in place of ***"),
  ];
}
