import { CliError } from "../errors.js";
import type { HeaderList } from "../events/headers.js";
import { makeSignature, type Credential } from "./algorithm.js";
import { bindUrl } from "./binding.js";
import { contentPieces, signsUrl, type ContentFacts } from "./content.js";
import { credentialsFor } from "./credentials.js";
import { encodeSignature } from "./encoding.js";
import { makeToken } from "./jwt.js";
import type { SignatureParts, SignOptions } from "./request.js";
import type { Scheme } from "./scheme.js";
import { SecretError } from "./secret.js";
import { writeSignatureText } from "./signature-text.js";
import { writeTimestamp } from "./timestamp.js";
import { requireUrl } from "./url.js";

export type { SignatureParts, SignOptions } from "./request.js";

/**
 * Signs a request as the provider would: the headers to add, and the URL where signing changes it.
 *
 * @throws SecretError (a CliError) when the secret or key is missing, empty, malformed, or public; CliError when the
 *   scheme signs an id or a URL that is not given, or puts the signature into the body
 */
export function signRequest(options: SignOptions): SignatureParts {
  const { scheme, now } = options;
  if (scheme.signature.from !== "header")
    throw new CliError(`${scheme.name} carries its signature in the body, which is not rewritten`);
  const credential = credentialOf(options);
  const timestamp =
    scheme.timestamp === undefined ? undefined : (options.timestamp ?? writeTimestamp(now, scheme.timestamp.unit));
  const url = urlToSign(options);
  const facts = factsOf(options, { credential, timestamp, url });
  const signature = signatureText(scheme, { credential, facts, now });
  const text = writeSignatureText({ signature, timestamp }, scheme.signature.parse);
  const headers = headersOf(scheme, { id: facts.id, timestamp, text });
  return url !== undefined && scheme.bindings !== undefined ? { headers, url } : { headers };
}

function signatureText(scheme: Scheme, given: { credential: Credential; facts: ContentFacts; now: number }): string {
  if (scheme.algorithm.family === "jwt") return makeToken(scheme.algorithm, given);
  const bytes = makeSignature(scheme.algorithm, given.credential, contentPieces(scheme.content, given.facts));
  return encodeSignature(bytes, scheme.encoding);
}

function factsOf(
  options: SignOptions,
  given: { credential: Credential; timestamp: string | undefined; url: string | undefined },
): ContentFacts {
  const { scheme, id } = options;
  if (scheme.id !== undefined && (id === undefined || id === ""))
    throw new CliError(`${scheme.name} signs a delivery id, and none is given`, { hint: "pass --id" });
  return {
    request: options.request,
    url: given.url,
    timestamp: given.timestamp,
    id,
    secret: "bytes" in given.credential ? given.credential.bytes : undefined,
    settings: options.settings ?? {},
  };
}

/** The URL with its bindings, for schemes that sign it. */
function urlToSign({ scheme, request }: SignOptions): string | undefined {
  const claims = scheme.algorithm.family === "jwt" ? scheme.algorithm.claims : [];
  const inClaims = claims.some((rule) => "content" in rule && signsUrl(rule.content));
  if (!inClaims && !signsUrl(scheme.content)) return undefined;
  return bindUrl(scheme.bindings ?? [], requireUrl(scheme.name, request.url, request.headers), request.body);
}

/** In the order id, timestamp, signature, as senders do. */
function headersOf(
  scheme: Scheme,
  { id, timestamp, text }: { id: string | undefined; timestamp: string | undefined; text: string },
): HeaderList {
  const headers: [string, string][] = [];
  if (scheme.id !== undefined && id !== undefined) headers.push([scheme.id[0], id]);
  if (scheme.timestamp?.from.kind === "header" && timestamp !== undefined)
    headers.push([scheme.timestamp.from.names[0], timestamp]);
  if (scheme.signature.from === "header") headers.push([scheme.signature.names[0], text]);
  return headers;
}

function credentialOf({ scheme, secret, key }: SignOptions): Credential {
  const [credential] = credentialsFor(scheme, secret === undefined ? [] : [secret], key === undefined ? [] : [key]);
  if (credential === undefined) throw new SecretError("missing", `nothing to sign ${scheme.name} with`);
  return credential;
}
