import { Option, type Command } from "commander";
import type { MaskOptions } from "../../events/diff/message.js";
import type { HookEvent } from "../../events/event.js";
import { redactEvent } from "../../events/redact.js";
import { findProvider } from "../../providers/index.js";
import { secretHeaders } from "../delivery/request.js";

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
export function shownEvent(event: HookEvent, options: SecretOptions = {}): HookEvent {
  return asksForSecrets(options) ? event : redactEvent(event, secretHeadersOf([event]));
}

/** How a comparison of such events, or of the answers to them, is to be masked. */
export function maskOf(events: readonly Pick<HookEvent, "provider">[], options: SecretOptions): MaskOptions {
  return { showSecrets: asksForSecrets(options), secretHeaders: secretHeadersOf(events) };
}

function asksForSecrets({ showSecrets, includeSecrets }: SecretOptions): boolean {
  return showSecrets === true || includeSecrets === true;
}

/** Headers in which the providers of the events send the secret itself. */
function secretHeadersOf(events: readonly Pick<HookEvent, "provider">[]): string[] {
  return events.flatMap(({ provider }) => (provider === null ? [] : secretHeaders(findProvider(provider))));
}
