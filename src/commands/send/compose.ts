import { requireFieldValue } from "../../config/headers.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import { newUuid } from "../../events/id.js";
import { describeEvent } from "../../providers/describe.js";
import { outgoingHeaders } from "../../providers/outgoing.js";
import { newDeliveryId } from "../delivery/ids.js";
import { replaceHeaders, type OutgoingRequest } from "../delivery/request.js";
import type { Random } from "../delivery/chance.js";
import { sign, signerFor, type Signer, type SigningFacts } from "../delivery/signing.js";
import { calledHost, placeAt, type Destination } from "../delivery/target.js";
import { refuseUnnoticeable, tampered, withWrongSecret } from "../delivery/trouble.js";
import type { Settings } from "../../signatures/request.js";
import type { SendOptions } from "../send.js";
import { knownCredentials, type Credentials } from "../verify/credentials.js";
import type { Surroundings } from "../verify/input.js";
import { settingsOf } from "../verify/settings.js";
import { markedRetry, type RetryOf } from "./retry-marks.js";
import type { Source } from "./source.js";

/** The request of `send`, and who signed it. */
export interface Composed {
  readonly request: OutgoingRequest;
  /** `undefined`: it is not signed. */
  readonly signer: Signer | undefined;
  /** The same delivery as its provider would send it now: with its id and its body, marked where it is a retry, and signed anew. */
  readonly again: (retry?: RetryOf) => OutgoingRequest;
}

/** Puts headers and signature on bodies, and then makes wrong what was asked to be wrong. */
export class Composer {
  private readonly options: SendOptions;
  private readonly around: Surroundings;
  /** Read once: standard input and pipes can be read only so. */
  private readonly known: (provider: string) => Promise<{ credentials: Credentials; settings: Settings }>;

  /** Throws CliError 2 for options that contradict one another. */
  constructor({ options, ...around }: Surroundings & { readonly options: SendOptions }) {
    refuseContradictions(options);
    this.options = options;
    this.around = around;
    let known: ReturnType<typeof this.known> | undefined;
    this.known = (provider) => (known ??= this.readKnown(provider));
  }

  /** `random`: where its ids come from. */
  async compose(source: Source, destination: Destination, random: Random): Promise<Composed> {
    const { options } = this;
    const context = { ...this.around.context, random };
    const { provider } = source;
    const deliveryId = newDeliveryId(provider, context);
    const plain = plainRequest(source, destination, { options, context, deliveryId });
    for (const [name, value] of plain.headers) requireFieldValue(name, value);
    const mark = source.isBare === true ? undefined : provider.retryMark;
    const plainAgain = (retry?: RetryOf) =>
      retry === undefined ? plain : replaceHeaders(markedRetry(plain, mark, retry), options.header);
    if (options.unsigned === true || provider.schemes.length === 0)
      return { request: plain, signer: undefined, again: plainAgain };
    const { credentials, settings } = await this.known(provider.name);
    const signer = signerFor({
      provider,
      schemeName: options.scheme,
      request: plain,
      credentials,
      otherwise: "--unsigned",
    });
    refuseUnnoticeable(signer.scheme, { tamper: options.tamper, stale: options.stale !== undefined });
    const used = options.tamper === "secret" ? withWrongSecret(signer, context.random) : signer;
    const signedUrl = options.url ?? publicUrlOf(destination, plain);
    const signed = (unsigned: OutgoingRequest) => this.signed(unsigned, used, { deliveryId, settings, signedUrl });
    return {
      request: signed(plain),
      signer: { ...signer, settings },
      again: (retry) => signed(plainAgain(retry)),
    };
  }

  private signed(
    plain: OutgoingRequest,
    signer: Signer,
    facts: Pick<SigningFacts, "deliveryId" | "settings" | "signedUrl">,
  ): OutgoingRequest {
    const { timestamp, stale = 0, tamper, header } = this.options;
    const now = this.around.context.now() - stale;
    const signed = sign(plain, signer, { ...facts, now, timestamp });
    for (const [name, value] of signed.headers) requireFieldValue(name, value);
    return replaceHeaders(tampered(signed, signer.scheme, tamper), header);
  }

  private async readKnown(provider: string) {
    const credentials = await knownCredentials(this.options, provider, this.around);
    return { credentials, settings: await settingsOf(this.options, this.around) };
  }
}

/** What a provider would sign for a listener with a public URL. */
export function publicUrlOf({ publicUrl }: Destination, { path }: OutgoingRequest): string | undefined {
  return publicUrl === undefined ? undefined : publicUrl.replace(/\/+$/, "") + path;
}

function refuseContradictions({ unsigned, tamper, stale, timestamp }: SendOptions): void {
  if (unsigned === true && (tamper !== undefined || stale !== undefined)) {
    throw new CliError("--unsigned leaves nothing to tamper with", {
      hint: "leave out --unsigned, or --tamper and --stale",
    });
  }
  if (stale !== undefined && timestamp !== undefined) throw new CliError("--stale and --timestamp exclude each other");
}

function plainRequest(
  { provider, eventType, body, contentType, path: asked = "/", isBare = false }: Source,
  destination: Destination,
  by: { options: SendOptions; context: Context; deliveryId: string },
): OutgoingRequest {
  const { options, context, deliveryId } = by;
  const method = options.method.toUpperCase();
  const { path, url } = placeAt(destination.target, asked);
  const said = describeEvent({ method, path, headers: [], body }, provider);
  const own = outgoingHeaders({
    provider,
    eventType: eventType ?? said.eventType ?? undefined,
    eventId: said.providerEventId ?? newUuid(context.random),
    deliveryId,
    now: context.now(),
    body,
    contentType,
  });
  const headers = isBare ? [] : own;
  return replaceHeaders(
    { method, path, url, headers: [["Host", calledHost(destination)], ...headers], body },
    options.header,
  );
}
