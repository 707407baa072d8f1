import type { CliError } from "../../errors.js";
import type { Output } from "../../output/output.js";
import type { Progress } from "../../output/progress.js";
import { grouped } from "../../output/quantity.js";
import type { Judgement } from "./judgement.js";
import type { Recorded } from "./record.js";
import { answerLine, showAnswer } from "./show.js";

/** Of more deliveries than this only those are told of, one by one, that went wrong. */
const SHOWN_ALL = 20;
/** And of those no more than this. */
const SHOWN_WRONG = 20;

/** What is delivered, for people. */
export interface Named {
  /** `#12 invoice.paid`. */
  readonly name: string;
  /** What is done with it. Absent: that was said already. */
  readonly sentence?: string;
}

/** Tells of deliveries as they end: of a few each, of many what went wrong. With `--verbose` of each in any case. */
export class DeliveryReport {
  private readonly output: Output;
  private readonly progress: Progress;
  private readonly isBrief: boolean;
  private readonly inOrder: boolean;
  private wrong = 0;

  constructor(parts: { output: Output; progress: Progress; total: number; concurrency: number }) {
    this.output = parts.output;
    this.progress = parts.progress;
    this.isBrief = parts.total > SHOWN_ALL && !parts.output.verbose;
    // Of several at a time, each is told of with its answer.
    this.inOrder = parts.concurrency === 1;
  }

  begins(named: Named): void {
    if (!this.isBrief && this.inOrder) this.progress.above(() => this.say(named));
  }

  /** An attempt has ended that is not the last one. */
  fails(recorded: Recorded, judgement: Judgement, next: string): void {
    if (this.isBrief) return;
    this.progress.above(() => {
      showAnswer(this.output, recorded, judgement);
      this.output.note(next);
    });
  }

  /** What {@link fails} has told is not tried again. */
  breaksOff(named: Named, recorded: Recorded, judgement: Judgement): void {
    if (this.isBrief) this.ends(named, recorded, judgement);
    else this.progress.above(() => this.output.note("not tried again"));
  }

  ends(named: Named, recorded: Recorded, judgement: Judgement): void {
    if (!this.isBrief)
      return this.progress.above(() => {
        if (!this.inOrder) this.say(named);
        showAnswer(this.output, recorded, judgement);
      });
    if (!judgement.accepted) this.tellWrong(() => this.line(named, recorded, judgement));
  }

  /** What goes before a diff: of many, the answer where it was not told of. `undefined`: all are told of. */
  headingOfDiff(named: Named, recorded: Recorded, judgement: Judgement): (() => void) | undefined {
    if (!this.isBrief) return undefined;
    return () => {
      if (judgement.accepted) this.progress.above(() => this.line(named, recorded, judgement));
    };
  }

  impossible({ message }: CliError): void {
    this.tellWrong(() => this.output.warn(message));
  }

  /** All have ended; the bar is taken from the screen. */
  over(): void {
    this.progress.end();
    const hidden = this.wrong - SHOWN_WRONG;
    if (this.isBrief && hidden > 0)
      this.output.note(`${grouped(hidden)} more that went wrong are not shown; -v shows all`);
  }

  private say({ sentence }: Named): void {
    if (sentence !== undefined) this.output.note(sentence);
  }

  private line({ name }: Named, { delivery }: Recorded, judgement: Judgement): void {
    this.output.line([`${name}  `, ...answerLine(delivery, judgement)]);
  }

  private tellWrong(talk: () => void): void {
    this.wrong += 1;
    if (!this.isBrief || this.wrong <= SHOWN_WRONG) this.progress.above(talk);
  }
}
