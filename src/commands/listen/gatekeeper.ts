import { resolve } from "node:path";
import type { Config } from "../../config/config.js";
import { readFileLimited } from "../../config/input.js";
import { secretVariable } from "../../config/secrets.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import type { SignatureNote } from "../../events/event.js";
import { globMatches } from "../../events/glob.js";
import { headerValue } from "../../events/headers.js";
import type { Output } from "../../output/output.js";
import { describeEvent, type Description } from "../../providers/describe.js";
import { providerNamed, providers, type Provider } from "../../providers/index.js";
import type { AddressRanges } from "../../receive/address.js";
import type * as Gates from "../../receive/gates.js";
import type { ReceivedRequest } from "../../receive/receiver.js";
import type { SchemaGate } from "../../receive/schema.js";
import type { Settings } from "../../signatures/request.js";
import type { Verdict } from "../../signatures/verdict.js";
import { handshakeAnswerer, type HandshakeAnswerer } from "./handshakes.js";
import type { ListenOptions } from "./options.js";
import { settingsOf } from "../verify/settings.js";
import { SignatureChecker } from "./signatures.js";

/** The most that a JSON Schema file may hold, bytes. */
const SCHEMA_LIMIT_BYTES = 16 * 2 ** 20;

/** What is known of a request before it becomes an event. */
export interface EventFacts extends Description {
  readonly signature: SignatureNote;
  /** `undefined`: nothing could be checked. */
  readonly verdict: Verdict | undefined;
}

interface GateSettings {
  readonly provider: Provider | undefined;
  /** Rows that the user has defined. */
  readonly own: readonly Provider[];
  readonly checker: SignatureChecker;
  readonly allowed: AddressRanges;
  readonly schema: SchemaGate | undefined;
  readonly options: ListenOptions;
  /** Values configured at the provider. */
  readonly configured: Settings;
  /** The public base URL while there is one. */
  readonly publicUrl: () => string | undefined;
  /** What the user should know of it. */
  readonly remark: string | undefined;
}

/** Tells what a request is, and refuses what the user asked to be refused: address, type, payload, signature, in this order. */
export class Gatekeeper {
  private readonly gates: typeof Gates;
  private readonly settings: GateSettings;

  constructor(gates: typeof Gates, settings: GateSettings) {
    this.gates = gates;
    this.settings = settings;
  }

  get remark(): string | undefined {
    return this.settings.remark;
  }

  /** Answers handshakes where no app does, by what is known here. */
  handshakes(): HandshakeAnswerer {
    const { provider, own, checker, options, configured, publicUrl } = this.settings;
    return handshakeAnswerer({
      provider,
      own,
      settings: configured,
      credentials: (name) => checker.credentials(name),
      urls: (request) => candidateUrls(request, publicUrl()),
      hasOwnAnswer: options.respond !== 200 || options.respondBody !== undefined,
    });
  }

  /** What can be told from the head alone. */
  refuseHead(request: ReceivedRequest): Gates.Refusal | undefined {
    return this.gates.refuseAddress(request.remoteIp, this.settings.allowed);
  }

  /** Provider, type, ids, and the verdict on the signature. */
  async look(request: ReceivedRequest): Promise<EventFacts> {
    const description = describeEvent(request, this.settings.provider, this.settings.own);
    const { note, verdict } = await this.check(request, description.provider);
    const { eventType, providerEventId, deliveryId } = description;
    return { provider: description.provider, eventType, providerEventId, deliveryId, signature: note, verdict };
  }

  /** The first gate that says no. */
  refuse(request: ReceivedRequest, facts: EventFacts): Gates.Refusal | undefined {
    const { gates } = this;
    const { options, schema, allowed } = this.settings;
    return (
      gates.refuseAddress(request.remoteIp, allowed) ??
      (options.allowType.length === 0
        ? undefined
        : gates.refuseType(facts.eventType, (type) => options.allowType.some((glob) => globMatches(glob, type)))) ??
      gates.refuseMissing(request, options.require) ??
      schema?.(request) ??
      (options.requireSignature === true ? gates.refuseSignature(facts.verdict) : undefined)
    );
  }

