import { readInput } from "../../config/input.js";
import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import { withHeaders, type HeaderList } from "../../events/headers.js";
import { parseRawRequest } from "../../events/raw-http.js";
import type { Output } from "../../output/output.js";
import { headersFromFile, headersFromFlags } from "./headers.js";
import type { SignatureOptions } from "./options.js";

/** The request that `verify` checks or `sign` signs, as the options give it. */
export interface SignatureInput {
  readonly method: string | undefined;
  /** A whole URL, or the path of a captured request. */
  readonly url: string | undefined;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  /** The provider that was found when the event was captured. */
  readonly provider: string | undefined;
}

export interface Surroundings {
  readonly context: Context;
  readonly output: Output;
  readonly config: Config;
}

type BaseRequest = Omit<SignatureInput, "body"> & { readonly body: Uint8Array | undefined };

const EMPTY: BaseRequest = { method: undefined, url: undefined, headers: [], body: undefined, provider: undefined };

/** Reads the request from `--event`, `--request`, or body and headers; single flags go before what a file says. */
export async function readSignatureInput(options: SignatureOptions, around: Surroundings): Promise<SignatureInput> {
  refuseSeveral(options);
  const base = await baseRequest(options, around);
  const fromFile = options.headers === undefined ? [] : await headersFromFile(options.headers, around.context);
  const fromFlags = await headersFromFlags(options.header, around);
  return {
    ...base,
    method: options.method?.toUpperCase() ?? base.method,
    url: options.url ?? base.url,
    headers: withHeaders(withHeaders(base.headers, fromFile), fromFlags),
    body: await bodyOf(options, base, around.context),
  };
}

function refuseSeveral({ event, request, body, payload }: SignatureOptions): void {
  if (event !== undefined && request !== undefined) throw new CliError("--event and --request name two requests");
  if (body !== undefined && payload !== undefined) throw new CliError("--body and --payload are the same option");
}

async function bodyOf({ body, payload }: SignatureOptions, base: BaseRequest, context: Context): Promise<Uint8Array> {
  const named = body ?? payload;
  if (named === undefined && base.body !== undefined) return base.body;
  return readInput(named ?? "-", { context, what: payload === undefined ? "--body" : "--payload" });
}

async function baseRequest(options: SignatureOptions, around: Surroundings): Promise<BaseRequest> {
  if (options.event !== undefined) return fromStore(options.event, options, around);
  if (options.request === undefined) return EMPTY;
  const raw = parseRawRequest(await readInput(options.request, { context: around.context, what: "--request" }));
  for (const note of raw.notes) around.output.note(`note: ${note}`);
  return { ...raw, url: raw.url ?? raw.path, provider: undefined };
}

/** Opens the store only here: everything else works where SQLite cannot load. */
async function fromStore(
  selector: string,
  options: SignatureOptions,
  { context, config }: Surroundings,
): Promise<BaseRequest> {
  const [{ openStore }, { resolveEvent }, { parseSelectors }] = await Promise.all([
    import("../../store/open.js"),
    import("../../store/resolve.js"),
    import("../../events/selector.js"),
  ]);
  const where = { project: config.project, now: context.now() };
  const selection = parseSelectors([selector], { allProjects: options.allProjects === true }, where);
  const store = await openStore({ path: config.dbPath, context, readOnly: true });
  try {
    const event = resolveEvent(store, selection);
    if (!event.bodyComplete)
      throw new CliError(`event ${selector} has no body: it was refused before the body was read`);
    const { method, path, headers, body, provider } = event;
    return { method, url: path, headers, body, provider: provider ?? undefined };
  } finally {
    await store.close();
  }
}
