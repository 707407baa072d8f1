import { loadConfig, type Config } from "../../config/config.js";
import { CliError, EXIT } from "../../errors.js";
import type { Output } from "../../output/output.js";
import { green, red } from "../../output/style.js";
import { providers } from "../../providers/index.js";
import type { Provider } from "../../providers/provider.js";
import { selectScheme } from "../../providers/select.js";
import { verifyProvider } from "../../providers/verify.js";
import type { OtherScheme } from "../../signatures/explain.js";
import type { Explanation } from "../../signatures/explanation.js";
import { isTokenScheme, RAW_ALGORITHMS, verifyRaw, type RawVerdict } from "../../signatures/raw.js";
import { SecretError } from "../../signatures/secret.js";
import type { InvalidVerdict } from "../../signatures/verdict.js";
import type { Invocation } from "../command.js";
import { chooseProvider, NotCheckable } from "./choose.js";
import { credentialsOf, type Credentials } from "./credentials.js";
import { demandFramework, explanationOf } from "./explaining.js";
import { fillHeaders } from "./fill.js";
import { readSignatureInput, type SignatureInput, type Surroundings } from "./input.js";
import type { VerifyCommandOptions } from "./options.js";
import { settingsOf } from "./settings.js";
import { hexBytes, rawAsRequest, rawVerdictJson, readRawInput } from "./raw.js";
import { printExplanation, printOutcome, type Outcome } from "./report.js";
import { uncheckedOf } from "./unchecked.js";

/** `hookcli verify`: 0 valid, 1 invalid; what is neither throws CliError 2, and is `"valid": null` in JSON. */
export async function runVerify({
  options,
  global,
  context,
  output,
}: Invocation<VerifyCommandOptions>): Promise<number> {
  const { scheme } = options;
  const facts: Facts = { provider: null, scheme: scheme ?? null };
  try {
    if (options.framework !== undefined) await demandFramework(options.framework);
    const around = { context, output, config: await loadConfig(context, global) };
    if (options.batch === true) return await (await import("./batch.js")).runBatch(options, around);
    if (scheme !== undefined && options.provider === undefined && RAW_ALGORITHMS.has(scheme)) {
      return await verifyMessage(scheme, options, around);
    }
    if (scheme !== undefined && options.provider === undefined && isTokenScheme(scheme)) {
      const { verifyToken } = await import("./jws.js");
      return printRaw(output, scheme, await verifyToken(scheme, options, around));
    }
    const outcome = await verifyInput(options, around, facts);
    printOutcome(output, outcome);
    return outcome.verdict.valid ? EXIT.done : EXIT.no;
  } catch (error) {
    if (error instanceof CliError && options.batch !== true) recordNoVerdict(output, error, facts);
    throw error;
  }
}

/** What was known when it turned out that there is no verdict. */
interface Facts {
  provider: string | null;
  scheme: string | null;
}

async function verifyInput(options: VerifyCommandOptions, around: Surroundings, facts: Facts): Promise<Outcome> {
  const { context, config } = around;
  const input = await readSignatureInput(options, around);
  const { provider, schemeName, evidence } = chooseProvider(options, input, {
    fallback: input.provider ?? config.provider,
    own: config.ownProviders,
  });
  facts.provider = provider.name;
  const credentials = await credentialsFor(options, { provider, schemeName, input }, around);
  if ("reason" in credentials)
    return { provider: provider.name, evidence, verdict: credentials, explanation: undefined };
  const selected = selectScheme({
    provider,
    name: schemeName,
    purpose: "verify",
    request: requestOf(input),
    ...credentials,
  });
  facts.scheme = selected.name;
  const request = { ...requestOf(input), headers: fillHeaders(input.headers, selected, options) };
  const settings = await settingsOf(options, around);
  const given = { request, ...credentials, settings, now: options.now ?? context.now() };
  const verdict = verifyProvider({ provider, schemeName, ...given, tolerance: options.tolerance });
  const scheme = provider.schemes.find(({ name }) => name === verdict.scheme) ?? selected;
  if (!verdict.valid && isExplained(verdict))
    return { provider: provider.name, evidence, verdict, explanation: undefined };
  const explanation = await explanationOf(verdict, { options, context }, () => ({
    scheme,
    ...given,
    others: otherSchemes(config),
  }));
  const unchecked = uncheckedOf(provider, verdict, request.body);
  return { provider: provider.name, evidence, verdict, explanation, unchecked };
}

