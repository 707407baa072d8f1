import { CliError, EXIT, worstExitCode } from "../../errors.js";

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

/** What to say for the codes of `deliver`; a code without a row is shown as it is. */
const ERRORS: Readonly<Record<string, { readonly text: string; readonly exitCode?: number }>> = {
  timeout: { text: "no answer in time", exitCode: EXIT.timeout },
  refused: { text: "connection refused: nothing listens there" },
  reset: { text: "the connection broke before the answer was whole" },
  bad_answer: { text: "the answer is not HTTP" },
  bad_request: { text: "the request cannot be sent over HTTP", exitCode: EXIT.usage },
  not_allowed: { text: "the target is not on this computer; --allow-remote allows it", exitCode: EXIT.usage },
  unreachable: { text: "the host cannot be reached" },
  proxy: { text: "the proxy refused, or cannot be reached; hookcli doctor tells more" },
  dns: { text: "the host name is not known" },
  tls: { text: "TLS failed; -k accepts a self-signed certificate" },
  too_large: { text: "the answer is too large" },
};

function unanswered({ status, error }: Outcome): Judgement {
  const row = error !== null && Object.hasOwn(ERRORS, error) ? ERRORS[error] : undefined;
  const text = row?.text ?? `no answer (${error ?? "unknown"})`;
  const exitCode = row?.exitCode ?? (status === null ? EXIT.unreachable : EXIT.no);
  return { accepted: false, exitCode, remark: text };
}

/** The exit code of several deliveries. Misuse, such as a target that is not allowed, goes before all outcomes. */
export function worstOf(judgements: readonly Judgement[]): number {
  const codes = judgements.map(({ exitCode }) => exitCode);
  return codes.includes(EXIT.usage) ? EXIT.usage : worstExitCode(codes);
}
