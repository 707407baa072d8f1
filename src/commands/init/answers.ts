import { createInterface } from "node:readline";
import { secretVariable } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import { parseTarget } from "../../deliver/target.js";
import { providerNamed } from "../../providers/index.js";
import type { Invocation } from "../command.js";
import type { InitOptions } from "./run.js";

/** What a new config says. */
export interface Answers {
  readonly target: string;
  /** `undefined`: detected from each request. */
  readonly provider: string | undefined;
  /** The name of the variable that holds the secret. */
  readonly secretVariable: string;
}

const DEFAULT_TARGET = "5000";

/** The answers of the command line, and where it gives none and somebody can be asked, of the terminal. Throws CliError 2. */
export async function readAnswers(invocation: Invocation<InitOptions>): Promise<Answers> {
  const { args, options, global, context, output } = invocation;
  const given = { target: args[0], provider: options.provider, secret: options.secret };
  if (global.yes) return settle(given);
  const reason = whyNotAsk(context.stdin.isTTY === true, output);
  if (reason !== undefined) throw new CliError(reason, { hint: "pass --yes to take the defaults" });
  const lines = createInterface({ input: context.stdin });
  try {
    return await askFor(given, { next: nextOf(lines[Symbol.asyncIterator]()), output });
  } finally {
    lines.close();
  }
}

function whyNotAsk(isTerminal: boolean, { json, quiet }: Pick<Asking["output"], "json" | "quiet">): string | undefined {
  if (!isTerminal) return "init asks on a terminal, and there is none";
  if (json || quiet) return `init asks, and ${json ? "--json" : "--quiet"} shows no questions`;
  return undefined;
}

interface Given {
  readonly target: string | undefined;
  readonly provider: string | undefined;
  readonly secret: string | undefined;
}

interface Asking {
  /** The next line that is typed. */
  readonly next: () => Promise<string>;
  readonly output: Invocation<InitOptions>["output"];
}

async function askFor(given: Given, asking: Asking): Promise<Answers> {
  const target = await answer(given.target, checkedTarget, {
    ...asking,
    question: `Where does your app take webhooks? A port, or port/path [${DEFAULT_TARGET}]`,
  });
  const provider = await answer(given.provider, checkedProvider, {
    ...asking,
    question: "Which provider sends them, such as stripe or github? [detect it]",
  });
  const variable = await answer(given.secret, checkedVariable(provider), {
    ...asking,
    question: `Which environment variable holds the signing secret? [${variableOf(provider)}]`,
  });
  return { target, provider, secretVariable: variable };
}

/** What was given, or what is typed; an answer that cannot be is asked for again. */
async function answer<Value>(
  given: string | undefined,
  check: (text: string) => Value,
  { question, next, output }: Asking & { readonly question: string },
): Promise<Value> {
  if (given !== undefined) return check(given);
  for (;;) {
    output.note(question);
    const text = (await next()).trim();
    try {
      return check(text);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      output.error(error.message, error.hint);
    }
  }
}

function nextOf(lines: AsyncIterator<string>): () => Promise<string> {
  return async () => {
    const line = await lines.next();
    if (line.done === true) throw new CliError("the answers ended early", { hint: "pass --yes to take the defaults" });
    return line.value;
  };
}

function settle({ target = "", provider: named = "", secret = "" }: Given): Answers {
  const provider = checkedProvider(named);
  return { target: checkedTarget(target), provider, secretVariable: checkedVariable(provider)(secret) };
}

function checkedTarget(text: string): string {
  if (text === "") return DEFAULT_TARGET;
  parseTarget(text);
  return text;
}

function checkedProvider(text: string): string | undefined {
  return text === "" ? undefined : providerNamed(text).name;
}

function checkedVariable(provider: string | undefined): (text: string) => string {
  return (text) => {
    const name = text === "" ? variableOf(provider) : text.replace(/^env:/, "");
    // Perhaps it is the secret itself, so it is not shown.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > 200)
      throw new CliError("that is not the name of an environment variable", {
        hint: `name one, such as env:${variableOf(provider)}; the config is committed and holds no secret`,
      });
    return name;
  };
}

/** The variable that is looked at anyway. */
export function variableOf(provider: string | undefined): string {
  return provider === undefined ? "HOOKCLI_SECRET" : secretVariable(provider);
}
