import { CliError } from "../errors.js";
import { signatureBytes } from "./algorithm.js";
import { configuredValues, signsUrl } from "./content.js";
import type { Settings } from "./request.js";
import type { ContentPart, Scheme } from "./scheme.js";

/** What every call asks of a scheme, worked out once for each. */
export interface Plan {
  /** Names of the values configured at the provider that are signed. */
  readonly settings: readonly string[];
  /** The URL, or one of its spellings, is signed. */
  readonly signsUrl: boolean;
  /** Nothing is signed but the body as it is, and what the signature's own headers say. */
  readonly isPlain: boolean;
  /**
   * The digits of a signature, where a right one is told by its text: for MACs, whose encodings have one spelling for each
   * value.
   */
  readonly digits: number | undefined;
}

const PLANS = new WeakMap<Scheme, Plan>();

/** The plan of a scheme. */
export function planOf(scheme: Scheme): Plan {
  const known = PLANS.get(scheme);
  if (known !== undefined) return known;
  const plan = makePlan(scheme);
  PLANS.set(scheme, plan);
  return plan;
}

/** Refuses to go on without a value that the user has configured at the provider, and that is signed. @throws CliError */
export function demandSettings(scheme: Scheme, settings: Settings): void {
  for (const name of planOf(scheme).settings) {
    if (Object.hasOwn(settings, name)) continue;
    throw new CliError(`${scheme.name} signs ${name}, which is configured at the provider, and it is not known`, {
      hint: `pass --setting ${name}=VALUE`,
    });
  }
}

const PLAIN_PARTS: ReadonlySet<ContentPart["part"]> = new Set(["body", "timestamp", "id", "literal"]);

function makePlan(scheme: Scheme): Plan {
  const { algorithm, content, timestamp } = scheme;
  const isInRequest =
    timestamp !== undefined && timestamp.from.kind !== "header" && timestamp.from.kind !== "signature";
  return {
    settings: configuredValues(scheme),
    signsUrl: signsUrl(content) || scheme.urlForms !== undefined,
    isPlain: algorithm.family !== "jwt" && !isInRequest && content.every(({ part }) => PLAIN_PARTS.has(part)),
    digits: digitsOf(scheme),
  };
}

function digitsOf(scheme: Scheme): number | undefined {
  const { algorithm, encoding, secret } = scheme;
  if (secret.kind === "key" || encoding === "text") return undefined;
  if (algorithm.family !== "hash" && (algorithm.family !== "hmac" || algorithm.bits !== undefined)) return undefined;
  const bytes = signatureBytes(algorithm) ?? 0;
  if (encoding === "base64") return Math.ceil(bytes / 3) * 4;
  return encoding === "base64url" ? Math.ceil((bytes * 4) / 3) : bytes * 2;
}
