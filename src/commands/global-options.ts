import { Option, type Command } from "commander";

/** Adds the options that every command has; their values are `GlobalOptions`. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option("--json", "print JSON only on stdout")
    .addOption(new Option("--format <kind>", "the same as --json when it is json").choices(["text", "json"]))
    .addOption(new Option("--color <when>", "colour").choices(["auto", "always", "never"]).default("auto"))
    .option("--quiet", "no talk on stderr but warnings and errors")
    .option("-v, --verbose", "more detail: headers and bodies")
    .option("-y, --yes", "answer yes to questions")
    .option("--db <path>", "the file of the store")
    .option("--config <path>", "the config file")
    .option("--profile <name>", "a profile of the config");
}
