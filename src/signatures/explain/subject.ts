import type { HeaderList } from "../../events/headers.js";
import type { Key } from "../key.js";
import type { Settings, SignedRequest } from "../request.js";
import type { Scheme } from "../scheme.js";

/** A scheme under the name that a person knows it by. */
export interface OtherScheme {
  readonly provider: string;
  readonly scheme: Scheme;
}

/** What a search is about; what the families make their faults from. */
export interface Subject {
  readonly scheme: Scheme;
  readonly request: SignedRequest;
  readonly secrets: readonly Uint8Array[];
  readonly keys: readonly Key[];
  readonly settings: Settings;
  readonly others: readonly OtherScheme[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The names, in lower case, of the headers that may carry a scheme's signature. */
export function signatureHeaderNames({ signature }: Scheme): ReadonlySet<string> {
  if (signature.from !== "header") return new Set();
  return new Set([...signature.names, ...(signature.more ?? [])].map((name) => name.toLowerCase()));
}

/** Those headers as they came. */
export function signatureHeaders(scheme: Scheme, headers: HeaderList): HeaderList {
  const names = signatureHeaderNames(scheme);
  return headers.filter(([name]) => names.has(name.toLowerCase()));
}
