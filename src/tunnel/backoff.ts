/** Waits before each attempt to open, milliseconds: the first is at once, so that a short drop is hardly felt. */
const FIRST_DELAYS_MS = [0, 100, 1_000, 2_000];
/** The wait between attempts in the first minute: a service that is back is used within 5 s. */
const STEADY_DELAY_MS = 3_000;
/** The wait after that: an outage of hours should not cost the service a request every 3 s from everybody. */
const LONG_DELAY_MS = 15_000;
const LONG_AFTER_MS = 60_000;

/** Which attempt to begin with after a tunnel that held only briefly: not at once, or a flapping service is hammered. */
export const FIRST_ATTEMPT_AFTER_FLAP = 2;

/**
 * Milliseconds to wait before attempt `attempt` (from 0), `elapsedMs` after the loss. `jitter` is from 0 to 1; up to a
 * quarter of the wait is taken off by it, so that the clients of a restarted service do not come all at once.
 */
export function backoffMs(attempt: number, elapsedMs: number, jitter: number): number {
  const whole = elapsedMs >= LONG_AFTER_MS ? LONG_DELAY_MS : (FIRST_DELAYS_MS[attempt] ?? STEADY_DELAY_MS);
  return Math.round(whole * (1 - jitter / 4));
}
