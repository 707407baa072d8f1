import { broken, ok, warning, type Finding } from "./finding.js";

/** package.json's `engines`. */
const OLDEST = [20, 19] as const;
/** Fixes to its HTTP parser that a program which takes requests from strangers wants. */
const OLDEST_GOOD = [20, 20] as const;

/** Node itself. */
export const systemFindings: readonly Finding[] = [
  {
    name: "node",
    probes: "the version of Node",
    severity: "broken",
    fix: "install the newest Node 22 or 24 (https://nodejs.org)",
    probe: async ({ nodeVersion }) => {
      const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
      if (isOlder([major, minor], OLDEST)) return broken(`Node ${nodeVersion} is older than ${OLDEST.join(".")}`);
      if (isOlder([major, minor], OLDEST_GOOD)) return warning(`Node ${nodeVersion} lacks fixes to its HTTP parser`);
      if (major % 2 === 1) return warning(`Node ${nodeVersion} is of a line without long-term support`);
      return ok(`Node ${nodeVersion}`);
    },
  },
];

function isOlder(
  [major, minor]: readonly [number, number],
  [thanMajor, thanMinor]: readonly [number, number],
): boolean {
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}
