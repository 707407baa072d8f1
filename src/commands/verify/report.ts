import type { Output, Line } from "../../output/output.js";
import { bold, dim, green, red, yellow } from "../../output/style.js";
import type { Explanation, Fix } from "../../signatures/explanation.js";
import type { ValidVerdict, Verdict } from "../../signatures/verdict.js";

/** A verdict with what was found around it. */
export interface Outcome {
  readonly provider: string;
  /** The header by which the provider was found, when nobody named it. */
  readonly evidence: string | undefined;
  readonly verdict: Verdict;
  readonly explanation: Explanation | undefined;
  /** What of the request a right signature says nothing about. */
  readonly unchecked?: string | undefined;
}

/** The verdict as cli.md has it in JSON. */
export function verdictJson({ provider, verdict, explanation, unchecked }: Omit<Outcome, "evidence">) {
  return {
    valid: verdict.valid,
    provider,
    scheme: verdict.scheme,
    reason: verdict.reason,
    message: verdict.valid ? null : verdict.message,
    secretIndex: verdict.secretIndex,
    signatureIndex: verdict.signatureIndex,
    timestamp: verdict.timestamp === null ? null : isoTime(verdict.timestamp),
    ageSeconds: verdict.ageSeconds,
    ...(verdict.valid && verdict.key !== undefined ? { key: verdict.key } : {}),
    ...(verdict.valid && verdict.note !== undefined ? { note: verdict.note } : {}),
    ...(verdict.valid && unchecked !== undefined ? { unchecked } : {}),
    explanation: explanation ?? null,
  };
}

/** A timestamp in the request may lie beyond what a date can hold. */
function isoTime(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** One line, and the explanation below it. */
export function printOutcome(output: Output, outcome: Outcome): void {
  const { verdict, unchecked } = outcome;
  output.result(verdictLine(outcome), verdictJson(outcome));
  if (verdict.valid && verdict.note !== undefined) output.line(`  ${verdict.note}`);
  if (verdict.valid && unchecked !== undefined) output.line(["  ", yellow(`not checked: ${unchecked}`)]);
  if (outcome.explanation !== undefined) printExplanation(output, outcome.explanation);
}

function verdictLine({ provider, evidence, verdict }: Outcome): Line {
  const name = `${provider} ${verdict.label}${evidence === undefined ? "" : ` (found by ${evidence})`}`;
  if (!verdict.valid) return [red("invalid:"), ` ${verdict.reason}: ${verdict.message} `, dim(`[${name}]`)];
  const facts = [name, credentialText(verdict), ageText(verdict)].filter((fact) => fact !== "");
  if (verdict.signedUrl !== undefined) facts.push(`signed for ${verdict.signedUrl}`);
  return [green("valid:"), ` ${facts.join(", ")}`];
}

/** Which of those given it was; a key by its name too, where it has one. */
function credentialText({ secretIndex, key }: ValidVerdict): string {
  if (key === undefined) return `secret ${secretIndex + 1}`;
  const names = [
    ...(key.kid === undefined ? [] : [key.kid]),
    ...(key.certificate === undefined ? [] : [`certificate of ${key.certificate.names.slice(0, 2).join(", ")}`]),
  ];
  return `key ${secretIndex + 1} (${names.join(", ")})`;
}

function ageText({ ageSeconds, timestamp, timestampChecked }: Verdict): string {
  if (timestamp === null) return "";
  const unchecked = timestampChecked ? "" : " (not checked)";
  if (ageSeconds === null) return `timestamp${unchecked}`;
  return ageSeconds < 0 ? `${-ageSeconds} s in the future${unchecked}` : `${ageSeconds} s old${unchecked}`;
}

/** Every list of fixes for frameworks has both of these, but for one that --framework has narrowed. */
function isForSeveral(fixes: readonly Fix[]): boolean {
  return ["Express", "Flask"].every((name) => fixes.some((fix) => fix.for === name));
}

/** What was found out, and how to mend it, below the verdict. */
export function printExplanation(output: Output, explanation: Explanation): void {
  const { message, fixes, hints, difference, isComplete } = explanation;
  output.line(["  ", bold(message)]);
  if (difference !== null) {
    output.line(`  the first byte that differs is number ${difference.offset}, counted from 0:`);
    output.line(["    ", dim("received"), `  ${difference.received}`]);
    output.line(["    ", dim("signed  "), `  ${difference.signed}`]);
  }
  for (const hint of hints) output.line(["  ", hint]);
  if (!isComplete) output.line("  there is more to try: --budget 10s looks longer");
  const width = Math.max(0, ...fixes.map((fix) => fix.for.length));
  for (const fix of fixes) output.line(["    ", dim(fix.for.padEnd(width)), `  ${fix.text}`]);
  if (isForSeveral(fixes)) output.line("  --framework NAME shows one");
}
