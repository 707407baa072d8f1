import { plainReason } from "../../config/input.js";
import { resolveSecrets } from "../../config/secrets.js";
import type { Context } from "../../context.js";
import { CliError, EXIT } from "../../errors.js";
import type { HeaderList } from "../../events/headers.js";
import { safeJson } from "../../events/safe-text.js";
import type { Output } from "../../output/output.js";
import { selectScheme } from "../../providers/select.js";
import { verifyProvider } from "../../providers/verify.js";
import { encodeSignature } from "../../signatures/encoding.js";
import { parseKey, type Key } from "../../signatures/key.js";
import type { Settings, SignedRequest } from "../../signatures/request.js";
import { isTokenScheme, RAW_ALGORITHMS, verifyRaw, type RawVerdict } from "../../signatures/raw.js";
import { CaseCaches, idOf, readCase, type BatchCase } from "./batch-case.js";
import { eachLine, MAX_LINE_BYTES, type InputLine } from "./batch-lines.js";
import { chooseProvider, type Choice, type KnownHere } from "./choose.js";
import { keysOf } from "./credentials.js";
import { fillHeaders } from "./fill.js";
import type { Surroundings } from "./input.js";
import type { VerifyCommandOptions } from "./options.js";
import { verifyTokenCase } from "./jws.js";
import { hexBytes, isHex, rawVerdictJson } from "./raw.js";
import { verdictJson } from "./report.js";
import { settingsOf } from "./settings.js";
import { uncheckedOf } from "./unchecked.js";

/** Verdicts are written in pieces of about this size, characters. */
const FLUSH_LENGTH = 64 * 1024;

/** What holds for lines that do not say otherwise. */
interface Defaults {
  readonly options: VerifyCommandOptions;
  readonly secrets: readonly Uint8Array[];
  readonly keys: readonly Key[];
  readonly settings: Settings;
  readonly now: () => number;
  readonly known: KnownHere;
}

/**
 * `verify --batch`: one verdict a line, in the order of the lines, as they come. A bad line is an error object and the run
 * goes on. 2 when any line was bad, else 1 when any was invalid, else 0.
 */
export async function runBatch(options: VerifyCommandOptions, around: Surroundings): Promise<number> {
  const { context, output } = around;
  refuseTerminal(context);
  const batch = new Batch(await defaultsOf(options, around));
  await readLines(context.stdin, batch, output);
  await batch.flush(output, 1);
  return batch.exitCode;
}

/** A stream that breaks off is unreadable input (2), not a bug. */
async function readLines(stdin: Context["stdin"], batch: Batch, output: Output): Promise<void> {
  let fault: Error | undefined;
  const noteFault = (error: Error) => {
    fault = error;
  };
  stdin.once("error", noteFault);
  try {
    await eachLine(
      stdin,
      (line) => batch.add(line),
      () => batch.flush(output, FLUSH_LENGTH),
    );
  } catch (error) {
    if (error !== fault) throw error;
    throw new CliError(`cannot read standard input: ${plainReason(error)}`, { cause: error });
  } finally {
    stdin.off("error", noteFault);
  }
}

function refuseTerminal({ stdin }: Context): void {
  if (stdin.isTTY !== true) return;
  throw new CliError("--batch reads standard input, which is a terminal", {
    hint: "hookcli verify --batch < cases.ndjson",
  });
}

async function defaultsOf(options: VerifyCommandOptions, around: Surroundings): Promise<Defaults> {
  const { context, config } = around;
  const found = await resolveSecrets({ ...around, flags: options.secret, provider: options.provider });
  return {
    options,
    secrets: found.map(({ bytes }) => bytes),
    keys: await keysOf(options, around),
    settings: await settingsOf(options, around),
    now: context.now,
    known: { fallback: config.provider, own: config.ownProviders },
  };
}

class Batch {
  private readonly defaults: Defaults;
  private readonly caches = new CaseCaches();
  private readonly named = new Map<string, Choice>();
  private line = 0;
  private bad = 0;
  private invalid = 0;
  private pending = "";

  constructor(defaults: Defaults) {
    this.defaults = defaults;
  }

  get exitCode(): number {
    if (this.bad > 0) return EXIT.usage;
    return this.invalid > 0 ? EXIT.no : EXIT.done;
  }

  add(line: InputLine): void {
    this.line += 1;
    if (line === undefined)
      this.report(undefined, { error: `the line is longer than ${MAX_LINE_BYTES / 2 ** 20} MiB` });
    else if (line.length > 0) this.check(line.toString("utf8"));
  }

  async flush(output: Output, atLeast: number): Promise<void> {
    if (this.pending.length < atLeast) return;
    const text = this.pending;
    this.pending = "";
    await output.bytes(Buffer.from(text));
  }

  private check(text: string): void {
    let id: BatchCase["id"];
    try {
      const row = parseRow(text);
      id = idOf(row);
      this.report(id, this.tokenVerdict(row) ?? this.verdict(readCase(row, this.caches)));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      this.report(id, { error: error.message });
    }
  }

