import type { MaskOptions } from "../../events/diff/message.js";
import type { HookEvent } from "../../events/event.js";
import { redactEvent } from "../../events/redact.js";
import { findProvider, type Provider } from "../../providers/index.js";
import { retryOf } from "../../providers/retry-mark.js";
import { secretHeaders } from "../delivery/request.js";
import { asksForSecrets, type SecretOptions } from "./secret-options.js";

/** What may be shown. `own`: rows that the user has defined. */
export interface Showing extends SecretOptions {
  readonly own?: readonly Provider[];
}

/** The event as it may be shown: credentials in headers and query are `***` unless the user asked for them. */
export function shownEvent(event: HookEvent, options: Showing = {}): HookEvent {
  const marked = withRetry(event, options.own);
  return asksForSecrets(options) ? marked : redactEvent(marked, secretHeadersOf([event], options));
}

/** The event with what it says of itself as a retry of its sender. `own`: rows that the user has defined. */
export function withRetry(event: HookEvent, own?: readonly Provider[]): HookEvent {
  const retry = retryOf(event, event.provider === null ? undefined : findProvider(event.provider, own));
  return retry === undefined ? event : { ...event, retry };
}

/** How a comparison of such events, or of the answers to them, is to be masked. */
export function maskOf(events: readonly Pick<HookEvent, "provider">[], options: Showing): MaskOptions {
  return { showSecrets: asksForSecrets(options), secretHeaders: secretHeadersOf(events, options) };
}

/** Headers in which the providers of the events send the secret itself. */
function secretHeadersOf(events: readonly Pick<HookEvent, "provider">[], { own }: Showing): string[] {
  return events.flatMap(({ provider }) => (provider === null ? [] : secretHeaders(findProvider(provider, own))));
}
