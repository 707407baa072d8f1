import { EXIT, worstExitCode } from "../../errors.js";
import { attemptErrorText } from "../../events/attempt-error.js";
import { Facts, type AnswerFacts } from "../../events/expectation-fields.js";
import { parseExpectation as parse, sayInstead, unmetConditions } from "../../events/expectation.js";
import type { Expectation as EventExpectation } from "../../events/expectation.js";
import { suggestion } from "../../providers/nearest.js";

/** What is expected of an answer; all of it has to hold. */
export interface Expectation {
  /** As it is shown: `2xx`. */
  readonly text: string;
  readonly all: readonly EventExpectation[];
}

/** What an attempt came to. `exitCode`: 0, 1, 3 or 4. */
export interface Judgement {
  readonly accepted: boolean;
  readonly exitCode: number;
  /** For people, when the status alone does not say it. */
  readonly remark: string | undefined;
}

/** An attempt as far as it matters here. */
export type Outcome = Pick<AnswerFacts, "status" | "error"> & Partial<AnswerFacts>;

export const SUCCESS: Expectation = parseExpectation("2xx");
/** What a request that was made wrong on purpose should get. */
export const REFUSAL: Expectation = parseExpectation("4xx");

/** Reads `2xx`, `200,202`, `status=404`, `answer.body.ok=true`; one given before holds too. Throws CliError 2. */
export function parseExpectation(text: string, before?: Expectation): Expectation {
  const expectation = parse(text, { of: "answer", suggest: suggestion });
  const shown = expectation.text.replace(/^status=/, "");
  return {
    text: before === undefined ? shown : `${before.text} and ${shown}`,
    all: [...(before?.all ?? []), expectation],
  };
}

/** Whether an answer is what was expected. `wronged`: the request was made wrong on purpose. */
export function judge(outcome: Outcome, expectation: Expectation, wronged: boolean): Judgement {
  const { status, error } = outcome;
  const facts = new Facts(undefined, { durationMs: null, headers: [], body: new Uint8Array(), ...outcome });
  const unmet = expectation.all.flatMap((one) => unmetConditions(one, facts));
  const isFailure = status === null || error !== null;
  if (isFailure && (unmet.length > 0 || !expectsFailure(expectation))) return unanswered(outcome);
  const instead = unmet
    .filter(({ text }) => !text.startsWith("status="))
    .map((condition) => sayInstead(condition, facts));
  if (unmet.length > 0)
    return { accepted: false, exitCode: EXIT.no, remark: [`expected ${expectation.text}`, ...instead].join("; ") };
  const refused = wronged && status !== null && status >= 400 && status < 500;
  return {
    accepted: true,
    exitCode: EXIT.done,
    remark: refused ? `refused, as it should be (${status})` : undefined,
  };
}

/** An attempt that brought no whole answer is a failure, unless that is what was asked for. */
function expectsFailure({ all }: Expectation): boolean {
  return all.some(({ conditions }) => conditions.some(({ text }) => text.startsWith("error=")));
}

/** Codes of `deliver` that are not about reaching the target. */
const EXIT_CODES: ReadonlyMap<string, number> = new Map([
  ["timeout", EXIT.timeout],
  ["bad_request", EXIT.usage],
  ["not_allowed", EXIT.usage],
]);

function unanswered({ status, error }: Outcome): Judgement {
  const exitCode = EXIT_CODES.get(error ?? "") ?? (status === null ? EXIT.unreachable : EXIT.no);
  return { accepted: false, exitCode, remark: attemptErrorText(error ?? "unknown") };
}

/** The exit code of several deliveries. Misuse, such as a target that is not allowed, goes before all outcomes. */
export function worstOf(judgements: readonly Judgement[]): number {
  const codes = judgements.map(({ exitCode }) => exitCode);
  return codes.includes(EXIT.usage) ? EXIT.usage : worstExitCode(codes);
}
