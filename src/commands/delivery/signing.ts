import { CliError } from "../../errors.js";
import { selectScheme } from "../../providers/select.js";
import { verifyProvider } from "../../providers/verify.js";
import type { Provider } from "../../providers/provider.js";
import type { Key } from "../../signatures/key.js";
import type { Scheme } from "../../signatures/scheme.js";
import { signRequest } from "../../signatures/sign.js";
import type { Settings, Tolerance } from "../../signatures/request.js";
import type { Verdict } from "../../signatures/verdict.js";
import { missingSecret, type Credentials } from "../verify/credentials.js";
import { atUrl, replaceHeaders, type OutgoingRequest } from "./request.js";

/** What a signature is made with. */
export interface Signer {
  readonly provider: Provider;
  readonly scheme: Scheme;
  readonly secret?: Uint8Array;
  readonly key?: Key;
  /** Values configured at the provider, for whoever checks what was signed. */
  readonly settings?: Settings;
}

/**
 * The scheme that fits the request and the credentials, and the first of those.
 *
 * @throws {CliError} when none is known: a request is never silently unsigned
 */
export function signerFor(options: {
  readonly provider: Provider;
  readonly schemeName: string | undefined;
  readonly request: OutgoingRequest;
  readonly credentials: Credentials;
  /** The flag with which the command goes on without signing. */
  readonly otherwise: string;
}): Signer {
  const { provider, schemeName: name, request, credentials, otherwise } = options;
  const scheme = selectScheme({ provider, name, purpose: "sign", request, ...credentials });
  const [secret] = credentials.secrets;
  const [key] = credentials.keys;
  if (scheme.secret.kind === "key") {
    if (key === undefined && secret === undefined) throw missingKey(provider, otherwise);
    return { provider, scheme, ...(key === undefined ? {} : { key }), ...(secret === undefined ? {} : { secret }) };
  }
  if (secret === undefined) {
    const { message, hint } = missingSecret(provider.name, { ownProviders: [provider] });
    throw new CliError(message, { hint: `${hint ?? ""}; or go on without: ${otherwise}` });
  }
  return { provider, scheme, secret };
}

function missingKey({ name }: Provider, otherwise: string): CliError {
  return new CliError(`no key is known to sign for ${name}`, {
    hint: `pass --key @private.pem (hookcli sign --new-key ${name} makes a pair), or ${otherwise}`,
  });
}

/** What a signature says beside the body. */
export interface SigningFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly deliveryId: string;
  /** The timestamp's text, in place of one made from `now`. */
  readonly timestamp?: string | undefined;
  /** The URL to sign, where it is not the one that the request goes to. */
  readonly signedUrl?: string | undefined;
  /** Values configured at the provider. */
  readonly settings?: Settings | undefined;
}

/** The request with its signature's headers, and with the URL that signing makes. */
export function sign(request: OutgoingRequest, { scheme, secret, key }: Signer, facts: SigningFacts): OutgoingRequest {
  const { now, deliveryId, timestamp, signedUrl, settings } = facts;
  const parts = signRequest({
    scheme,
    request: { method: request.method, url: signedUrl ?? request.url, headers: request.headers, body: request.body },
    ...(secret === undefined ? {} : { secret }),
    ...(key === undefined ? {} : { key }),
    now,
    settings,
    id: deliveryId,
    ...(timestamp === undefined ? {} : { timestamp }),
  });
  const headed = replaceHeaders(request, parts.headers);
  const signed = parts.body === undefined ? headed : { ...headed, body: parts.body };
  if (parts.url === undefined) return signed;
  return atUrl(signed, signedUrl === undefined ? parts.url : withQueryOf(request.url, parts.url));
}

/** The URL that a request goes to, with the query that signing another URL has made. */
function withQueryOf(url: string, signedUrl: string): string {
  const query = signedUrl.indexOf("?");
  return query === -1 ? url : url.replace(/\?.*$/s, "") + signedUrl.slice(query);
}

/** The verdict on a request by what is known here; `undefined` when nothing is, or nothing is signed. */
export function check(
  request: Pick<OutgoingRequest, "method" | "url" | "headers" | "body">,
  by: {
    provider: Provider;
    schemeName?: string | undefined;
    credentials: Credentials;
    now: number;
    tolerance?: Tolerance;
    settings?: Settings | undefined;
  },
): Verdict | undefined {
  const { provider, schemeName, credentials, now, tolerance, settings } = by;
  if (provider.schemes.length === 0 || credentials.secrets.length + credentials.keys.length === 0) return undefined;
  return verifyProvider({
    provider,
    schemeName,
    request,
    ...credentials,
    now,
    settings,
    ...(tolerance === undefined ? {} : { tolerance }),
  });
}
