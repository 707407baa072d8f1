import type { Condition } from "./condition.js";
import { globMatches } from "./glob.js";

/** Whether every event for which all of `narrow` hold is one for which all of `wide` do. False where that cannot be told. */
export function impliesAll(narrow: readonly Condition[], wide: readonly Condition[]): boolean {
  return wide.every((one) => holdsAlways(one) || narrow.some((other) => implies(other, one)));
}

/** Whether it holds for every event. */
export function holdsAlways(condition: Condition): boolean {
  return condition.kind === "path" && /^\/?\*+$/.test(condition.glob);
}

/** Whether there is a text that both patterns match. */
export function globsMeet(left: string, right: string): boolean {
  // Whether what is left of one from here on meets what is left of the other from each place on, from the ends backwards.
  let later: boolean[] = [];
  for (let at = left.length; at >= 0; at -= 1) {
    const here: boolean[] = [];
    for (let other = right.length; other >= 0; other -= 1) {
      const [one, two] = [left[at], right[other]];
      if (one === "*") here[other] = later[other] === true || here[other + 1] === true;
      else if (two === "*") here[other] = here[other + 1] === true || later[other] === true;
      else if (one === undefined || two === undefined) here[other] = one === two;
      else here[other] = (one === two || one === "?" || two === "?") && later[other + 1] === true;
    }
    later = here;
  }
  return later[0] === true;
}

function implies(narrow: Condition, wide: Condition): boolean {
  if (!sameSubject(narrow, wide)) return false;
  return globsOf(narrow).every((glob) => globsOf(wide).some((wider) => covers(wider, glob)));
}

function sameSubject(one: Condition, other: Condition): boolean {
  if (one.kind === "header") return other.kind === "header" && one.name.toLowerCase() === other.name.toLowerCase();
  if (one.kind === "body") return other.kind === "body" && sameSteps(one.steps, other.steps);
  return one.kind === other.kind;
}

function sameSteps(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

function globsOf(condition: Condition): readonly string[] {
  return "globs" in condition ? condition.globs : [condition.glob];
}

/** What of the narrow pattern is a `*` or a `?` is matched by nothing but a `*` of the wide one. */
function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  return wide.includes("*") && !wide.includes("?") && globMatches(wide, narrow);
}
