import type { Output } from "../../output/output.js";
import { counted, formatDuration } from "../../output/quantity.js";
import { findProvider } from "../../providers/index.js";
import type { Provider } from "../../providers/provider.js";

/** Tells when the app's answer came later than its provider waits: of each provider once, and how often in the end. */
export class Deadlines {
  private readonly output: Pick<Output, "warn" | "note">;
  private readonly own: readonly Provider[];
  private readonly isSimulated: boolean;
  private readonly late = new Map<string, number>();

  constructor(output: Pick<Output, "warn" | "note">, options: { own: readonly Provider[]; isSimulated: boolean }) {
    this.output = output;
    this.own = options.own;
    this.isSimulated = options.isSimulated;
  }

  /** When an attempt for a provider is cut off, milliseconds; `undefined`: never. */
  cutMs(provider: string | null): number | undefined {
    return this.isSimulated ? this.deadlineOf(provider) : undefined;
  }

  /** An attempt for an event of a provider, whose answer the sender got, has ended. */
  ended(provider: string | null, { durationMs, error }: { durationMs: number; error: string | null }): void {
    const deadlineMs = this.deadlineOf(provider);
    const isCut = error === "deadline";
    if (provider === null || deadlineMs === undefined || (durationMs <= deadlineMs && !isCut)) return;
    const before = this.late.get(provider) ?? 0;
    this.late.set(provider, before + 1);
    if (before > 0) return;
    const within = `${provider} expects an answer within ${formatDuration(deadlineMs).replace(".0 s", " s")}`;
    const took = isCut ? "yours was cut off" : `yours took ${formatDuration(durationMs)}`;
    this.output.warn(`${within}; ${took}: use --ack or answer first`);
  }

  /** Says how often that was, where it was more than what was told. */
  end(): void {
    for (const [provider, count] of this.late) {
      if (count > 1) this.output.note(`${counted(count, "answer")} came later than ${provider} waits`);
    }
  }

  private deadlineOf(provider: string | null): number | undefined {
    return provider === null ? undefined : findProvider(provider, this.own)?.ackDeadlineMs;
  }
}
