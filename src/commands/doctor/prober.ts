import type { Config } from "../../config/config.js";
import type { Target } from "../../deliver/deliverer.js";
import { hostOf } from "../../deliver/target.js";
import { CliError } from "../../errors.js";
import { providerNamed } from "../../providers/index.js";
import { outgoingHeaders } from "../../providers/outgoing.js";
import type { Provider } from "../../providers/provider.js";
import type { Scheme } from "../../signatures/scheme.js";
import { newDeliveryId } from "../delivery/ids.js";
import type { OutgoingRequest } from "../delivery/request.js";
import { sign, signerFor, type Signer } from "../delivery/signing.js";
import { placeAt } from "../delivery/target.js";
import type { DoctorOptions } from "../doctor.js";
import type { Invocation } from "../command.js";
import { knownCredentials } from "../verify/credentials.js";

/** The type of every probe: nobody's event, which an app that knows its own leaves alone. */
const PROBE_TYPE = "hookcli.probe";

/** Makes probe events. */
export interface Prober {
  readonly request: (body: Uint8Array, signed: boolean) => OutgoingRequest;
  /** What probes are signed with; a text says why they cannot be. */
  readonly signing: { readonly scheme: string } | string;
}

interface ProberParts {
  readonly config: Config;
  readonly target: Target;
  readonly publicUrl: string | undefined;
}

/** The prober of an app. Throws CliError 2 for a secret or a key that does not fit. */
export async function createProber(invocation: Invocation<DoctorOptions>, parts: ProberParts): Promise<Prober> {
  const { context, options } = invocation;
  const { config, target } = parts;
  const provider = providerNamed(options.provider ?? config.provider ?? "generic", config.ownProviders);
  const plain = (body: Uint8Array): { request: OutgoingRequest; deliveryId: string } => {
    const deliveryId = newDeliveryId(provider, context);
    const facts = { provider, eventType: PROBE_TYPE, eventId: "hookcli-probe", deliveryId, now: context.now(), body };
    const headers = [["Host", hostOf(target)] as const, ...outgoingHeaders(facts)];
    return { request: { method: "POST", ...placeAt(target, "/"), headers, body }, deliveryId };
  };
  const signWith = (signer: Signer, body: Uint8Array): OutgoingRequest => {
    const { request, deliveryId } = plain(body);
    const signedUrl = parts.publicUrl === undefined ? undefined : parts.publicUrl.replace(/\/+$/, "") + request.path;
    return sign(request, signer, { now: context.now(), deliveryId, signedUrl });
  };
  const sample = Buffer.from("{}");
  const signer = await signerOf(invocation, {
    ...parts,
    provider,
    sample: plain(sample).request,
    // What cannot be signed with fails now, and not in the middle of a probe.
    tryOut: (candidate) => signWith(candidate, sample),
  });
  if (typeof signer === "string") return { request: (body) => plain(body).request, signing: signer };
  return {
    request: (body, isSigned) => (isSigned ? signWith(signer, body) : plain(body).request),
    signing: { scheme: signer.scheme.name },
  };
}

interface SignerParts extends ProberParts {
  readonly provider: Provider;
  readonly sample: OutgoingRequest;
  readonly tryOut: (signer: Signer) => unknown;
}

/** A secret on the command line that does not fit is an error; one that is lying around is a reason not to sign. */
async function signerOf(invocation: Invocation<DoctorOptions>, parts: SignerParts): Promise<Signer | string> {
  const { secret, key } = invocation.options;
  try {
    const signer = await findSigner(invocation, parts);
    if (typeof signer !== "string") parts.tryOut(signer);
    return signer;
  } catch (error) {
    if (error instanceof CliError && secret.length + key.length === 0) return error.message;
    throw error;
  }
}

async function findSigner(
  { context, output, options }: Invocation<DoctorOptions>,
  { config, provider, sample }: SignerParts,
): Promise<Signer | string> {
  if (provider.schemes.length === 0) return `${provider.title} signs nothing`;
  const unfit = provider.schemes[0] === undefined ? undefined : whyNoProbe(provider.schemes[0]);
  if (unfit !== undefined && options.scheme === undefined) return `${provider.title} ${unfit}`;
  const credentials = await knownCredentials(options, provider.name, { context, output, config });
  if (credentials.secrets.length + credentials.keys.length === 0) {
    return `no secret is known for ${provider.name}: --secret env:NAME`;
  }
  return signerFor({
    provider,
    schemeName: options.scheme,
    request: sample,
    credentials,
    otherwise: "--skip raw-body",
  });
}

/** Why a probe, which is nobody's event, cannot be signed. */
function whyNoProbe({ algorithm, content, signature, timestamp }: Scheme): string | undefined {
  if (signature.from !== "header" && signature.from !== "query")
    return "puts its signature into events of its own form";
  if (timestamp?.from.kind === "bodyField") return "puts its time into events of its own form";
  const claims = algorithm.family === "jwt" ? algorithm.claims : [];
  const signed = [...content, ...claims.flatMap((claim) => ("content" in claim ? claim.content : []))];
  return signed.some(({ part }) => part === "setting") ? "signs what is configured there" : undefined;
}
