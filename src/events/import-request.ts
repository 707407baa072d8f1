import type { Attempt, ImportedEvent } from "./event.js";
import type { HeaderList } from "./headers.js";

/** The forms that events come in from elsewhere. */
export const IMPORT_FORMS = ["ndjson", "har", "http", "stripe", "smee", "github"] as const;

export type ImportForm = (typeof IMPORT_FORMS)[number];

/** A request that another program has kept. What it means (provider, type, ids) is still to be told. */
export interface ForeignRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  /** Milliseconds since 1970; `null` when the file does not say. */
  readonly receivedAt: number | null;
  /** The provider's name, where the form tells it; else it is detected. */
  readonly provider?: string;
  /** How it was answered. */
  readonly attempts: readonly Attempt[];
  /** Why these may not be the bytes that were sent, in a sentence's part. */
  readonly lossy?: string;
}

/** One thing that was read: an event of ours, whole, or somebody else's request. */
export type Imported =
  | { readonly kind: "event"; readonly event: ImportedEvent }
  | { readonly kind: "request"; readonly form: ImportForm; readonly request: ForeignRequest };

/** What is kept of an answer's body. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** The path and query of a URL, raw; `/` when it has none. */
export function pathOfUrl(url: string): string {
  const rest = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  return rest.startsWith("/") || rest === "*" ? rest : `/${rest}`;
}

/** The list with a Content-Length that fits, where it has one that does not. */
export function withLength(headers: HeaderList, bytes: number): HeaderList {
  return headers.map(([name, value]) =>
    name.toLowerCase() === "content-length" ? [name, String(bytes)] : [name, value],
  );
}

/** A header's value that another program holds as text, as the bytes (latin1) it most likely was. */
export function headerText(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  return /^[\u0000-\u00ff]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}
