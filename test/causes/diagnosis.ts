import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { expect } from "vitest";
import { createSandbox, runProgram } from "../helpers/program.js";
import type { Cause, Explanation } from "../../src/signatures/explanation.js";
import type { Seen } from "./seen.js";

/** What `hookcli verify --json` says. */
export interface Diagnosis {
  readonly code: number | null;
  readonly valid: boolean | null;
  readonly provider: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly secretIndex: number | null;
  readonly explanation: Explanation | null;
  /** All that was printed, the verdict in words too. */
  readonly printed: string;
}

export interface Question {
  /** As the app read them. */
  readonly secrets: readonly string[];
  /** More options of `verify`. */
  readonly options?: readonly string[];
}

/** Asks the program about what a handler saw: the body and the headers in files, the secrets in the environment. */
export async function diagnose(seen: Pick<Seen, "body" | "headers">, question: Question): Promise<Diagnosis> {
  const { secrets, options = [] } = question;
  const env = Object.fromEntries(secrets.map((secret, index) => [`SECRET_${index + 1}`, secret]));
  const sandbox = createSandbox(env);
  try {
    writeFileSync(join(sandbox.folder, "body"), seen.body);
    writeFileSync(join(sandbox.folder, "headers.json"), JSON.stringify(seen.headers));
    const flags = Object.keys(env).flatMap((name) => ["--secret", `env:${name}`]);
    const files = ["--body", "@body", "--headers", "@headers.json"];
    const argv = ["verify", ...flags, ...files, ...options];
    const [json, text] = await Promise.all([
      runProgram([...argv, "--json"], { sandbox }),
      runProgram(argv, { sandbox }),
    ]);
    const printed = json.stdout + json.stderr + text.stdout + text.stderr;
    for (const secret of secrets.map((value) => value.trim())) expect(printed).not.toContain(secret);
    if (json.stdout === "") throw new Error(`verify printed nothing: ${json.stderr}`);
    return { ...(JSON.parse(json.stdout) as Omit<Diagnosis, "code" | "printed">), code: json.code, printed };
  } finally {
    sandbox.remove();
  }
}

/** What must be said of a failure. */
export interface Expected {
  readonly cause: Cause;
  /** Of the message, a hint or the verdict. */
  readonly says?: RegExp;
  /** Who the fixes are for, one of them at least; `none`: there is nothing to mend in code. */
  readonly fixFor: string;
}

/** The failure is explained by this cause, first of all, and the fix stands beside it. */
export function expectCause(diagnosis: Diagnosis, { cause, says, fixFor }: Expected): void {
  const { explanation, valid, code, printed } = diagnosis;
  expect({ valid, code }).toEqual({ valid: false, code: 1 });
  const { message, fixes = [], hints = [] } = explanation ?? {};
  const said = [`${explanation?.cause}: ${message}`, ...hints, diagnosis.message].join("\n");
  expect(said.startsWith(`${cause}: `), said).toBe(true);
  if (says !== undefined) expect(said).toMatch(says);
  expect(fixes.map((fix) => fix.for)).toContain(fixFor);
  expect(printed).toContain(fixes.find((fix) => fix.for === fixFor)?.text);
}

/** The secret itself is at fault, as far as one can tell: nothing that was tried matches. */
export function expectWrongSecret({ valid, code, explanation }: Diagnosis): void {
  expect({ valid, code, cause: explanation?.cause }).toEqual({ valid: false, code: 1, cause: "unknown" });
  expect(explanation?.message).toMatch(/most likely another (?:secret|one)/);
}
