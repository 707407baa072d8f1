import { requireFieldValue } from "../../config/headers.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import { newUuid } from "../../events/id.js";
import { describeEvent } from "../../providers/describe.js";
import { outgoingHeaders } from "../../providers/outgoing.js";
import { newDeliveryId } from "../delivery/ids.js";
import { replaceHeaders, type OutgoingRequest } from "../delivery/request.js";
import { sign, signerFor, type Signer } from "../delivery/signing.js";
import { calledHost, placeAt, type Destination } from "../delivery/target.js";
import { refuseUnnoticeable, tampered, withWrongSecret } from "../delivery/trouble.js";
import type { SendOptions } from "../send.js";
import { knownCredentials } from "../verify/credentials.js";
import type { Surroundings } from "../verify/input.js";
import { settingsOf } from "../verify/settings.js";
import type { Source } from "./source.js";

/** The request of `send`, and who signed it. */
export interface Composed {
  readonly request: OutgoingRequest;
  /** `undefined`: it is not signed. */
  readonly signer: Signer | undefined;
}

/** Puts headers and signature on a body, and then makes wrong what was asked to be wrong. */
export async function compose(
  source: Source,
  destination: Destination,
  { options, ...around }: Surroundings & { readonly options: SendOptions },
): Promise<Composed> {
  refuseContradictions(options);
  const { context } = around;
  const deliveryId = newDeliveryId(source.provider, context);
  const plain = plainRequest(source, destination, { options, context, deliveryId });
  for (const [name, value] of plain.headers) requireFieldValue(name, value);
  if (options.unsigned === true || source.provider.schemes.length === 0) return { request: plain, signer: undefined };
  const credentials = await knownCredentials(options, source.provider.name, around);
  const signer = signerFor({
    provider: source.provider,
    schemeName: options.scheme,
    request: plain,
    credentials,
    otherwise: "--unsigned",
  });
  refuseUnnoticeable(signer.scheme, { tamper: options.tamper, stale: options.stale !== undefined });
  const settings = await settingsOf(options, around);
  const used = options.tamper === "secret" ? withWrongSecret(signer, context.random) : signer;
  const signed = sign(plain, used, {
    now: context.now() - (options.stale ?? 0),
    deliveryId,
    timestamp: options.timestamp,
    settings,
    signedUrl: options.url ?? publicUrlOf(destination, plain),
  });
  for (const [name, value] of signed.headers) requireFieldValue(name, value);
  return {
    request: replaceHeaders(tampered(signed, signer.scheme, options.tamper), options.header),
    signer: { ...signer, settings },
  };
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
