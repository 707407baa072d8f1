import type { Attempt } from "../../events/event.js";
import { saysSomething } from "../../events/diff/filter.js";
import { diffAnswers, type Answer, type MaskOptions } from "../../events/diff/message.js";
import { printDiff } from "../../output/diff.js";
import type { Output } from "../../output/output.js";
import { dim } from "../../output/style.js";
import type { Provider } from "../../providers/provider.js";
import { fleetingHeaders } from "../diff/fleeting.js";
import { diffToJson } from "../diff/json.js";

interface Compared {
  /** The answer to the first attempt; `undefined` when there was none. */
  readonly first: Attempt | undefined;
  readonly answer: Answer;
  readonly mask: MaskOptions;
  /** Rows that the user has defined. */
  readonly own: readonly Provider[];
  /** Only what differs is told, after this. Absent: it is told too that nothing does, or cannot be known. */
  readonly heading?: (() => void) | undefined;
}

/** Shows how an answer differs from the first one that the event had, and gives it as programs see it. */
export function showDiff(
  { first, answer, mask, own, heading }: Compared,
  output: Output,
): ({ readonly equal: boolean } & Record<string, unknown>) | undefined {
  if (first === undefined) {
    if (heading === undefined) output.note("no first answer to compare with: the event was not delivered before");
    return undefined;
  }
  const diff = diffAnswers(first, answer, mask);
  const fleeting = fleetingHeaders(own);
  const differs = saysSomething(diff, fleeting);
  if (differs) {
    heading?.();
    printDiff(output, diff, { fleeting, strict: false, whole: output.verbose });
  } else if (heading === undefined) output.line([dim("the answer is the same as the first one")]);
  return { equal: !differs, ...diffToJson(diff, fleeting) };
}
