import { Option } from "commander";
import { parseDuration, parseInteger, parseList, parseSpeed } from "../../config/values.js";
import type { QueueSettings } from "../../deliver/queue.js";
import type { RetrySettings } from "../../deliver/retry.js";
import { CliError } from "../../errors.js";

/** How `listen` delivers: inline, or in the background; once, or again. */
export interface DeliveryOptions {
  readonly ack?: boolean;
  readonly ackStatus?: number;
  readonly queue?: boolean;
  readonly retry?: number;
  /** Milliseconds. */
  readonly retryDelays?: readonly number[];
  readonly retrySpeed?: number;
  readonly ordered?: boolean;
  readonly concurrency?: number;
  readonly dropDuplicates?: boolean;
  readonly simulateDeadline?: boolean;
}

/** Most retries, and most attempts to one target at a time. */
export const MAX_RETRIES = 1_000;
export const MAX_CONCURRENCY = 512;
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_ACK_STATUS = 202;

const number = (name: string, min: number, max: number) => (text: string) => parseInteger(text, { name, min, max });

/** The options of `listen` about deliveries. */
export function deliveryOptions(): Option[] {
  return [
    new Option("--ack", "answer as soon as the event is on disk, and deliver it in the background"),
    new Option("--ack-status <status>", "the status of that answer (default: 202)").argParser(
      number("--ack-status", 200, 299),
    ),
    new Option("--queue", "as --ack, and hold events while the app is down; deliver them in order when it is back"),
    new Option("--retry <n>", "deliver again up to n times, with the provider's waits or growing ones").argParser(
      number("--retry", 0, MAX_RETRIES),
    ),
    new Option("--retry-delays <durations>", "the waits before retries, as 1s,5s,30s").argParser((text) =>
      parseList(text, "--retry-delays").map(parseDuration),
    ),
    new Option("--retry-speed <factor>", "how many times faster a provider's waits pass (default: 60x)").argParser(
      parseSpeed,
    ),
    new Option("--ordered", "with --ack: one event after the other; one that fails is retried first"),
    new Option("--concurrency <n>", "background deliveries to a target at a time (default: 8)").argParser(
      number("--concurrency", 1, MAX_CONCURRENCY),
    ),
    new Option("--drop-duplicates", "do not deliver again what the app has answered 2xx"),
    new Option("--simulate-deadline", "cut the app off when its provider would not wait any longer"),
    ...["ack", "queue", "ordered", "drop-duplicates"].map((name) =>
      new Option(`--no-${name}`, "not, though the config says so").hideHelp(),
    ),
  ];
}

/** How events are delivered. */
export interface DeliveryMode {
  /** What the sender is answered once its event is on disk; `undefined`: the app's own answer. */
  readonly ackStatus: number | undefined;
  readonly queue: QueueSettings;
}

/** What the options come to. Throws CliError 2 where they contradict one another. */
export function deliveryMode(options: DeliveryOptions): DeliveryMode {
  const holds = options.queue === true;
  const isBackground = holds || options.ack === true;
  const { concurrency, ackStatus } = options;
  if (!isBackground && options.ordered === true) throw needsAck("--ordered");
  if (!isBackground && ackStatus !== undefined) throw needsAck("--ack-status");
  if (options.ordered === true && concurrency !== undefined && concurrency > 1) {
    throw new CliError(`--ordered delivers one event after the other, not ${concurrency} at a time`, {
      hint: "leave out --concurrency, or --ordered",
    });
  }
  return {
    ackStatus: isBackground ? (ackStatus ?? DEFAULT_ACK_STATUS) : undefined,
    queue: {
      concurrency: concurrency ?? DEFAULT_CONCURRENCY,
      ordered: options.ordered ?? (holds && concurrency === undefined),
      holds,
      dropDuplicates: options.dropDuplicates === true,
      retry: retrySettings(options),
    },
  };
}

/** How often, and when, deliveries are made again. Throws CliError 2 for a speed of nothing. */
export function retrySettings({ retry, retryDelays, retrySpeed }: DeliveryOptions): RetrySettings {
  const retries = retry ?? retryDelays?.length ?? 0;
  if (retries === 0 && retrySpeed !== undefined && retry === undefined) {
    throw new CliError("--retry-speed needs --retry", { hint: "say how often: --retry 5" });
  }
  return {
    retries,
    ...(retryDelays === undefined ? {} : { delaysMs: retryDelays }),
    ...(retrySpeed === undefined ? {} : { speed: retrySpeed }),
  };
}

function needsAck(option: string): CliError {
  return new CliError(`${option} needs --ack or --queue`, {
    hint: "otherwise each sender waits for the app's own answer to its event",
  });
}
