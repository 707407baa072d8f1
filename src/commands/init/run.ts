import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { plainReason } from "../../config/input.js";
import { CONFIG_FILE_NAME, configPlaces } from "../../config/places.js";
import { schemaReference } from "../../config/schema-reference.js";
import { CliError, EXIT } from "../../errors.js";
import { bold } from "../../output/style.js";
import { shortPath } from "../config/settings.js";
import type { Invocation } from "../command.js";
import { writeWholeFile, type FileOptions } from "../whole-file.js";
import { readAnswers, variableOf, type Answers } from "./answers.js";
import { exampleFixture, type Example } from "./example.js";

const KEEPS = "change it by hand, or pass --force to write it anew";

/** The options of `init`. */
export interface InitOptions {
  readonly provider?: string;
  readonly secret?: string;
  readonly force?: boolean;
}

/** `hookcli init`: asks, writes, tells what comes next. */
export async function runInit(invocation: Invocation<InitOptions>): Promise<number> {
  const { context, global, options, output } = invocation;
  const path = resolve(context.cwd, global.config ?? CONFIG_FILE_NAME);
  if (existsSync(path) && options.force !== true) throw new CliError(`${path} is there already`, { hint: KEEPS });
  const outer = configPlaces(context, undefined)[0]?.path;
  const answers = await readAnswers(invocation);
  const example = await exampleFixture(answers.provider, { root: join(dirname(path), "fixtures"), context });
  const isNew = !existsSync(example.path);
  await write(path, configText(answers, path), { context, force: options.force === true });
  if (isNew) await write(example.path, example.text, { context, force: false });
  const written = isNew ? [path, example.path] : [path];
  for (const file of written) output.line(`wrote ${shortPath(file, context.cwd)}`);
  output.record({ written, config: path, fixture: example.path });
  if (outer !== undefined && outer !== path && existsSync(outer))
    output.note(`from here on it is read in place of ${outer}`);
  if (answers.secretVariable === variableOf(answers.provider))
    output.note(`the secret is read from ${answers.secretVariable} without being named in the config`);
  tellNext(invocation, nextSteps(answers, example, context.env));
  return EXIT.done;
}

/** Strict JSON, so that every editor takes it. What is looked at anyway is not said again. */
function configText({ target, provider, secretVariable }: Answers, path: string): string {
  const reference = `env:${secretVariable}`;
  const isDefault = secretVariable === variableOf(provider);
  const secrets = provider === undefined ? { secret: reference } : { secrets: { [provider]: reference } };
  const document = {
    $schema: schemaReference(dirname(path)),
    target,
    ...(provider === undefined ? {} : { provider }),
    ...(isDefault ? {} : secrets),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

async function write(path: string, text: string, { context, force }: Pick<FileOptions, "context" | "force">) {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${plainReason(error)}`, { cause: error });
  }
  await writeWholeFile(path, Buffer.from(text), { context, force, isSynced: true, isPrivate: false, hint: KEEPS });
}

function tellNext({ output }: Invocation<InitOptions>, steps: readonly (readonly [string, string])[]): void {
  const width = Math.max(...steps.map(([command]) => command.length));
  output.note("Next:");
  for (const [command, about] of steps) output.note(["  ", bold(command.padEnd(width)), `  ${about}`]);
  output.note(`Commit ${CONFIG_FILE_NAME} and fixtures/; keep files with secrets, such as .env, in .gitignore.`);
}

function nextSteps(
  { secretVariable }: Answers,
  example: Example,
  env: Readonly<Record<string, string | undefined>>,
): (readonly [string, string])[] {
  const set = [`export ${secretVariable}=...`, "the signing secret, as the provider shows it"] as const;
  return [
    ...(env[secretVariable] === undefined ? [set] : []),
    ["hookcli listen", "a public URL for your app"],
    [`hookcli send ${example.name}`, "in another terminal: a signed test event"],
    ["hookcli config", "what holds here, and why"],
  ];
}
