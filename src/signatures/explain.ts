import { fixesFor, RAW_BODY } from "./explain-fixes.js";
import { Budget, type BudgetOptions } from "./explain/budget.js";
import { firstDifference } from "./explain/difference.js";
import { weigh } from "./explain/evidence.js";
import { foundScheme } from "./explain/found-scheme.js";
import { bodyHints, headerHints, secretHints, timeHints } from "./explain/hints.js";
import { hasRoundedIntegers } from "./explain/json-bodies.js";
import { maskQuoted, quoted } from "./explain/mask.js";
import { makeProber } from "./explain/prober.js";
import { ruinOf } from "./explain/ruined.js";
import { search, type Finding } from "./explain/search.js";
import type { OtherScheme, Subject } from "./explain/subject.js";
import { describe } from "./explain/words.js";
import { CliError } from "../errors.js";
import type { Cause, Explanation, Fix } from "./explanation.js";
import { narrowedTo } from "./explain/framework-fixes.js";
import type { Key } from "./key.js";
import type { Settings, SignedRequest, Tolerance } from "./request.js";
import type { Scheme } from "./scheme.js";
import type { InvalidVerdict, ReasonCode, Verdict } from "./verdict.js";
import { writingOf } from "./explain/written-by.js";
import { unitHint } from "./timestamp.js";
import { verifyRequest } from "./verify.js";

export type { BudgetOptions } from "./explain/budget.js";
export type { OtherScheme } from "./explain/subject.js";