  /** Without a provider and without its headers, a generic signature is looked for where one must be. */
  private async check(request: ReceivedRequest, provider: string | null) {
    const { checker, options } = this.settings;
    const name = provider ?? (options.requireSignature === true || isGeneric(request) ? "generic" : undefined);
    if (name === undefined) return UNCHECKED;
    return checker.check(name, request, candidateUrls(request, this.settings.publicUrl()));
  }
}

const UNCHECKED = { note: { status: "unchecked" }, verdict: undefined } as const;

/** Reads what the gates need: the schema, the ranges, and the secrets, so that a wrong one ends the command at its start. */
export async function createGatekeeper(parts: {
  context: Context;
  output: Output;
  config: Config;
  options: ListenOptions;
  publicUrl: () => string | undefined;
}): Promise<Gatekeeper> {
  const { context, output, config, options, publicUrl } = parts;
  const [gates, { parseRanges }] = await Promise.all([
    import("../../receive/gates.js"),
    import("../../receive/address.js"),
  ]);
  const name = options.provider ?? config.provider;
  const provider = name === undefined ? undefined : providerNamed(name, config.ownProviders);
  const configured = await settingsOf(options, { context, output });
  const checker = new SignatureChecker({
    context,
    output,
    config,
    secretFlags: options.secret,
    keyFlags: options.key,
    settings: configured,
  });
  const known = (await checker.prepare(provider?.name)) || (provider === undefined && knowsSome(context, config));
  const variable = provider === undefined ? "HOOKCLI_SECRET" : secretVariable(provider.name);
  if (!known && options.requireSignature === true) {
    throw new CliError(`--require-signature needs a secret${provider === undefined ? "" : ` for ${provider.name}`}`, {
      hint: `set ${variable}, or pass --secret env:NAME`,
    });
  }
  parseRanges(options.trustedProxy, "--trusted-proxy");
  return new Gatekeeper(gates, {
    provider,
    own: config.ownProviders,
    checker,
    allowed: parseRanges(options.allowIp, "--allow-ip"),
    schema: options.validate === undefined ? undefined : await readSchema(options.validate, context),
    options,
    configured,
    publicUrl,
    remark: known ? undefined : `signatures are not checked: set ${variable}, or pass --secret`,
  });
}

/** Whether the secret of any provider is known: whose events come is not known yet. */
function knowsSome(context: Context, config: Config): boolean {
  return [...config.ownProviders, ...providers].some(
    ({ name }) => context.env[secretVariable(name)] !== undefined || config.secretOf(name) !== undefined,
  );
}

/** The schema in a file, named as it is or, as other options have it, after `@`. */
async function readSchema(given: string, context: Context): Promise<SchemaGate> {
  const name = given.replace(/^@/, "");
  const { compileSchema } = await import("../../receive/schema.js");
  const limitBytes = SCHEMA_LIMIT_BYTES;
  const bytes = await readFileLimited(resolve(context.cwd, name), { what: "the schema", limitBytes });
  return compileSchema(Buffer.from(bytes).toString("utf8"), name);
}

function isGeneric(request: ReceivedRequest): boolean {
  return headerValue(request.headers, "x-signature") !== undefined;
}

/** The URLs that a sender may have signed: the public one for what came through the tunnel, the one it called otherwise. */
function candidateUrls(request: ReceivedRequest, publicUrl: string | undefined): string[] {
  const outside = publicUrl === undefined ? [] : [publicUrl.replace(/\/$/, "") + request.path];
  const host = headerValue(request.headers, "host");
  const called = host === undefined ? [] : [`http://${host}${request.path}`];
  return request.source === "tunnel" ? [...outside, ...called] : [...called, ...outside];
}
