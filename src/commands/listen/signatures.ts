import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import type { SignatureNote } from "../../events/event.js";
import type { Output } from "../../output/output.js";
import { findProvider, type Provider } from "../../providers/index.js";
import { noteOf, verifyProvider } from "../../providers/verify.js";
import { signsUrl } from "../../signatures/content.js";
import type { SignedRequest } from "../../signatures/request.js";
import type { Settings } from "../../signatures/request.js";
import type { Verdict } from "../../signatures/verdict.js";
import { knownCredentials, type Credentials } from "../verify/credentials.js";

/** What the checker needs. */
export interface SignatureParts {
  readonly context: Context;
  readonly output: Output;
  readonly config: Config;
  readonly secretFlags: readonly string[];
  readonly keyFlags: readonly string[];
  /** Values configured at the provider. */
  readonly settings?: Settings;
}

/** The outcome for one request. */
export interface Checked {
  readonly note: SignatureNote;
  /** `undefined`: nothing could be checked. */
  readonly verdict: Verdict | undefined;
}

const UNCHECKED: Checked = { note: { status: "unchecked" }, verdict: undefined };

/** Checks signatures with the secrets that are known, which are looked up once for each provider. */
export class SignatureChecker {
  private readonly parts: SignatureParts;
  private readonly known = new Map<string, Promise<Credentials>>();
  private readonly troubled = new Set<string>();

  constructor(parts: SignatureParts) {
    this.parts = parts;
  }

  /** Reads the secrets of a provider now, so that a wrong flag ends the command at its start. Throws CliError. */
  async prepare(provider: string | undefined): Promise<boolean> {
    const { secrets, keys } = await this.credentials(provider ?? "generic");
    return secrets.length + keys.length > 0;
  }

  /**
   * The verdict on a request by the rules of `providerName`. `urls`: the URLs that the provider may have called, best guess
   * first. Unchecked when no secret is known.
   */
  async check(providerName: string, request: SignedRequest, urls: readonly string[]): Promise<Checked> {
    const provider = findProvider(providerName, this.parts.config.ownProviders);
    if (provider === undefined) return UNCHECKED;
    if (provider.schemes.length === 0)
      return { note: { status: "not_checkable", provider: provider.name }, verdict: undefined };
    try {
      const credentials = await this.credentials(provider.name);
      if (credentials.secrets.length + credentials.keys.length === 0) return UNCHECKED;
      return this.judge(provider, credentials, { request, urls });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      this.tellOnce(provider.name, error);
      return { note: { status: "not_checkable", provider: provider.name }, verdict: undefined };
    }
  }

  private judge(
    provider: Provider,
    credentials: Credentials,
    { request, urls }: { request: SignedRequest; urls: readonly string[] },
  ): Checked {
    const now = this.parts.context.now();
    let verdict: Verdict | undefined;
    for (const url of urls.length === 0 ? [undefined] : urls) {
      verdict = verifyProvider({
        provider,
        request: url === undefined ? request : { ...request, url },
        ...credentials,
        now,
        settings: this.parts.settings,
      });
      if (
        verdict.valid ||
        verdict.reason !== "signature_mismatch" ||
        !provider.schemes.some(({ content }) => signsUrl(content))
      )
        break;
    }
    return verdict === undefined ? UNCHECKED : { note: noteOf(verdict, provider), verdict };
  }

  /** With flags the credentials are the same for every provider; standard input can be read only once. */
  credentials(provider: string): Promise<Credentials> {
    const { secretFlags, keyFlags } = this.parts;
    const key = secretFlags.length + keyFlags.length > 0 ? "" : provider;
    let credentials = this.known.get(key);
    if (credentials === undefined) {
      credentials = knownCredentials({ secret: secretFlags, key: keyFlags }, provider, this.parts);
      this.known.set(key, credentials);
    }
    return credentials;
  }

  /** A malformed secret is the user's to mend, and is told once; the events go on. */
  private tellOnce(provider: string, error: CliError): void {
    if (this.troubled.has(provider)) return;
    this.troubled.add(provider);
    this.parts.output.warn(`${provider} signatures cannot be checked: ${error.message}`);
  }
}
