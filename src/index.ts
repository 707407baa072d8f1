/**
 * The library: `import { sign, verify, explain, providers } from "hookcli"`.
 *
 * Pure functions over bytes: no files, no network, no clock. A wrong signature is a value with a reason; misuse (an empty
 * secret, an unknown provider, a URL that is signed and not given) throws a {@link CliError}.
 */
import { CliError } from "./errors.js";
import type { HeaderList } from "./events/headers.js";
import { headerList, type HeadersInput } from "./events/headers-input.js";
import { providerNamed, providers } from "./providers/index.js";
import { compileProvider } from "./providers/own/compile.js";
import { selectScheme } from "./providers/select.js";
import type { Provider } from "./providers/provider.js";
import { verifyProvider } from "./providers/verify.js";
import { explain as explainRequest } from "./signatures/explain.js";
import type { Explanation } from "./signatures/explanation.js";
import { parseKeys } from "./signatures/key-set.js";
import type { Key } from "./signatures/key.js";
import type { Settings, SignatureParts, SignedRequest, Tolerance } from "./signatures/request.js";
import type { Scheme } from "./signatures/scheme.js";
import { signRequest } from "./signatures/sign.js";
import { verifyRequest } from "./signatures/verify.js";
import type { Verdict } from "./signatures/verdict.js";

export { CliError } from "./errors.js";
export { SecretError } from "./signatures/secret.js";
export { genericScheme, type GenericOptions } from "./signatures/generic.js";
export { parseKeys } from "./signatures/key-set.js";
export { parseKey, type Key } from "./signatures/key.js";
export {
  REASON_CODES,
  type InvalidVerdict,
  type ReasonCode,
  type ValidVerdict,
  type Verdict,
} from "./signatures/verdict.js";
export type { HeaderList };
export type { HeadersInput } from "./events/headers-input.js";
export type { Provider } from "./providers/provider.js";
export type { Cause, Explanation, Fix } from "./signatures/explanation.js";
export type { Settings, SignatureParts, Tolerance } from "./signatures/request.js";
export type { Scheme } from "./signatures/scheme.js";
export { providers };

/** What all three functions take. */
export interface RequestOptions {
  /** Name, alias or row; `generic` when neither provider nor scheme is given. */
  readonly provider?: string | Provider;
  /** Name of one of the provider's schemes (`github-sha1`), or a scheme of your own. */
  readonly scheme?: string | Scheme;
  readonly headers?: HeadersInput;
  /** The exact bytes of the body; a string stands for its UTF-8. */
  readonly body: Uint8Array | string;
  /** `POST` when absent. */
  readonly method?: string;
  /** The public URL, for schemes that sign it. */
  readonly url?: string;
  /** Values configured at the provider, for schemes that sign them. */
  readonly settings?: Settings;
  /** Milliseconds since 1970; the library reads no clock: `Date.now()`. */
  readonly now: number;
}

type Text = string | Uint8Array;

export interface VerifyInput extends RequestOptions {
  /** One secret or several (rotation), as the provider shows them. */
  readonly secret?: Text | readonly Text[];
  /** One key or several: parsed, or PEM, JWK, hex, base64, `whpk_`. */
  readonly key?: Text | Key | readonly (Text | Key)[];
  /** Seconds both ways, 300 when absent; `"off"` leaves the time unchecked. */
  readonly tolerance?: Tolerance;
}

export interface SignInput extends RequestOptions {
  readonly secret?: Text;
  /** A private key. */
  readonly key?: Text | Key;
  /** The delivery id, for schemes that sign one. */
  readonly id?: string;
  /** The timestamp's text, in place of `now`. */
  readonly timestamp?: string;
}

/**
 * A provider of your own, from the definition that `providers` in a config takes: what `provider` is given in the other functions.
 *
 * @throws CliError that says what is wrong, and where: `content: unknown part {bdoy}`
 */
export function defineProvider(name: string, definition: Readonly<Record<string, unknown>>): Provider {
  return compileProvider(name, definition);
}

