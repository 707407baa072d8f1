import { CliError, EXIT, worstExitCode } from "../../errors.js";
import { attemptErrorText } from "../../events/attempt-error.js";

/** Which answers are accepted: statuses and classes of them. */
export interface Expectation {
  /** As it is shown: `2xx`. */
  readonly text: string;
  readonly statuses: readonly string[];
}

/** What an attempt came to. `exitCode`: 0, 1, 3 or 4. */
export interface Judgement {
  readonly accepted: boolean;
  readonly exitCode: number;
  /** For people, when the status alone does not say it. */
  readonly remark: string | undefined;
}

/** An attempt as far as it matters here. */
export interface Outcome {
  readonly status: number | null;
  readonly error: string | null;
}

export const SUCCESS: Expectation = { text: "2xx", statuses: ["2xx"] };
/** What a request that was made wrong on purpose should get. */
export const REFUSAL: Expectation = { text: "4xx", statuses: ["4xx"] };

/** Reads `2xx`, `200,202`, `status=404`. */
export function parseExpectation(text: string): Expectation {
  const list = text.replace(/^status=/, "");
  const statuses = list
    .toLowerCase()
    .split(",")
    .map((item) => item.trim());
  if (statuses.every((item) => /^[1-5](?:\d\d|xx)$/.test(item))) return { text: list, statuses };
  throw new CliError(`not an expectation: ${text}`, {
    hint: "write --expect 2xx, --expect 200,202 or --expect status=404",
  });
}

/** Whether an answer is what was expected. `wronged`: the request was made wrong on purpose. */
export function judge(outcome: Outcome, expectation: Expectation, wronged: boolean): Judgement {
  const { status, error } = outcome;
  if (status === null || error !== null) return unanswered(outcome);
  const accepted = expectation.statuses.some((wanted) => matches(status, wanted));
  if (!accepted) return { accepted, exitCode: EXIT.no, remark: `expected ${expectation.text}` };
  const refused = wronged && status >= 400 && status < 500;
  return { accepted, exitCode: EXIT.done, remark: refused ? `refused, as it should be (${status})` : undefined };
}

function matches(status: number, wanted: string): boolean {
  return wanted.endsWith("xx") ? Math.floor(status / 100) === Number(wanted[0]) : status === Number(wanted);
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
