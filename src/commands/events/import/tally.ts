import type { CliError } from "../../../errors.js";
import type { Output } from "../../../output/output.js";
import type { Progress } from "../../../output/progress.js";
import { counted } from "../../../output/quantity.js";

/** Bad places that are named one by one. */
const NAMED = 20;

/** Counts what an import did, and says what is to be said on the way. */
export class Tally {
  imported = 0;
  duplicates = 0;
  bad = 0;
  redacted = 0;
  private readonly lossy = new Map<string, number>();
  private readonly output: Output;
  private readonly progress: () => Progress;

  constructor(output: Output, progress: () => Progress) {
    this.output = output;
    this.progress = progress;
  }

  /** A place that held no event. */
  addBad(where: string, error: CliError): void {
    this.bad += 1;
    if (this.bad > NAMED) return;
    const more = this.bad === NAMED ? "; further ones are only counted" : "";
    this.progress().above(() => this.output.error(`${where}: ${error.message}${more}`, error.hint));
  }

  /** An event that may not have the bytes that were sent. */
  addLossy(why: string): void {
    this.lossy.set(why, (this.lossy.get(why) ?? 0) + 1);
  }

  /** What to know of all events together. */
  warn(): void {
    for (const [why, count] of this.lossy) {
      this.output.warn(`${counted(count, "event")}: ${why}; the signature cannot be relied on`);
    }
    if (this.redacted > 0) {
      this.output.note(`${counted(this.redacted, "event")} came without credentials: *** stands in their place`);
    }
  }

  /** One sentence, and the same for programs. */
  report(dryRun: boolean): void {
    const { imported, duplicates, bad, redacted } = this;
    const parts = [
      `${dryRun ? "would import" : "imported"} ${counted(imported, "event")}`,
      ...(duplicates > 0 ? [`${duplicates} ${duplicates === 1 ? "was" : "were"} there already`] : []),
      ...(bad > 0 ? [`${bad} could not be read`] : []),
    ];
    this.output.result(parts.join(", "), { imported, duplicates, bad, redacted, dryRun });
  }
}
