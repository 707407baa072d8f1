import { Option, type Command } from "commander";
import type { HookEvent } from "../../events/event.js";
import { redactEvent } from "../../events/redact.js";

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

/** The event as it may be shown: credentials in headers and query are `***` unless the user asked for them. */
export function withoutSecrets(event: HookEvent, { showSecrets, includeSecrets }: SecretOptions): HookEvent {
  return showSecrets === true || includeSecrets === true ? event : redactEvent(event);
}
