import { CliError } from "../errors.js";
import { withHeaders, type HeaderList } from "../events/headers.js";
import { makeSignature, writtenMac, type Credential } from "./algorithm.js";
import { bindUrl } from "./binding.js";
import { withBodyField, withFormField, withFormJson } from "./body-place.js";
import { contentPieces, signsUrl, type ContentFacts } from "./content.js";
import { credentialsFor } from "./credentials.js";
import { encodeSignature } from "./encoding.js";
import { makeToken } from "./jwt.js";
import { signMessage } from "./message-sign.js";
import { demandSettings, planOf } from "./plan.js";
import type { SignatureParts, SignedRequest, SignOptions } from "./request.js";
import type { Scheme, SignatureSource } from "./scheme.js";
import { SecretError } from "./secret.js";
import { writeSignatureText } from "./signature-text.js";
import { writeTimestamp } from "./timestamp.js";
import { requireUrl, withQueryParameter } from "./url.js";

export type { SignatureParts, SignOptions } from "./request.js";

/**
 * Signs a request as the provider would: the headers to add, and the URL where signing changes it.
 *
 * @throws SecretError (a CliError) when the secret or key is missing, empty, malformed, or public; CliError when the
 *   scheme signs an id, a URL or a configured value that is not given, or puts the signature into a body that has no place for it
 */
export function signRequest(options: SignOptions): SignatureParts {
  const { scheme, now, settings = {} } = options;
  demandSettings(scheme, settings);
  const credential = credentialOf(options);
  if (scheme.signature.parse.kind === "dictionary") return signMessage(options, scheme.signature.parse, credential);
  const timestamp =
    scheme.timestamp === undefined ? undefined : (options.timestamp ?? writeTimestamp(now, scheme.timestamp.unit));
  if (scheme.signature.from === "header" && planOf(scheme).isPlain)
    return signPlain(options, { credential, timestamp, source: scheme.signature });
  const request = { ...options.request, body: preparedBody(options, timestamp) };
  const url = urlToSign({ ...options, request }, timestamp);
  const known = { ...request, headers: withHeaders(request.headers, constantHeaders(scheme, options.id, timestamp)) };
  const facts = factsOf({ ...options, request: known }, { credential, timestamp, url });
  const signature = signatureText(scheme, { credential, facts, now });
  const keyId = "key" in credential ? credential.key.kid : undefined;
  const text = writeSignatureText({ signature, timestamp, keyId }, scheme.signature.parse);
  const body = placedBody(scheme.signature, request, text);
  return {
    headers: headersOf(scheme, { id: facts.id, timestamp, text }),
    ...placedUrl(options, url, text),
    ...(body === options.request.body ? {} : { body }),
  };
}

/** Signs what needs nothing of the request but its body as it is. */
function signPlain(
  options: SignOptions,
  given: {
    readonly credential: Credential;
    readonly timestamp: string | undefined;
    readonly source: Extract<SignatureSource, { readonly from: "header" }>;
  },
): SignatureParts {
  const { scheme, now, bodyText } = options;
  const { credential, timestamp, source } = given;
  const facts = { ...factsOf(options, { credential, timestamp, url: undefined }), text: bodyText };
  const signature = signatureText(scheme, { credential, facts, now });
  const keyId = "key" in credential ? credential.key.kid : undefined;
  const text = writeSignatureText({ signature, timestamp, keyId }, source.parse);
  return { headers: headersOf(scheme, { id: facts.id, timestamp, text }) };
}

/** The URL where signing changes it: by a fact in the query, or by the signature itself. */
function placedUrl({ scheme, request }: SignOptions, url: string | undefined, text: string): { url?: string } {
  const { signature } = scheme;
  if (signature.from === "query") {
    return {
      url: withQueryParameter(
        url ?? requireUrl(scheme.name, request.url, request.headers),
        signature.name,
        encodeURIComponent(text),
      ),
    };
  }
  return url !== undefined && scheme.bindings !== undefined ? { url } : {};
}

