import { headerValue } from "../events/headers.js";
import type { SignatureNote } from "../events/event.js";
import { CliError } from "../errors.js";
import { verify, type VerifyInput } from "../index.js";
import { findProvider, providerNamed, type Provider } from "../providers/index.js";
import { noteOf } from "../providers/verify.js";
import type { ReceivedRequest } from "../receive/receiver.js";
import { signsUrl } from "../signatures/content.js";
import type { Verdict } from "../signatures/verdict.js";
import { OptionsError } from "./options.js";

/** What signatures are checked with, as in `verify` of the library `hookcli`. */
export interface SignatureOptions extends Pick<VerifyInput, "secret" | "key" | "tolerance" | "settings"> {
  /** The provider whose rules hold; detected from the request when absent. */
  readonly provider?: string;
  /** The URL under which senders know the listener, for schemes that sign it. Default: as each request was addressed. */
  readonly publicUrl?: string;
  /** Answer 401 to what is not rightly signed. Such events are kept, with state `refused`. */
  readonly requireSignature?: boolean;
}

/** The outcome for one request. */
export interface Checked {
  readonly note: SignatureNote;
  /** `undefined`: nothing could be checked. */
  readonly verdict: Verdict | undefined;
}

const UNCHECKED: Checked = { note: { status: "unchecked" }, verdict: undefined };

/** Throws OptionsError for a provider that is not known, and for a secret or key that cannot be used with it. */
export function checkOptions(options: SignatureOptions): Provider | undefined {
  try {
    return checked(options);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = error.hint === undefined ? "" : `: ${error.hint}`;
    throw new OptionsError(`${error.message}${hint}`, { cause: error });
  }
}

function checked(options: SignatureOptions): Provider | undefined {
  const { requireSignature, tolerance } = options;
  const provider = options.provider === undefined ? undefined : providerNamed(options.provider);
  if (!hasCredentials(options)) {
    if (requireSignature === true) {
      throw new OptionsError("requireSignature needs a secret or a key: pass the one that your test signs with");
    }
    return provider;
  }
  if (provider === undefined || provider.schemes.length > 0) {
    const url = "http://localhost/";
    // Checked before any request is looked at: misuse throws, and a missing signature is a verdict.
    verify({
      ...credentialsOf(options),
      provider: provider ?? "generic",
      body: "",
      url,
      now: 0,
      ...given({ tolerance }),
    });
  }
  return provider;
}

/** Checks a request by the rules of `provider`, or by the generic ones where its headers ask for that. */
export function checkSignature(
  request: ReceivedRequest,
  provider: string | null,
  options: SignatureOptions & { readonly now: () => number },
): Checked {
  const row = findProvider(provider ?? (isGeneric(request) || options.requireSignature === true ? "generic" : ""));
  if (row === undefined || !hasCredentials(options)) return UNCHECKED;
  const cannot: Checked = { note: { status: "not_checkable", provider: row.name }, verdict: undefined };
  if (row.schemes.length === 0) return cannot;
  try {
    const verdict = verdictOf(request, row, options);
    return { note: noteOf(verdict, row), verdict };
  } catch (error) {
    // Another provider's secret is no secret for this one.
    if (error instanceof CliError) return cannot;
    throw error;
  }
}

/** The verdict for the first URL that fits, where one is signed; else for the last one tried. */
function verdictOf(
  request: ReceivedRequest,
  provider: Provider,
  options: SignatureOptions & { readonly now: () => number },
): Verdict {
  const { headers, body, method } = request;
  const { tolerance, settings } = options;
  const input = { ...credentialsOf(options), provider, headers, body, method, now: options.now() };
  const [first, ...others] = urlsOf(request, options.publicUrl);
  const check = (url: string) => verify({ ...input, url, ...given({ tolerance, settings }) });
  let verdict = check(first);
  if (!provider.schemes.some(({ content }) => signsUrl(content))) return verdict;
  for (const url of others) {
    if (verdict.valid || verdict.reason !== "signature_mismatch") break;
    verdict = check(url);
  }
  return verdict;
}

function urlsOf({ headers, path }: ReceivedRequest, publicUrl: string | undefined): [string, ...string[]] {
  const called = `http://${headerValue(headers, "host") ?? "localhost"}${path}`;
  return publicUrl === undefined ? [called] : [publicUrl.replace(/\/+$/, "") + path, called];
}

function credentialsOf({ secret, key }: SignatureOptions): Pick<VerifyInput, "secret" | "key"> {
  return given({ secret, key });
}

function hasCredentials({ secret, key }: SignatureOptions): boolean {
  return secret !== undefined || key !== undefined;
}

function isGeneric({ headers }: ReceivedRequest): boolean {
  return headerValue(headers, "x-signature") !== undefined;
}

type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** The values that are there. */
function given<Values extends object>(values: Values): Given<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<Values>;
}
