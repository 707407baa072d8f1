import type { SignatureNote } from "../events/event.js";
import type { SignedRequest, VerifyOptions } from "../signatures/request.js";
import type { Scheme } from "../signatures/scheme.js";
import { verifyRequest } from "../signatures/verify.js";
import { findHeader } from "../signatures/spelling.js";
import type { InvalidVerdict, Verdict } from "../signatures/verdict.js";
import { otherSigners } from "./detect.js";
import { selectScheme } from "./select.js";
import type { Provider } from "./provider.js";

/** As {@link VerifyOptions}, with a provider in place of the scheme. */
export interface ProviderVerifyOptions extends Omit<VerifyOptions, "scheme"> {
  readonly provider: Provider;
  /** Name or label of one of the provider's schemes; needed for weak ones. */
  readonly schemeName?: string | undefined;
}

/**
 * Checks a request's signature by a provider's rules: picks the scheme that fits request and credentials, and says more
 * exactly what is wrong when the signature's header is missing.
 *
 * @throws CliError as `verifyRequest`, and when the provider signs nothing or has no scheme of that name
 */
export function verifyProvider(options: ProviderVerifyOptions): Verdict {
  const { provider, request, schemeName: name, secrets = [], keys = [] } = options;
  const { bodyText, now, tolerance, settings } = options;
  const scheme = selectScheme({ provider, name, purpose: "verify", request, secrets, keys });
  const verdict = verifyRequest({ scheme, request, bodyText, secrets, keys, now, tolerance, settings });
  return verdict.valid || verdict.reason !== "missing_header"
    ? verdict
    : missingHeader(verdict, { provider, scheme, request });
}

/** A verdict as it is kept with an event; `undefined`: nothing could be checked. */
export function noteOf(verdict: Verdict | undefined, provider: Provider): SignatureNote {
  if (verdict === undefined) return { status: "unchecked", provider: provider.name };
  const where = { provider: provider.name, scheme: verdict.scheme };
  if (verdict.valid) return { status: "valid", ...where, secretIndex: verdict.secretIndex };
  return { status: "invalid", reason: verdict.reason, ...where };
}

/** A missing header explained: a weaker signature is there, or another provider's. */
function missingHeader(
  verdict: InvalidVerdict,
  given: { provider: Provider; scheme: Scheme; request: SignedRequest },
): InvalidVerdict {
  const { provider, scheme, request } = given;
  if (hasSignature(scheme, request)) return verdict;
  const weak = provider.schemes.find(
    (other) => other.weak === true && other !== scheme && hasSignature(other, request),
  );
  if (weak !== undefined) {
    return {
      ...verdict,
      reason: "algorithm_not_allowed",
      message: `${verdict.message}; there is only the weaker ${weak.label} signature, which counts when asked for by name (${weak.name})`,
    };
  }
  const [stranger] = otherSigners(request.headers, provider);
  if (stranger === undefined) return verdict;
  return {
    ...verdict,
    reason: "wrong_header_for_provider",
    message: `${verdict.message}; ${stranger.evidence} is there, which is ${stranger.provider.title}'s`,
  };
}

function hasSignature(scheme: Scheme, { headers }: SignedRequest): boolean {
  return (
    scheme.signature.from === "header" && scheme.signature.names.some((name) => findHeader(headers, name).count > 0)
  );
}