  private report(id: BatchCase["id"], result: { readonly valid: boolean } | { readonly error: string }): void {
    if ("error" in result) this.bad += 1;
    else if (!result.valid) this.invalid += 1;
    this.pending += `${safeJson(id === undefined ? { line: this.line, ...result } : { line: this.line, id, ...result })}\n`;
  }

  /** Keys of tokens are of more kinds than those of other schemes: they are read there. */
  private tokenVerdict(row: Readonly<Record<string, unknown>>) {
    const { scheme = this.defaults.options.scheme } = row;
    if (typeof scheme !== "string" || !isTokenScheme(scheme)) return undefined;
    return rawVerdictJson(scheme, verifyTokenCase(scheme, row));
  }

  private verdict(given: BatchCase) {
    const { options } = this.defaults;
    const providerName = given.provider ?? options.provider;
    const schemeWanted = given.scheme ?? options.scheme;
    if (providerName === undefined && schemeWanted !== undefined && RAW_ALGORITHMS.has(schemeWanted)) {
      return this.rawVerdict(schemeWanted, given);
    }
    const choice = this.choose(providerName, schemeWanted, given);
    const { secrets, keys } = this.credentials(given);
    const verdict = verifyProvider({
      provider: choice.provider,
      schemeName: choice.schemeName,
      request: requestOf(given, choice, { secrets, keys }),
      secrets,
      keys,
      now: given.now ?? options.now ?? this.defaults.now(),
      tolerance: given.tolerance ?? options.tolerance,
      settings: given.settings ?? this.defaults.settings,
    });
    const { provider } = choice;
    const unchecked = uncheckedOf(provider, verdict, given.body);
    return verdictJson({ provider: provider.name, verdict, explanation: undefined, unchecked });
  }

  /** A provider that is named is looked up once; one that is not is found by each line's request. */
  private choose(provider: string | undefined, scheme: string | undefined, given: BatchCase): Choice {
    const { options, known: here } = this.defaults;
    if (provider === undefined && scheme === undefined) return chooseProvider(options, given, here);
    const name = scheme === undefined ? (provider ?? "") : `${provider ?? ""}\n${scheme}`;
    const known = this.named.get(name);
    if (known !== undefined) return known;
    const wanted = {
      ...options,
      ...(provider === undefined ? {} : { provider }),
      ...(scheme === undefined ? {} : { scheme }),
    };
    const choice = chooseProvider(wanted, given, here);
    this.named.set(name, choice);
    return choice;
  }

  private credentials({ secrets, keys, keyBytes }: BatchCase) {
    if (keyBytes !== undefined) return { secrets: [...secrets, keyBytes], keys };
    if (secrets.length > 0 || keys.length > 0) return { secrets, keys };
    return this.defaults;
  }

  private rawVerdict(scheme: string, given: BatchCase) {
    if (given.signatureHex === undefined) throw new CliError("signatureHex is missing");
    return rawVerdictJson(scheme, rawVerdict(scheme, given, this.credentials(given)));
  }
}

function rawVerdict(
  scheme: string,
  given: BatchCase,
  { secrets, keys }: Pick<Defaults, "secrets" | "keys">,
): RawVerdict {
  const isMac = RAW_ALGORITHMS.get(scheme)?.family === "hmac";
  const [secret] = secrets;
  const key = keys[0] ?? (secret === undefined || isMac ? secret : parseKey(secret));
  if (key === undefined) throw new CliError(isMac ? "secret or keyHex is missing" : "key is missing");
  const { signatureHex = "", body } = given;
  if (isHex(signatureHex)) {
    return verifyRaw({ algorithm: scheme, key, message: body, signature: Buffer.from(signatureHex, "hex") });
  }
  return { valid: false, reason: "signature_malformed", message: "the signature is not hex" };
}

function parseRow(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError("the line is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CliError("the line is not a JSON object");
  return value as Record<string, unknown>;
}

function requestOf(given: BatchCase, choice: Choice, credentials: Pick<Defaults, "secrets" | "keys">): SignedRequest {
  const { headers, body, url, method, signatureHex } = given;
  const request: { -readonly [Name in keyof SignedRequest]: SignedRequest[Name] } = { headers, body };
  if (url !== undefined) request.url = url;
  if (method !== undefined) request.method = method;
  if (signatureHex !== undefined) request.headers = withSignature(request, signatureHex, { choice, ...credentials });
  return request;
}

/** The bytes of `signatureHex` as the scheme writes them, in its header. */
function withSignature(
  request: SignedRequest,
  signatureHex: string,
  { choice, ...credentials }: { readonly choice: Choice } & Pick<Defaults, "secrets" | "keys">,
): HeaderList {
  const scheme = selectScheme({
    provider: choice.provider,
    name: choice.schemeName,
    purpose: "verify",
    request,
    ...credentials,
  });
  const signature = encodeSignature(hexBytes(signatureHex, "signatureHex"), scheme.encoding);
  const { parse } = scheme.signature;
  const text = parse.kind === "prefix" ? parse.prefix + signature : signature;
  return fillHeaders(request.headers, scheme, { signature: text });
}
