import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { readInput } from "../../config/input.js";
import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import type { Random } from "../delivery/chance.js";
import { CliError } from "../../errors.js";
import { isFormType } from "../../events/headers.js";
import { encodeBody } from "../../fixtures/encoding.js";
import { findFixture } from "../../fixtures/find.js";
import { fillPlaceholders } from "../../fixtures/placeholders.js";
import { applyOverrides, type Override } from "../../fixtures/overrides.js";
import { findProvider, providerNamed, type Provider } from "../../providers/index.js";
import { changedBody, readOverrides } from "../delivery/body.js";
import { providerOfFolder } from "../fixtures/request.js";
import { fixtureRoots } from "../fixtures/roots.js";
import type { SendOptions } from "../send.js";

/** What is sent, before it has headers. */
export interface Source {
  readonly provider: Provider;
  /** For people: `stripe/invoice.paid`, `--data`. */
  readonly name: string;
  /** As given by `--type` or the fixture's name. */
  readonly eventType: string | undefined;
  readonly body: Uint8Array;
  /** `undefined`: the provider's own. */
  readonly contentType: string | undefined;
  /** Path and query, where the target names none. Absent: `/`. */
  readonly path?: string;
  /** It has no headers of its own: no event, but a question without a body. */
  readonly isBare?: boolean;
}

interface Around {
  readonly context: Context;
  readonly config: Config;
}

/** Makes what is sent, by its number from 1: the same fixture, filled in anew. Files and standard input are read once. */
export type SourceMaker = (seq: number, random: Random) => Promise<Source>;

/** Reads the fixture or the data that was named. */
export async function readSource(
  event: string | undefined,
  options: SendOptions,
  around: Around,
): Promise<SourceMaker> {
  if (event !== undefined && options.data !== undefined) throw new CliError("a fixture and --data exclude each other");
  if (options.data !== undefined) {
    const source = await fromData(options.data, options, around);
    return () => Promise.resolve(source);
  }
  if (event === undefined)
    throw new CliError("nothing to send", { hint: "name a fixture, such as message.created, or pass --data" });
  return fixtureMaker(event, options, around);
}

async function fromData(data: string, options: SendOptions, { context, config }: Around): Promise<Source> {
  const provider = providerNamed(options.provider ?? config.provider ?? "generic", config.ownProviders);
  const given =
    data === "-" || data.startsWith("@") ? await readInput(data, { context, what: "--data" }) : Buffer.from(data);
  const overrides = await readOverrides(options, context);
  const contentType = options.contentType;
  const form = isFormType(contentType ?? (looksLikeJson(given) ? undefined : provider.contentType));
  const body = await changedBody(given, { overrides, form, edit: options.edit === true, context });
  return { provider, name: "--data", eventType: options.type, body, contentType };
}

/** A fixture, filled in and changed as asked. */
export async function fixtureSource(reference: string, options: SendOptions, around: Around): Promise<Source> {
  return (await fixtureMaker(reference, options, around))(1, around.context.random);
}

async function fixtureMaker(
  reference: string,
  options: SendOptions,
  { context, config }: Around,
): Promise<SourceMaker> {
  const roots = fixtureRoots(context, config);
  const wanted = options.provider === undefined ? undefined : providerNamed(options.provider, config.ownProviders);
  const providerCalled = (name: string) => findProvider(name, config.ownProviders)?.name;
  const where = { roots, cwd: context.cwd, provider: wanted?.name, providerCalled };
  const found = await findFixture(reference, where).catch(async (error: unknown) => {
    throw (await isFile(resolve(context.cwd, reference))) ? besidesFile(reference, error) : error;
  });
  const { name, event, text } = found;
  const provider = wanted ?? providerOfFolder(found.provider, config.ownProviders);
  const overrides = await readOverrides(options, context);
  return (seq, random) =>
    filledSource({ provider, name, event, text, seq, overrides }, options, { context: { ...context, random } });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The error, with a word on the file of that name: it may be what was meant. */
function besidesFile(reference: string, error: unknown): unknown {
  if (reference.endsWith(".json") || !(error instanceof CliError)) return error;
  const hint = `to send the file ${reference} as it is: hookcli send --data @${reference}`;
  return new CliError(error.message, {
    hint: error.hint === undefined ? hint : `${hint}; ${error.hint}`,
    cause: error,
  });
}

/** What is made of a text. */
interface FixtureText {
  readonly provider: Provider;
  readonly name: string;
  readonly event: string | undefined;
  readonly text: string;
}

/** A fixture's text, filled in and changed as asked. */
export async function textSource(
  fixture: FixtureText,
  options: SendOptions,
  { context }: Pick<Around, "context">,
): Promise<Source> {
  const overrides = await readOverrides(options, context);
  return filledSource({ ...fixture, seq: 1, overrides }, options, { context });
}

async function filledSource(
  fixture: FixtureText & { readonly seq: number; readonly overrides: readonly Override[] },
  options: SendOptions,
  { context }: Pick<Around, "context">,
): Promise<Source> {
  const { provider, seq, overrides } = fixture;
  const filled = fillPlaceholders(fixture.text, {
    nowMs: context.now(),
    random: context.random,
    env: context.env,
    seq,
  });
  const json = applyOverrides(Buffer.from(filled, "latin1"), overrides);
  const encoded = encodeBody(Buffer.from(json).toString("latin1"), {
    bodyForm: provider.bodyForm,
    contentType: options.contentType,
  });
  const body = await changedBody(Buffer.from(encoded.text, "latin1"), {
    overrides: [],
    form: false,
    edit: options.edit === true,
    context,
  });
  return {
    provider,
    name: fixture.name,
    eventType: options.type ?? fixture.event,
    body,
    contentType: encoded.contentType,
  };
}

function looksLikeJson(body: Uint8Array): boolean {
  return /^\s*[[{]/.test(Buffer.from(body.subarray(0, 256)).toString("latin1"));
}
