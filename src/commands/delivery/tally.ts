import type { Judgement, Outcome } from "./judgement.js";
import { worstOf } from "./judgement.js";

/** What many deliveries came to, counted as they end. */
export class Tally {
  private readonly outcomes = new Map<string, number>();
  private readonly durationsMs: number[] = [];
  private readonly judgements = new Map<number, Judgement>();
  private accepted = 0;

  add(outcome: Outcome & { readonly durationMs: number | null }, judgement: Judgement): void {
    const key = outcome.error ?? String(outcome.status ?? "none");
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
    this.durationsMs.push(outcome.durationMs ?? 0);
    this.judgements.set(judgement.exitCode, judgement);
    if (judgement.accepted) this.accepted += 1;
  }

  get count(): number {
    return this.durationsMs.length;
  }

  /** That of the worst answer. */
  get exitCode(): number {
    return worstOf([...this.judgements.values()]);
  }

  /** For people: how many, what they were answered, and how quickly. */
  text(): string {
    const { count, accepted } = this;
    const answers = [...this.outcomes].toSorted(([a], [b]) => a.localeCompare(b)).map(([key, n]) => `${key} x ${n}`);
    const [p50, p90, p99] = this.percentiles();
    return `${count} replayed, ${accepted} accepted, ${count - accepted} not; ${answers.join(", ")}; p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms`;
  }

  private percentiles(): readonly number[] {
    const sorted = Float64Array.from(this.durationsMs).toSorted();
    return [0.5, 0.9, 0.99].map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  }
}
