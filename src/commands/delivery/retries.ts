import { Option } from "commander";
import { parseDuration, parseInteger, parseList, parseSpeed } from "../../config/values.js";
import { nextDelay, randomShare, retryAfterMs, type RetrySettings } from "../../deliver/retry.js";
import type { Delivery } from "../../deliver/deliverer.js";
import { CliError } from "../../errors.js";
import { formatDuration } from "../../output/quantity.js";
import type { Context } from "../../context.js";
import type { Provider } from "../../providers/provider.js";

/** Most retries of one delivery. */
const MAX_RETRIES = 1_000;

/** Whether, how often and when something is delivered again. */
export interface RetryOptions {
  readonly retry?: number;
  /** Milliseconds. */
  readonly retryDelays?: readonly number[];
  readonly retrySpeed?: number;
}

/** `--retry`, `--retry-delays` and `--retry-speed`. */
export function retryOptions(): Option[] {
  return [
    new Option(
      "--retry <n>",
      "after 408, 425, 429, 5xx or no answer try again up to n times, marked as the provider marks it, with its waits or growing ones; the last answer counts",
    ).argParser((text) => parseInteger(text, { name: "--retry", min: 0, max: MAX_RETRIES })),
    new Option("--retry-delays <durations>", "the waits before retries, as 1s,5s,30s").argParser((text) =>
      parseList(text, "--retry-delays").map(parseDuration),
    ),
    new Option("--retry-speed <factor>", "how many times faster a provider's waits pass (default: 60x)").argParser(
      parseSpeed,
    ),
  ];
}

/** What the options come to. Throws CliError 2 where one lacks another. */
export function retrySettings({ retry, retryDelays, retrySpeed }: RetryOptions): RetrySettings {
  const retries = retry ?? retryDelays?.length ?? 0;
  if (retrySpeed !== undefined && retries === 0 && retry === undefined)
    throw new CliError("--retry-speed needs --retry", { hint: "say how often: --retry 5" });
  return {
    retries,
    ...(retryDelays === undefined ? {} : { delaysMs: retryDelays }),
    ...(retrySpeed === undefined ? {} : { speed: retrySpeed }),
  };
}

/** A retry that is to come. */
export interface Retry {
  readonly waitMs: number;
  /** For people: which one it is, when, and who says so. */
  readonly text: string;
}

/** The retry after attempt number `attempt` of a delivery, the first of which is 1; `undefined`: there is none. */
export function retryAfter(
  attempt: number,
  delivery: Delivery,
  by: {
    readonly settings: RetrySettings;
    readonly provider: Provider;
    readonly context: Pick<Context, "now" | "random">;
  },
): Retry | undefined {
  const { settings, provider, context } = by;
  const asked = retryAfterMs(delivery.headers, context.now());
  const plan = { settings, schedule: provider.retry?.delaysMs, random: () => randomShare(context.random) };
  const step = nextDelay(attempt, { ...delivery, retryAfterMs: asked }, plan);
  if (step.kind !== "wait") return undefined;
  const why = asked === undefined || asked === 0 ? "" : ", as Retry-After asks";
  return {
    waitMs: step.waitMs,
    text: `retry ${attempt} of ${settings.retries} in ${formatDuration(step.waitMs)}${why}`,
  };
}
