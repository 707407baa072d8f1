import type { Budget } from "./budget.js";
import { OTHER_SCHEMES, STEPS, type Step } from "./families.js";
import type { Change, Fault } from "./fault.js";
import type { Match, Prober } from "./prober.js";
import type { Subject } from "./subject.js";

/** What explains the signature: no fault but in its own text or time, or one, or two. */
export interface Finding {
  readonly faults: readonly Fault[];
  readonly change: Change;
  readonly match: Match;
}

/** Tries the request as it is, then each step of the table, until something matches or the budget is spent. */
export function search(subject: Subject, prober: Prober, budget: Budget): Finding | undefined {
  const asItIs = prober.canCompare ? prober.probe({}) : undefined;
  if (asItIs !== undefined) return { faults: [], change: {}, match: asItIs };
  for (const step of prober.canCompare ? STEPS : OTHER_SCHEMES) {
    for (const faults of hypotheses(step, subject)) {
      if (budget.isSpent) return undefined;
      const change: Change = Object.assign({}, ...faults.map((fault) => fault.change));
      const match = prober.probe(change);
      if (match !== undefined) return { faults, change, match };
    }
  }
  return undefined;
}

/** Each fault, or each pair; the second family is made once and kept. */
function* hypotheses({ families: [first, second] }: Step, subject: Subject): Generator<readonly Fault[]> {
  if (second === undefined) {
    for (const fault of first(subject)) yield [fault];
    return;
  }
  const others: Fault[] = [];
  let rest: Iterator<Fault> | undefined = second(subject)[Symbol.iterator]();
  for (const one of first(subject)) {
    yield* others.map((other) => [one, other]);
    while (rest !== undefined) {
      const next: IteratorResult<Fault> = rest.next();
      if (next.done === true) rest = undefined;
      else {
        others.push(next.value);
        yield [one, next.value];
      }
    }
    if (others.length === 0) return;
  }
}
