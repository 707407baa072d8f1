import { frameworks, rawBodyFix } from "../frameworks.js";
import type { Fix } from "../explanation.js";

/** What fixes for frameworks are named after. */
const TITLES: ReadonlySet<string> = new Set(frameworks.flatMap((name) => rawBodyFix(name)?.for ?? []));

/** Of fixes for frameworks only that for one; what is for a tool, a shell or any framework stays, unless the one has its own. */
export function narrowedTo(framework: string, fixes: readonly Fix[]): readonly Fix[] {
  const title = rawBodyFix(framework)?.for;
  const own = fixes.filter((fix) => fix.for === title);
  return own.length > 0 ? own : fixes.filter((fix) => !TITLES.has(fix.for));
}
