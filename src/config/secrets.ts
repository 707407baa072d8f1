import type { Context } from "../context.js";
import { CliError } from "../errors.js";
import type { Output } from "../output/output.js";
import type { Config } from "./config.js";
import { readInput } from "./input.js";

/** A secret and where it came from. `origin` may be printed, `bytes` never. */
export interface Secret {
  readonly bytes: Uint8Array;
  /** Such as `--secret`, `env:NAME`, `@path`. */
  readonly origin: string;
}

/** A secret file or a secret from standard input is small, bytes. */
const SECRET_LIMIT_BYTES = 64 * 2 ** 10;

/**
 * The secrets to use, the best-known source alone: the flags, else `<PROVIDER>_WEBHOOK_SECRET`, else HOOKCLI_SECRET, else the
 * config. Empty when none is known. One that is set but empty is an error (2).
 */
export async function resolveSecrets(options: {
  context: Context;
  output: Output;
  config: Config;
  flags: readonly string[];
  provider: string | undefined;
}): Promise<readonly Secret[]> {
  const { context, output, config, flags } = options;
  if (flags.length > 0) {
    const secrets: Secret[] = [];
    for (const flag of flags) secrets.push(await fromReference(flag, { context, output, what: "--secret" }));
    return secrets;
  }
  const names = options.provider === undefined ? [] : [secretVariable(options.provider)];
  for (const name of [...names, "HOOKCLI_SECRET"]) {
    if (context.env[name] !== undefined) return [fromEnvironment(name, context)];
  }
  const configured = config.secretOf(options.provider);
  if (configured === undefined) return [];
  return [await fromReference(configured.reference, { context, output, what: configured.what, inFile: true })];
}

/** The variable in which a provider's secret is looked for: `STRIPE_WEBHOOK_SECRET`. */
export function secretVariable(provider: string): string {
  return `${provider.toUpperCase().replaceAll("-", "_")}_WEBHOOK_SECRET`;
}

/**
 * The bytes that one reference means: `env:NAME`, `@path` or `file:path`, `-` (standard input), `literal:VALUE`, or a literal.
 * One final newline of a file or of standard input is removed, nothing else.
 */
export async function resolveReference(text: string, options: ReferenceOptions): Promise<Uint8Array> {
  return (await fromReference(text, options)).bytes;
}

interface ReferenceOptions {
  readonly context: Context;
  readonly output: Output;
  readonly what: string;
  /** The reference stands in a file: a literal there is not on the command line. */
  readonly inFile?: boolean;
}

async function fromReference(text: string, options: ReferenceOptions): Promise<Secret> {
  const { context, what } = options;
  if (text.startsWith("env:")) return fromEnvironment(text.slice(4), context);
  if (text === "-" || text.startsWith("@") || text.startsWith("file:")) {
    const bytes = await readInput(text, { context, what, limitBytes: SECRET_LIMIT_BYTES });
    return notEmpty(withoutFinalNewline(bytes), text === "-" ? "standard input" : text, what);
  }
  if (options.inFile !== true) warnOfLiteral(options);
  const literal = text.startsWith("literal:") ? text.slice(8) : text;
  return notEmpty(Buffer.from(literal), what, what);
}

function fromEnvironment(name: string, context: Context): Secret {
  // An environment is an object like any other: `env:toString` would be found in its prototype.
  const value = Object.hasOwn(context.env, name) ? context.env[name] : undefined;
  if (value === undefined) {
    throw new CliError(`environment variable ${name} is not set`, { hint: `export ${name}=...` });
  }
  if (value === "") throw new CliError(`environment variable ${name} is set but empty`);
  return { bytes: Buffer.from(value), origin: `env:${name}` };
}

function notEmpty(bytes: Uint8Array, origin: string, what: string): Secret {
  if (bytes.length === 0) {
    throw new CliError(`the value of ${what} is empty${origin === what ? "" : ` (${origin})`}`, {
      hint: "an empty secret would make every signature forgeable",
    });
  }
  return { bytes, origin };
}

const warned = new WeakSet<Context>();

/** Says once in a run that the process list shows a value. */
export function warnOfLiteral({ context, output, what }: Omit<ReferenceOptions, "inFile">): void {
  if (warned.has(context)) return;
  warned.add(context);
  output.warn(`the process list shows the value of ${what}; env:NAME or @file keeps it out`);
}

function withoutFinalNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
