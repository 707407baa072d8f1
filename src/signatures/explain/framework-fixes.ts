import { frameworks, rawBodyFix } from "../frameworks.js";
import type { Fix } from "../explanation.js";

/** What fixes for frameworks are named after. */
const TITLES: ReadonlySet<string> = new Set(frameworks.flatMap((name) => rawBodyFix(name)?.for ?? []));

/** Of fixes for frameworks only that for one; what is for a tool, a shell or any framework stays. */
export function narrowedTo(framework: string, fixes: readonly Fix[]): readonly Fix[] {
  const title = rawBodyFix(framework)?.for;
  return fixes.filter((fix) => fix.for === title || !TITLES.has(fix.for));
}
