import type { MaskOptions } from "../../events/diff/message.js";
import type { HookEvent } from "../../events/event.js";
import { redactEvent } from "../../events/redact.js";
import { findProvider } from "../../providers/index.js";
import { secretHeaders } from "../delivery/request.js";
import { asksForSecrets, type SecretOptions } from "./secret-options.js";

/** The event as it may be shown: credentials in headers and query are `***` unless the user asked for them. */
export function shownEvent(event: HookEvent, options: SecretOptions = {}): HookEvent {
  return asksForSecrets(options) ? event : redactEvent(event, secretHeadersOf([event]));
}

/** How a comparison of such events, or of the answers to them, is to be masked. */
export function maskOf(events: readonly Pick<HookEvent, "provider">[], options: SecretOptions): MaskOptions {
  return { showSecrets: asksForSecrets(options), secretHeaders: secretHeadersOf(events) };
}

/** Headers in which the providers of the events send the secret itself. */
function secretHeadersOf(events: readonly Pick<HookEvent, "provider">[]): string[] {
  return events.flatMap(({ provider }) => (provider === null ? [] : secretHeaders(findProvider(provider))));
}
