import { Option, type Command } from "commander";

/** The options of {@link addSecretOptions}, parsed. */
export interface SecretOptions {
  readonly showSecrets?: boolean;
  readonly includeSecrets?: boolean;
}

/** Adds `--show-secrets`, and `--include-secrets` which says the same. */
export function addSecretOptions(command: Command): void {
  command
    .option("--show-secrets", "header and query values that are credentials, instead of ***")
    .addOption(new Option("--include-secrets", "the same, as in exports").hideHelp());
}

/** Whether the user wants to see credentials. */
export function asksForSecrets({ showSecrets, includeSecrets }: SecretOptions): boolean {
  return showSecrets === true || includeSecrets === true;
}
