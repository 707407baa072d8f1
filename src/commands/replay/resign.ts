import { CliError } from "../../errors.js";
import type { HookEvent } from "../../events/event.js";
import { detectProvider } from "../../providers/detect.js";
import { findProvider, type Provider } from "../../providers/index.js";
import { headerValue, withoutHeaders } from "../../events/headers.js";
import type { Settings } from "../../signatures/request.js";
import type { Verdict } from "../../signatures/verdict.js";
import type { OutgoingRequest } from "../delivery/request.js";
import { check, sign, signerFor, type Signer } from "../delivery/signing.js";
import type { Credentials } from "../verify/credentials.js";
import { newDeliveryId } from "../delivery/ids.js";
import type { Context } from "../../context.js";

/** How the signature of a replay came about. */
export interface Resigned {
  readonly request: OutgoingRequest;
  /** For people: what was done and why; `undefined`: the captured signature was kept, which needs no word. */
  readonly note: string | undefined;
  readonly signedAnew: boolean;
}

export interface ResignOptions {
  readonly context: Context;
  readonly credentials: Credentials;
  readonly settings: Settings;
  readonly schemeName: string | undefined;
  readonly signedUrl: string | undefined;
  readonly mode: "auto" | "verbatim" | "always";
  /** The body is not the captured one. */
  readonly changed: boolean;
}

/** The provider of a captured event, as it was recorded, else as its headers tell. */
export function providerOf(event: HookEvent, own: readonly Provider[]): Provider | undefined {
  const recorded = event.provider === null ? undefined : findProvider(event.provider, own);
  if (recorded !== undefined) return recorded;
  const detected = detectProvider(event, own);
  return detected.kind === "one" ? detected.provider : undefined;
}

/**
 * The replay's request with the signature that it should have. An old timestamp is renewed when the captured signature was
 * right under a secret known here; a changed body is signed anew; all else is left as it was captured.
 */
export function resign(
  event: HookEvent,
  request: OutgoingRequest,
  provider: Provider | undefined,
  options: ResignOptions,
): Resigned {
  const { mode, changed } = options;
  if (mode === "verbatim") return kept(request);
  if (mode === "auto" && !changed) return renewed(event, request, provider, options);
  if (provider === undefined) {
    if (mode === "auto") return { ...kept(request), note: "not signed: nothing tells who sent it" };
    throw new CliError("nothing tells who sent the event, so it cannot be signed", {
      hint: "send it as another event: hookcli send --data @body.json --provider NAME",
    });
  }
  const before = verdictOn(event, provider, options);
  const why = changed && mode === "auto" ? "the body was changed" : "as asked";
  const was =
    before !== undefined && !before.valid && before.reason !== "timestamp_too_old"
      ? `; it was invalid before (${before.reason})`
      : "";
  return signedAnew(request, { provider, options, reason: `${why}${was}` });
}

/** Signs anew only what was rightly signed and has grown too old since. */
function renewed(
  event: HookEvent,
  request: OutgoingRequest,
  provider: Provider | undefined,
  options: ResignOptions,
): Resigned {
  if (provider === undefined) return kept(request);
  const verdict = verdictOn(event, provider, options);
  if (verdict === undefined || verdict.valid) return kept(request);
  if (verdict.reason !== "timestamp_too_old" && verdict.reason !== "timestamp_in_future") return kept(request);
  const age = Math.abs(verdict.ageSeconds ?? 0);
  const reason = `the captured timestamp is ${age} s ${verdict.reason === "timestamp_too_old" ? "old" : "ahead"}`;
  const index = verdict.secretIndex ?? 0;
  return signedAnew(request, { provider, options, reason, index });
}

/** The verdict on the captured request. Its own URL is what was signed, where a URL is signed. */
function verdictOn(event: HookEvent, provider: Provider, options: ResignOptions): Verdict | undefined {
  const { context, credentials, settings, schemeName, signedUrl } = options;
  const { method, headers, body } = event;
  return check(
    { method, url: signedUrl ?? event.path, headers, body },
    { provider, schemeName, credentials, settings, now: context.now() },
  );
}

function signedAnew(
  request: OutgoingRequest,
  by: { provider: Provider; options: ResignOptions; reason: string; index?: number },
): Resigned {
  const { provider, options, reason, index = 0 } = by;
  const { context, settings, signedUrl } = options;
  const signer = signerFor({
    provider,
    schemeName: options.schemeName,
    request,
    credentials: options.credentials,
    otherwise: "--verbatim",
  });
  const chosen = withCredential(signer, options.credentials, index);
  const deliveryId = idOf(request, signer) ?? newDeliveryId(provider, context);
  const bare = { ...request, headers: withoutOtherSpellings(request, signer) };
  const signed = sign(bare, chosen, { now: context.now(), deliveryId, signedUrl, settings });
  return { request: signed, note: `signed anew with ${signer.scheme.name}: ${reason}`, signedAnew: true };
}

function withCredential(signer: Signer, { secrets, keys }: Credentials, index: number): Signer {
  const { provider, scheme } = signer;
  const key = keys[index];
  const secret = secrets[index];
  if (scheme.secret.kind === "key" && key !== undefined) return { provider, scheme, key };
  return secret === undefined ? signer : { provider, scheme, secret };
}

function idOf({ headers }: OutgoingRequest, { scheme }: Signer): string | undefined {
  return scheme.id?.map((name) => headerValue(headers, name)).find((value) => value !== undefined && value !== "");
}

/** Signing writes the first spelling of each header: signatures under another must not stay beside it. */
function withoutOtherSpellings({ headers }: OutgoingRequest, { scheme }: Signer) {
  const { signature, timestamp, id } = scheme;
  const names = [
    ...(signature.from === "header" ? [...signature.names.slice(1), ...(signature.more ?? [])] : []),
    ...(timestamp?.from.kind === "header" ? timestamp.from.names.slice(1) : []),
    ...(id?.slice(1) ?? []),
  ];
  return withoutHeaders(headers, names);
}

function kept(request: OutgoingRequest): Resigned {
  return { request, note: undefined, signedAnew: false };
}
