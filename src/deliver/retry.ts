import { isAccepted } from "../events/event.js";
import { headerValue, type HeaderList } from "../events/headers.js";

/** How attempts are made again. */
export interface RetrySettings {
  /** Further attempts after the first; 0: none. */
  readonly retries: number;
  /** Waits before the first retry, the second, ...; the last one stands for all beyond. They go before a provider's. */
  readonly delaysMs?: readonly number[];
  /** A provider's schedule passes this many times as fast. */
  readonly speed?: number;
  /** By this part of itself a wait is made longer or shorter at random; 0: never. */
  readonly jitter?: number;
}

/** Without retries: the first attempt is the last. */
export const NO_RETRIES: RetrySettings = { retries: 0 };

/** A provider's schedule counts in minutes and hours; at this speed one sees it through. */
export const DEFAULT_SPEED = 60;
const DEFAULT_JITTER = 0.1;
/** Without any schedule: a second, doubled each time up to a minute. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** An app that asks for more time than this does not get it. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** How an attempt ended, as far as the next one depends on it. */
export interface RetryOutcome {
  readonly status: number | null;
  readonly error: string | null;
  /** What the app asks for by Retry-After, milliseconds; `undefined`: nothing. */
  readonly retryAfterMs?: number | undefined;
}

/** What a wait is worked out from, besides the outcome. */
export interface RetryPlan {
  readonly settings: RetrySettings;
  /** The provider's documented waits, milliseconds. */
  readonly schedule?: readonly number[] | undefined;
  /** At least 0, and less than 1. */
  readonly random: () => number;
}

/** What comes after an attempt: nothing, for the app took the event; another one; or nothing, for it never will. */
export type NextStep =
  | { readonly kind: "done" }
  | { readonly kind: "wait"; readonly waitMs: number }
  | { readonly kind: "giveUp" };

/** Request Timeout, Too Early, Too Many Requests; and all from 500 on. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
/** The same request meets the same end. */
const LASTING_ERRORS: ReadonlySet<string> = new Set(["not_allowed", "bad_request", "too_large"]);

/** What is to be done after attempt number `attempt`, the first of which is 1. */
export function nextDelay(attempt: number, outcome: RetryOutcome, plan: RetryPlan): NextStep {
  if (isAccepted(outcome)) return { kind: "done" };
  if (attempt > plan.settings.retries || !mayPass(outcome)) return { kind: "giveUp" };
  // An app that asks for no time, or whose clock is behind, is not stormed for that.
  const askedMs = outcome.retryAfterMs ?? 0;
  const waitMs = askedMs > 0 ? Math.min(askedMs, LONGEST_RETRY_AFTER_MS) : plannedWait(attempt, plan);
  return { kind: "wait", waitMs };
}

/** The wait that an answer asks for by Retry-After, in seconds or until a date; `undefined`: it asks for none. */
export function retryAfterMs(headers: HeaderList, nowMs: number): number | undefined {
  const text = headerValue(headers, "retry-after")?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  // Every form of an HTTP date (RFC 9110 5.6.7) begins with the day of the week.
  const until = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(until) ? undefined : Math.max(0, until - nowMs);
}

/** A share of 1 out of random bytes. */
export function randomShare(random: (length: number) => Uint8Array): number {
  return Buffer.from(random(4)).readUInt32LE() / 2 ** 32;
}

function mayPass({ status, error }: RetryOutcome): boolean {
  if (error !== null) return !LASTING_ERRORS.has(error);
  return status !== null && (status >= 500 || PASSING_STATUSES.has(status));
}

function plannedWait(attempt: number, { settings, schedule, random }: RetryPlan): number {
  const { delaysMs, speed = DEFAULT_SPEED, jitter = DEFAULT_JITTER } = settings;
  const waitMs =
    atOrLast(delaysMs, attempt) ??
    dividedBy(atOrLast(schedule, attempt), speed) ??
    Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return Math.round(waitMs * (1 + jitter * (2 * random() - 1)));
}

function atOrLast(waits: readonly number[] | undefined, attempt: number): number | undefined {
  return waits?.[Math.min(attempt, waits.length) - 1];
}

function dividedBy(waitMs: number | undefined, speed: number): number | undefined {
  return waitMs === undefined ? undefined : waitMs / speed;
}