/** Checks a signature. */
export function verify(input: VerifyInput): Verdict {
  const { scheme, now, tolerance, settings } = input;
  const request = requestOf(input);
  const bodyText = textOf(input.body);
  const { secrets, keys } = credentialsOf(input);
  if (typeof scheme === "object")
    return verifyRequest({ scheme, request, bodyText, secrets, keys, now, tolerance, settings });
  const provider = providerOf(input);
  return verifyProvider({ provider, schemeName: scheme, request, bodyText, secrets, keys, now, tolerance, settings });
}

/** Makes the headers (and for some schemes the URL) that the provider would send. */
export function sign(input: SignInput): SignatureParts {
  const request = requestOf(input);
  const { secrets, keys } = credentialsOf(input);
  const scheme = schemeOf(input, { purpose: "sign", request, secrets, keys });
  const [secret] = secrets;
  const [key] = keys;
  return signRequest({
    scheme,
    request,
    bodyText: textOf(input.body),
    now: input.now,
    ...(secret === undefined ? {} : { secret }),
    ...(key === undefined ? {} : { key }),
    ...(input.id === undefined ? {} : { id: input.id }),
    ...(input.timestamp === undefined ? {} : { timestamp: input.timestamp }),
    ...settingsOf(input),
  });
}

/** Says why a signature does not match, and how to mend it. */
export function explain(input: VerifyInput): Explanation {
  const request = requestOf(input);
  const { secrets, keys } = credentialsOf(input);
  const scheme = schemeOf(input, { purpose: "verify", request, secrets, keys });
  const others = providers.flatMap((provider) =>
    provider.schemes.filter((other) => other !== scheme).map((other) => ({ provider: provider.name, scheme: other })),
  );
  const { now, tolerance } = input;
  return explainRequest({ scheme, request, secrets, keys, now, tolerance, others, ...settingsOf(input) });
}

function schemeOf(
  input: RequestOptions,
  question: {
    purpose: "sign" | "verify";
    request: SignedRequest;
    secrets: readonly Uint8Array[];
    keys: readonly Key[];
  },
): Scheme {
  return typeof input.scheme === "object"
    ? input.scheme
    : selectScheme({ ...question, provider: providerOf(input), name: input.scheme });
}

function providerOf({ provider = "generic" }: RequestOptions): Provider {
  return typeof provider === "object" ? provider : providerNamed(provider);
}

function requestOf(input: RequestOptions): SignedRequest {
  return new LazyRequest(input);
}

/** A body that was given as text becomes bytes where its bytes are asked for: most schemes sign it as it is. */
class LazyRequest implements SignedRequest {
  readonly headers: HeaderList;
  readonly method?: string;
  readonly url?: string;
  private readonly given: Text;
  private bytes: Uint8Array | undefined;

  constructor({ headers = [], body, method, url }: RequestOptions) {
    this.headers = headerList(headers);
    this.given = body;
    this.bytes = typeof body === "string" ? undefined : bytesOf(body);
    if (method !== undefined) this.method = method;
    if (url !== undefined) this.url = url;
  }

  get body(): Uint8Array {
    return (this.bytes ??= bytesOf(this.given));
  }
}

function textOf(body: Text): string | undefined {
  return typeof body === "string" ? body : undefined;
}

function credentialsOf({ secret, key }: Pick<VerifyInput, "secret" | "key">): { secrets: Uint8Array[]; keys: Key[] } {
  return {
    secrets: secret === undefined ? [] : listOf<Text>(secret).map(bytesOf),
    keys: key === undefined ? [] : listOf<Text | Key>(key).flatMap((one) => (isText(one) ? parseKeys(one) : [one])),
  };
}

function listOf<Item>(value: Item | readonly Item[]): readonly Item[] {
  return Array.isArray(value) ? (value as readonly Item[]) : [value as Item];
}

function isText(value: unknown): value is Text {
  return typeof value === "string" || value instanceof Uint8Array;
}

function settingsOf({ settings }: RequestOptions): { settings?: Settings } {
  return settings === undefined ? {} : { settings };
}

function bytesOf(text: Text): Uint8Array {
  if (!isText(text)) {
    throw new CliError("the body must be bytes or text, as it came over the wire", {
      hint: "a parsed body cannot be verified: keep the raw bytes, for example with express.raw()",
    });
  }
  return typeof text === "string" ? Buffer.from(text, "utf8") : text;
}