/** As long as any signature that replaces it, so that no text in front of it moves. */
const PLACEHOLDER = "0".repeat(32);

/** The body with the timestamp in it, where it stands there, and with a place for the signature where one is signed around. */
function preparedBody({ scheme, request }: SignOptions, timestamp: string | undefined): Uint8Array {
  const stamped = stampedBody(scheme, request, timestamp);
  const hole = scheme.content.find((part) => part.part === "bodyWithSecretAt");
  return hole === undefined ? stamped : withBodyField(stamped, hole.path, PLACEHOLDER);
}

function stampedBody({ timestamp: rule }: Scheme, request: SignedRequest, timestamp: string | undefined): Uint8Array {
  if (timestamp === undefined) return request.body;
  const { from } = rule ?? {};
  if (from?.kind === "formField") return withFormField(request, from.name, timestamp);
  if (from?.kind !== "bodyField") return request.body;
  return withBodyField(request.body, from.path, /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : timestamp);
}

/** The body with the signature in it, where it stands there. */
function placedBody(source: SignatureSource, request: SignedRequest, text: string): Uint8Array {
  if (source.from === "bodyField") return withBodyField(request.body, source.path, text);
  if (source.from !== "formField") return request.body;
  return source.path === undefined
    ? withFormField(request, source.name, text)
    : withFormJson(request, { name: source.name, path: source.path, value: text });
}

function signatureText(scheme: Scheme, given: { credential: Credential; facts: ContentFacts; now: number }): string {
  if (scheme.algorithm.family === "jwt") return makeToken(scheme.algorithm, given);
  const { algorithm, encoding } = scheme;
  if (
    (algorithm.family === "hmac" || algorithm.family === "hash") &&
    planOf(scheme).digits !== undefined &&
    encoding !== "text"
  ) {
    const { credential, facts } = given;
    return writtenMac(algorithm, { credential, pieces: contentPieces(scheme.content, facts) }, encoding);
  }
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

/** The URL with its bindings, and the time where it stands there, for schemes that sign it. */
function urlToSign({ scheme, request }: SignOptions, timestamp: string | undefined): string | undefined {
  const claims = scheme.algorithm.family === "jwt" ? scheme.algorithm.claims : [];
  const inClaims = claims.some((rule) => "content" in rule && signsUrl(rule.content));
  if (!inClaims && !signsUrl(scheme.content)) return undefined;
  const url = bindUrl(scheme.bindings ?? [], requireUrl(scheme.name, request.url, request.headers), request.body);
  const { from } = scheme.timestamp ?? {};
  return from?.kind === "query" && timestamp !== undefined ? withQueryParameter(url, from.name, timestamp) : url;
}

/** In the order id, timestamp, signature, as senders do. */
function headersOf(
  scheme: Scheme,
  { id, timestamp, text }: { id: string | undefined; timestamp: string | undefined; text: string },
): HeaderList {
  const own: HeaderList = scheme.signature.from === "header" ? [[scheme.signature.names[0], text]] : [];
  return [...stampHeaders(scheme, id, timestamp), ...own, ...(scheme.companions ?? [])];
}

/** The headers beside the signature, which it may cover. */
function constantHeaders(scheme: Scheme, id: string | undefined, timestamp: string | undefined): HeaderList {
  return [...stampHeaders(scheme, id, timestamp), ...(scheme.companions ?? [])];
}

function stampHeaders(scheme: Scheme, id: string | undefined, timestamp: string | undefined): HeaderList {
  const headers: [string, string][] = [];
  if (scheme.id !== undefined && id !== undefined) headers.push([scheme.id[0], id]);
  if (scheme.timestamp?.from.kind === "header" && timestamp !== undefined)
    headers.push([scheme.timestamp.from.names[0], timestamp]);
  return headers;
}

function credentialOf({ scheme, secret, key }: SignOptions): Credential {
  const [credential] = credentialsFor(scheme, secret === undefined ? [] : [secret], key === undefined ? [] : [key]);
  if (credential === undefined) throw new SecretError("missing", `nothing to sign ${scheme.name} with`);
  return credential;
}