/** The verdict says all: the key is the wrong one, or the signature is right and something that its token claims is not. */
function isExplained({ reason, secretIndex }: InvalidVerdict): boolean {
  return reason === "key_not_trusted" || (reason === "signature_mismatch" && secretIndex !== null);
}

/** Those of flags, environment and config; where fetching is allowed and no flag names any, what the provider publishes. */
async function credentialsFor(
  options: VerifyCommandOptions,
  { provider, schemeName, input }: { provider: Provider; schemeName: string | undefined; input: SignatureInput },
  around: Surroundings,
): Promise<Credentials | InvalidVerdict> {
  const isGiven = options.key.length + options.cert.length + options.secret.length > 0;
  if (options.allowFetch !== true || isGiven) return credentialsOf(options, provider.name, around);
  const { fetchedKeys } = await import("./fetched.js");
  const question = { provider, name: schemeName, purpose: "verify", request: requestOf(input) } as const;
  const scheme = selectScheme({ ...question, secrets: [], keys: [] });
  const request = { ...question.request, headers: fillHeaders(input.headers, scheme, options) };
  const found = await fetchedKeys({ provider, scheme, request }, around);
  return "reason" in found ? found : { secrets: [], keys: found };
}

function requestOf({ method, url, headers, body }: Awaited<ReturnType<typeof readSignatureInput>>) {
  return { headers, body, ...(method === undefined ? {} : { method }), ...(url === undefined ? {} : { url }) };
}

function otherSchemes({ ownProviders }: Config): OtherScheme[] {
  return [...ownProviders, ...providers].flatMap((provider: Provider) =>
    provider.schemes.map((scheme) => ({ provider: provider.name, scheme })),
  );
}

async function verifyMessage(scheme: string, options: VerifyCommandOptions, around: Surroundings): Promise<number> {
  const signature = hexBytes(
    options.signatureHex ?? options.signature ?? "",
    options.signatureHex === undefined ? "--signature" : "--signature-hex",
  );
  if (options.signatureHex === undefined && options.signature === undefined) {
    throw new CliError(`--scheme ${scheme} needs the signature`, { hint: "pass --signature-hex" });
  }
  const input = await readRawInput(scheme, options, around);
  const verdict = verifyRaw({ algorithm: scheme, ...input, signature });
  const asRequest = rawAsRequest(scheme, input, { signature, now: around.context.now() });
  const explanation = await explanationOf(verdict, { options, context: around.context }, () => asRequest);
  return printRaw(around.output, scheme, verdict, explanation);
}

function printRaw(output: Output, scheme: string, verdict: RawVerdict, explanation?: Explanation): number {
  const line = verdict.valid
    ? [green("valid:"), ` ${scheme}`]
    : [red("invalid:"), ` ${verdict.reason}: ${verdict.message}`];
  output.result(line, { ...rawVerdictJson(scheme, verdict), explanation: explanation ?? null });
  if (explanation !== undefined) printExplanation(output, explanation);
  return verdict.valid ? EXIT.done : EXIT.no;
}

/** A program that reads the JSON sees that there is no verdict; the error itself goes to stderr as any other. */
function recordNoVerdict(output: Output, error: CliError, facts: Facts): void {
  const reason =
    error instanceof SecretError ? `secret_${error.code}` : error instanceof NotCheckable ? error.code : "usage";
  const none = { secretIndex: null, signatureIndex: null, timestamp: null, ageSeconds: null, explanation: null };
  output.record({ valid: null, ...facts, reason, message: error.message, ...none });
}
