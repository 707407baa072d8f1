import { CliError } from "../../errors.js";
import { detectProvider } from "../../providers/detect.js";
import { providerNamed, providers } from "../../providers/index.js";
import { nearest } from "../../providers/nearest.js";
import type { Provider } from "../../providers/provider.js";
import { genericScheme, type GenericOptions } from "../../signatures/generic.js";
import { RAW_ALGORITHMS } from "../../signatures/raw.js";
import type { SignatureInput } from "./input.js";
import type { SignatureOptions } from "./options.js";

/** A provider, the scheme of it that was asked for, and how it was found. */
export interface Choice {
  readonly provider: Provider;
  /** Name or label of the scheme asked for; else the one that fits. */
  readonly schemeName: string | undefined;
  /** What of the request the provider was found by, when nobody named it. */
  readonly evidence: string | undefined;
}

/** What the config says of providers. */
export interface KnownHere {
  /** The provider of requests that nothing tells of. */
  readonly fallback: string | undefined;
  /** Rows that the user has defined. */
  readonly own: readonly Provider[];
}

type ChoiceOptions = Pick<
  SignatureOptions,
  "provider" | "scheme" | "signatureHeader" | "signaturePrefix" | "hash" | "encoding"
>;

/**
 * The provider that the options name, else the one whose headers or body these are, else the one known here, else generic.
 * Throws CliError 2 for unknown names, for several providers' headers, and for a provider that signs nothing.
 */
export function chooseProvider(
  options: ChoiceOptions,
  { headers, body }: Pick<SignatureInput, "headers" | "body">,
  { fallback, own }: KnownHere,
): Choice {
  if (options.provider !== undefined) return chosen(providerNamed(options.provider, own), options);
  if (options.scheme !== undefined) return chosen(providerOfScheme(options.scheme, own), options);
  const detected = detectProvider({ headers, body }, own);
  if (detected.kind === "one") return chosen(detected.provider, options, detected.evidence);
  if (detected.kind === "none") return chosen(providerNamed(fallback ?? "generic", own), options);
  const names = detected.providers.map((provider) => provider.name);
  throw new CliError(`the request fits several providers: ${names.join(", ")}`, {
    hint: `say which: --provider ${names[0] ?? ""}`,
  });
}

function chosen(provider: Provider, options: ChoiceOptions, evidence?: string): Choice {
  if (provider.schemes.length === 0) throw new NotCheckable(provider);
  if (provider.name !== "generic") return { provider, schemeName: options.scheme, evidence };
  return {
    provider: { ...provider, schemes: [genericScheme(genericOptions(options))] },
    schemeName: undefined,
    evidence: undefined,
  };
}

/** A provider that signs nothing: its events are neither valid nor invalid. */
export class NotCheckable extends CliError {
  readonly code = "not_checkable";

  constructor(provider: Provider) {
    super(`${provider.title} signs nothing: there is no signature to check`);
  }
}

function genericOptions({ signatureHeader, signaturePrefix, hash, encoding }: ChoiceOptions): GenericOptions {
  return {
    ...(signatureHeader === undefined ? {} : { header: signatureHeader }),
    ...(signaturePrefix === undefined ? {} : { prefix: signaturePrefix }),
    ...(hash === undefined ? {} : { hash }),
    ...(encoding === undefined ? {} : { encoding }),
  };
}

function providerOfScheme(name: string, own: readonly Provider[]): Provider {
  const wanted = name.toLowerCase();
  const rows = [...own, ...providers];
  const provider = rows.find(({ schemes }) => schemes.some((scheme) => scheme.name === wanted));
  if (provider !== undefined) return provider;
  const known = [...RAW_ALGORITHMS.keys(), ...rows.flatMap(({ schemes }) => schemes.map((scheme) => scheme.name))];
  const like = nearest(wanted, known, 2);
  throw new CliError(`unknown scheme: ${name}`, {
    hint:
      like.length > 0
        ? `did you mean ${like.join(" or ")}?`
        : `raw schemes are ${[...RAW_ALGORITHMS.keys()].slice(0, 4).join(", ")} ...; a provider's need --provider, or their whole name`,
  });
}
