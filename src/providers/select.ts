import { CliError } from "../errors.js";
import { looksLikeKey, parseKey, type Key } from "../signatures/key.js";
import type { SignedRequest } from "../signatures/request.js";
import { fieldAt, parseJsonBody, scalarText } from "../signatures/body.js";
import type { Condition, Scheme } from "../signatures/scheme.js";
import { findHeader } from "../signatures/spelling.js";
import { queryParameter } from "../signatures/url.js";
import type { Provider } from "./provider.js";

export interface SchemeQuestion {
  readonly provider: Provider;
  /** Name (`github-sha1`) or label (`sha1`) of the scheme wanted; the only way to a weak one. */
  readonly name?: string | undefined;
  readonly purpose: "verify" | "sign";
  readonly request: SignedRequest;
  readonly secrets: readonly Uint8Array[];
  readonly keys: readonly Key[];
}

/**
 * Which of a provider's schemes is meant: the one named; else of those that fit the credentials (a shared secret, or a key)
 * the first whose condition the request fulfils, else the first without a condition.
 *
 * @throws CliError when the provider signs nothing, or has no scheme of that name
 */
export function selectScheme(question: SchemeQuestion): Scheme {
  const { provider, name } = question;
  if (name !== undefined) return namedScheme(provider, name);
  const [only, another] = provider.schemes;
  if (only !== undefined && another === undefined && only.weak !== true) return only;
  const strong = provider.schemes.filter(({ weak }) => weak !== true);
  const fitting = strong.filter((scheme) => fitsCredentials(scheme, question));
  const candidates = fitting.length > 0 ? fitting : strong;
  const scheme =
    candidates.find((candidate) => isConditional(candidate) && fulfils(candidate, question)) ??
    candidates.find((candidate) => !isConditional(candidate)) ??
    candidates[0];
  if (scheme === undefined) throw new CliError(`${provider.title} does not sign its events`);
  return scheme;
}

function namedScheme(provider: Provider, name: string): Scheme {
  const wanted = name.toLowerCase();
  const scheme = provider.schemes.find((candidate) => candidate.name === wanted || candidate.label === wanted);
  if (scheme !== undefined) return scheme;
  throw new CliError(`${provider.name} has no scheme ${name}`, {
    hint: `it has ${provider.schemes.map((candidate) => candidate.name).join(", ")}`,
  });
}

/** Keys go with schemes that have keys. Without any credential every scheme fits. */
function fitsCredentials(scheme: Scheme, { secrets, keys }: SchemeQuestion): boolean {
  if (secrets.length === 0 && keys.length === 0) return true;
  const hasSecret = secrets.some((secret) => !looksLikeKey(secret));
  const { secret } = scheme;
  // A text without the prefix is a secret of the provider's other ways to sign.
  if (secret.kind === "prefixedBase64" && secret.without === "none")
    return secrets.some((bytes) => Buffer.from(bytes).toString("latin1").startsWith(secret.prefix));
  if (secret.kind !== "key") return hasSecret;
  return (
    keys.some((key) => isOfKind(scheme, key)) || secrets.some((text) => looksLikeKey(text) && fitsText(scheme, text))
  );
}

/** A key of the kind that the scheme's algorithm takes; a token's algorithms are its own. */
function isOfKind({ algorithm, secret }: Scheme, { type, curve }: Key): boolean {
  if (algorithm.family === "ecdsa") return curve === algorithm.curve;
  return secret.kind === "key" && type === secret.type;
}

/** What cannot be read as a key fits: whoever uses it says why. */
function fitsText(scheme: Scheme, text: Uint8Array): boolean {
  try {
    return isOfKind(scheme, parseKey(text));
  } catch {
    return true;
  }
}

function isConditional(scheme: Scheme): boolean {
  return scheme.only !== undefined || scheme.signsMediaType !== undefined;
}

function fulfils({ only, signsMediaType }: Scheme, { purpose, request }: SchemeQuestion): boolean {
  if (only !== undefined && (purpose === "verify" || only.in !== "query")) return holds(only, request);
  const type = findHeader(request.headers, "content-type");
  return purpose === "sign" && type.count === 1 && signsMediaType === mediaType(type.value);
}

function holds(condition: Condition, request: SignedRequest): boolean {
  if (condition.in === "query") return queryParameter(request.url, condition.name) !== undefined;
  if (condition.in === "bodyField")
    return scalarText(fieldAt(parseJsonBody(request.body), condition.path)) === condition.value;
  const found = findHeader(request.headers, condition.name);
  if (found.count !== 1) return false;
  if (condition.start !== undefined) return found.value.toLowerCase().startsWith(condition.start.toLowerCase());
  return condition.value === undefined || found.value === condition.value;
}

function mediaType(value: string): string | undefined {
  return value.split(";", 1)[0]?.trim().toLowerCase();
}
