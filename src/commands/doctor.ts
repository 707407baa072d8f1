import { Option, type Command } from "commander";
import { collect, parseList, urlText } from "../config/values.js";
import type { CommandDefinition, Example, Invocation } from "./command.js";
import { TUNNEL_NAMES } from "../config/keys.js";

/** What `doctor` was asked for, parsed. */
export interface DoctorOptions {
  readonly allowRemote?: boolean;
  readonly insecure?: boolean;
  readonly provider?: string;
  readonly secret: readonly string[];
  readonly key: readonly string[];
  readonly scheme?: string;
  readonly via?: string;
  readonly tunnelHost?: string;
  readonly publicUrl?: string;
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

const examples: readonly Example[] = [
  { line: "hookcli doctor 5000/webhook", about: "everything between a provider and the app on port 5000" },
  {
    line: "hookcli doctor 5000/webhook --provider generic --secret env:S --only app-post,app-verifies,raw-body",
    about: "does the app check signatures, and over the bytes that came",
  },
  { line: "hookcli doctor --only store,permissions,disk --json", about: "the store alone, for a program" },
];

/** `hookcli doctor`: find out why webhooks do not arrive. */
export const doctor: CommandDefinition<DoctorOptions> = {
  examples,
  define,
  run: async (invocation: Invocation<DoctorOptions>) => {
    const { runDoctor } = await import("./doctor/run.js");
    return runDoctor(invocation);
  },
};

function define(command: Command): void {
  command.argument(
    "[target]",
    "the app: 5000, 5000/webhook, http://... (default: the config's, or the running listen's)",
  );
  for (const option of [...targetOptions(), ...tunnelOptions(), ...choiceOptions()]) command.addOption(option);
}

function targetOptions(): Option[] {
  return [
    new Option("--allow-remote", "allow a target that is not on this computer"),
    new Option("-k, --insecure", "accept a self-signed certificate of the target"),
    new Option("--provider <name>", "sign the probe as this provider does"),
    new Option("--secret <secret>", "the signing secret: env:NAME, @file, - or a literal (repeatable)")
      .argParser(collect)
      .default([], ""),
    new Option("--key <key>", "the private key of schemes that have keys: @file, env:NAME")
      .argParser(collect)
      .default([], ""),
    new Option("--scheme <name>", "the provider's scheme, in place of its default"),
  ];
}

function tunnelOptions(): Option[] {
  return [
    new Option("--via <kind>", "the kind of tunnel").choices(TUNNEL_NAMES),
    new Option("--tunnel-host <host>", "the tunnel service"),
    new Option("--public-url <url>", "the public URL (default: the running listen's)").argParser(
      urlText("--public-url"),
    ),
  ];
}

function choiceOptions(): Option[] {
  const list = (flag: string) => (text: string, previous: readonly string[]) => [...previous, ...parseList(text, flag)];
  return [
    new Option("--only <findings>", "look at these alone, as store,clock").argParser(list("--only")).default([], ""),
    new Option("--skip <findings>", "leave these out").argParser(list("--skip")).default([], ""),
  ];
}
