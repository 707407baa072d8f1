import { formatDuration, grouped } from "../../output/quantity.js";
import { worstOf, type Judgement, type Outcome } from "./judgement.js";

/** What was to be done, and how long it took. */
export interface Extent {
  /** Milliseconds. */
  readonly elapsedMs: number;
  /** Deliveries that were asked for. */
  readonly total: number;
}

/** What many deliveries came to, counted as they end. Of each only a few numbers are kept. */
export class Tally {
  private readonly outcomes = new Map<string, { count: number; isStatus: boolean }>();
  private readonly durationsMs: number[] = [];
  private readonly judgements = new Map<number, Judgement>();
  private readonly what: string;
  private accepted = 0;
  private impossible = 0;
  private retries = 0;
  private compared = 0;
  private different = 0;

  /** `what`: `replayed`, `sent`. */
  constructor(what: string) {
    this.what = what;
  }

  add(outcome: Outcome & { readonly durationMs: number | null }, judgement: Judgement): void {
    const key = outcome.error ?? String(outcome.status ?? "none");
    const before = this.outcomes.get(key)?.count ?? 0;
    this.outcomes.set(key, { count: before + 1, isStatus: outcome.error === null && outcome.status !== null });
    this.durationsMs.push(outcome.durationMs ?? 0);
    this.judgements.set(judgement.exitCode, judgement);
    if (judgement.accepted) this.accepted += 1;
  }

  /** One that could not be made a request of. */
  addImpossible(exitCode: number): void {
    this.impossible += 1;
    this.judgements.set(exitCode, { accepted: false, exitCode, remark: undefined });
  }

  /** A further attempt of one that is counted at its end. */
  addRetry(): void {
    this.retries += 1;
  }

  /** One whose answer was compared with the first one. */
  addCompared(isEqual: boolean): void {
    this.compared += 1;
    if (!isEqual) this.different += 1;
  }

  get count(): number {
    return this.durationsMs.length;
  }

  /** All that are over, one way or another. */
  get done(): number {
    return this.count + this.impossible;
  }

  /** That of the worst answer. */
  get exitCode(): number {
    return worstOf([...this.judgements.values()]);
  }

  /** For people: how many, what they were answered, and how quickly. */
  text({ elapsedMs, total }: Extent): string {
    const { count, accepted, impossible, what } = this;
    const left = total - this.done;
    const parts = [
      `${grouped(count)} ${what}, ${grouped(accepted)} accepted, ${grouped(count - accepted)} not`,
      ...(impossible === 0 ? [] : [`${grouped(impossible)} cannot be ${what}`]),
      ...(this.retries === 0 ? [] : [`${grouped(this.retries)} ${this.retries === 1 ? "retry" : "retries"}`]),
      ...(this.compared === 0 ? [] : [`${grouped(this.different)} with another answer than the first`]),
      ...(left === 0 ? [] : [`${grouped(left)} not ${what}`]),
    ];
    if (count === 0) return parts.join(", ");
    const answers = this.sorted().map(([key, { count: n }]) => `${key} x ${grouped(n)}`);
    const [p50, p90, p99] = this.percentiles().map(rounded);
    const rate = `in ${formatDuration(elapsedMs)} (${rounded(perSecond(count, elapsedMs))}/s)`;
    return `${parts.join(", ")}; ${answers.join(", ")}; ${rate}, p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms`;
  }

  /** The same for programs: the last line of several with `--json`. */
  json({ elapsedMs, total }: Extent, exitCode: number): Record<string, unknown> {
    const [p50Ms, p90Ms, p99Ms] = this.count === 0 ? [null, null, null] : this.percentiles();
    const counts = (isStatus: boolean) =>
      Object.fromEntries(
        this.sorted()
          .filter(([, outcome]) => outcome.isStatus === isStatus)
          .map(([key, { count }]) => [key, count]),
      );
    return {
      type: "summary",
      deliveries: this.count,
      accepted: this.accepted,
      impossible: this.impossible,
      retries: this.retries,
      ...(this.compared === 0 ? {} : { different: this.different }),
      left: total - this.done,
      statuses: counts(true),
      errors: counts(false),
      elapsedMs: Math.round(elapsedMs),
      perSecond: rounded(perSecond(this.count, elapsedMs)),
      p50Ms,
      p90Ms,
      p99Ms,
      exitCode,
    };
  }

  private sorted() {
    return [...this.outcomes].toSorted(([a], [b]) => a.localeCompare(b));
  }

  private percentiles(): readonly number[] {
    const sorted = Float64Array.from(this.durationsMs).toSorted();
    return [0.5, 0.9, 0.99].map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  }
}

function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs <= 0 ? 0 : (count * 1000) / elapsedMs;
}

function rounded(value: number): number {
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}