/** What {@link explain} looks at. */
export interface ExplainOptions {
  readonly scheme: Scheme;
  readonly request: SignedRequest;
  readonly secrets?: readonly Uint8Array[];
  readonly keys?: readonly Key[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly settings?: Settings;
  /** With which the request was verified. */
  readonly tolerance?: Tolerance;
  /** Schemes of other providers, and other schemes of the same one, that may have made the signature. */
  readonly others?: readonly OtherScheme[];
  /** 20,000 hypotheses or a second when absent. */
  readonly budget?: BudgetOptions;
  /** Milliseconds, from any start. Without it the time of a budget is reckoned in bytes. */
  readonly clock?: () => number;
  /** A name of `frameworks.ts`: of the fixes for frameworks only this one's are given. */
  readonly framework?: string;
}

/**
 * Says why a signature does not match: tries what usually goes wrong, one fault at a time and then two at once, until a
 * hypothesis makes the signature right. A match is proof; the explanation names the fault and how to mend it, and holds
 * neither a secret nor a signature. Bounded by its budget.
 */
export function explain(options: ExplainOptions): Explanation {
  const subject = subjectOf(options);
  const budget = new Budget(options.budget, options.clock);
  const base = verdictOf(subject, "off");
  const finding = search(subject, makeProber(subject, budget), budget);
  const answer =
    finding === undefined ? unexplained(subject, base, budget) : explained(subject, options.tolerance, finding);
  const { fixes } = answer;
  return {
    ...answer,
    message: maskQuoted(answer.message, subject.secrets),
    fixes: options.framework === undefined ? fixes : narrowedTo(options.framework, fixes),
    tried: budget.tried,
    isComplete: finding !== undefined || !budget.isSpent,
  };
}

type Answer = Omit<Explanation, "tried" | "isComplete">;

function subjectOf({
  scheme,
  request,
  secrets = [],
  keys = [],
  settings = {},
  others = [],
  now,
}: ExplainOptions): Subject {
  return { scheme, request, secrets, keys, settings, others, now };
}

/** `undefined` for a secret or a URL that the scheme cannot use. */
function verdictOf(
  { scheme, request, secrets, keys, settings, now }: Subject,
  tolerance: Tolerance,
): Verdict | undefined {
  try {
    return verifyRequest({ scheme, request, secrets, keys, settings, now, tolerance });
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

function explained(subject: Subject, tolerance: Tolerance, finding: Finding): Answer {
  const { scheme, request, secrets } = subject;
  const base = verdictOf(subject, tolerance);
  const { causes, message } = base?.valid === true ? NOTHING_WRONG : describe(finding, scheme);
  const [cause = "unknown"] = causes;
  const signed = finding.change.body;
  const evidence = weigh(subject, signed);
  const age = base?.ageSeconds ?? null;
  return {
    cause,
    causes,
    message:
      cause === "timestamp" && age !== null ? `${message}: it is ${ageText(age)}${unitOf(scheme, base)}` : message,
    fixes: causes.flatMap((one) => fixesOf(one, scheme, finding)),
    hints: [...evidence.hints, ...bodyHints(subject), ...(age === null ? [] : timeHints(scheme, age))],
    secretIndex: finding.match.secretIndex,
    difference: signed === undefined ? null : (firstDifference(request.body, signed, secrets) ?? null),
    changedBy: evidence.changedBy,
  };
}

/** A fault that knows its own is not mended as others of its cause. */
function fixesOf(cause: Cause, scheme: Scheme, finding: Finding): readonly Fix[] {
  const own = finding.faults.flatMap((fault) => (fault.cause === cause && fault.fix !== undefined ? [fault.fix] : []));
  return own.length > 0 ? own : fixesFor(cause, scheme, foundScheme(scheme, finding));
}

const NOTHING_WRONG = { causes: ["none"], message: "the signature is valid: there is nothing to explain" } as const;

function unitOf({ timestamp }: Scheme, base: Verdict | undefined): string {
  return timestamp === undefined || base === undefined || base.timestamp === null
    ? ""
    : unitHint(base.timestamp, timestamp.unit);
}

function ageText(seconds: number): string {
  return seconds < 0 ? `${-seconds} s ahead of the clock` : `${seconds} s old`;
}

function unexplained(subject: Subject, base: Verdict | undefined, budget: Budget): Answer {
  const evidence = weigh(subject, undefined);
  const hints = [
    ...secretHints(subject),
    ...evidence.hints,
    ...bodyHints(subject),
    ...baseTimeHints(subject, base),
    ...headerHints(subject),
  ];
  const rest = { hints, secretIndex: null, difference: null, changedBy: evidence.changedBy };
  if (base !== undefined && !base.valid && (INCOMPLETE.has(base.reason) || UNREADABLE.has(base.reason))) {
    const fixes = fixesFor("incomplete", subject.scheme);
    return {
      ...rest,
      cause: "incomplete",
      causes: ["incomplete"],
      message: incompleteMessage(base, budget.tried),
      fixes,
    };
  }
  const ruin = ruinOf(subject);
  if (ruin !== undefined) {
    const { cause, message } = ruin;
    const said = bodyHints(subject);
    const fixes = fixesFor(cause, subject.scheme);
    return { ...rest, hints: hints.filter((hint) => !said.includes(hint)), cause, causes: [cause], message, fixes };
  }
  return { ...rest, ...unknown(subject, budget, hints) };
}

/** Where nothing matches, what the body shows of having been parsed and written again. */
function unknown(subject: Subject, budget: Budget, hints: readonly string[]) {
  const isRounded = hasRoundedIntegers(subject.request.body);
  const writing = isRounded ? undefined : writingOf(subject);
  const told = writing?.isTelling === true ? rewrittenAs(writing.how) : "the body was changed";
  const hint =
    writing?.isTelling === false
      ? [`the body is written as ${writing.how}: it may have been parsed and written again`]
      : [];
  return {
    cause: "unknown",
    causes: ["unknown"],
    message: unknownMessage(subject, budget, isRounded ? ROUNDED : told),
    hints: [...hints, ...hint],
    fixes: isRounded || writing !== undefined ? RAW_BODY : [],
  } as const;
}

function rewrittenAs(how: string): string {
  return `another body was signed: this one is written as ${how}, so it was probably parsed and written again`;
}

function baseTimeHints({ scheme }: Subject, base: Verdict | undefined): string[] {
  return base === undefined || base.ageSeconds === null ? [] : timeHints(scheme, base.ageSeconds);
}

const ROUNDED =
  "the body was parsed and written again (its whole numbers beyond 2^53 are rounded, as JavaScript does it)";

/** With one of these the request may lack what there is to compare. */
const INCOMPLETE: ReadonlySet<ReasonCode> = new Set([
  "missing_header",
  "wrong_header_for_provider",
  "timestamp_missing",
  "timestamp_malformed",
]);

/** With one of these the signature's own text is at fault, whatever the secret: where no other reading of it fits, there is nothing to compare. */
const UNREADABLE: ReadonlySet<ReasonCode> = new Set([
  "malformed_header",
  "unsupported_version",
  "signature_malformed",
  "algorithm_not_allowed",
]);

function incompleteMessage({ message }: InvalidVerdict, tried: number): string {
  const said = message.replace(/"(.*)"/s, (_, values: string) => `"${quoted(values)}"`);
  return `${said}, and none of ${tried} other readings of the request fits this secret`;
}

function unknownMessage({ scheme, secrets }: Subject, budget: Budget, otherwise: string): string {
  const start = `${budget.tried} hypotheses were tried${budget.isSpent ? ", as many as the budget allows," : ""} and none matches`;
  const what = scheme.secret.kind === "key" ? "key" : "secret";
  const which =
    secrets.length > 1
      ? `none of the ${secrets.length} ${what}s made this signature: most likely another one did, or ${otherwise}`
      : `most likely another ${what} made it, or ${otherwise}`;
  return `${start}: ${which}`;
}
