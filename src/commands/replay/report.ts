import type { CliError } from "../../errors.js";
import type { Output } from "../../output/output.js";
import type { Progress } from "../../output/progress.js";
import { grouped } from "../../output/quantity.js";
import type { Judgement } from "../delivery/judgement.js";
import type { Recorded } from "../delivery/record.js";
import { answerLine, showAnswer } from "../delivery/show.js";
import type { Prepared } from "./prepare.js";
import { nameOf, sentence } from "./words.js";

/** Of more deliveries than this only those are told of, one by one, that went wrong. */
const SHOWN_ALL = 20;
/** And of those no more than this. */
const SHOWN_WRONG = 20;

/** Tells of replays as they end: of a few each, of many what went wrong. With `--verbose` of each in any case. */
export class ReplayReport {
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

  begins(prepared: Prepared): void {
    if (!this.isBrief && this.inOrder) this.progress.above(() => this.output.note(sentence(prepared)));
  }

  ends(prepared: Prepared, recorded: Recorded, judgement: Judgement): void {
    const { output, progress } = this;
    if (!this.isBrief)
      return progress.above(() => {
        if (!this.inOrder) output.note(sentence(prepared));
        showAnswer(output, recorded, judgement);
      });
    if (judgement.accepted) return;
    this.tellWrong(() => this.line(prepared, recorded, judgement));
  }

  /** What goes before a diff: of many, the answer where it was not told of. `undefined`: all are told of. */
  headingOfDiff(prepared: Prepared, recorded: Recorded, judgement: Judgement): (() => void) | undefined {
    if (!this.isBrief) return undefined;
    return () => {
      if (judgement.accepted) this.progress.above(() => this.line(prepared, recorded, judgement));
    };
  }

  impossible({ message }: CliError): void {
    this.tellWrong(() => this.output.warn(message));
  }

  /** All have ended; what is under way is taken from the screen. */
  over(): void {
    this.progress.end();
    const hidden = this.wrong - SHOWN_WRONG;
    if (this.isBrief && hidden > 0)
      this.output.note(`${grouped(hidden)} more that went wrong are not shown; -v shows all`);
  }

  private line({ event }: Prepared, { delivery }: Recorded, judgement: Judgement): void {
    this.output.line([`${nameOf(event)}  `, ...answerLine(delivery, judgement)]);
  }

  private tellWrong(talk: () => void): void {
    this.wrong += 1;
    if (!this.isBrief || this.wrong <= SHOWN_WRONG) this.progress.above(talk);
  }
}
