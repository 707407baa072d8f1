import type { Attempt, EventState, ImportedEvent, NewEvent } from "../events/event.js";
import type { Background, Claim, Claimed, DeliveryEnd, Lease, StateAfterDelivery } from "./delivery.js";
import type { Appended, AttemptEnd, AttemptStart, ListenerRow, StoreFault } from "./store.js";

/** Header lists cross to the writer, and lie in the store, as the JSON text of their pairs. */
type Packed<T, Keys extends keyof T> = Omit<T, Keys> & { readonly [Key in Keys]: string };

/** An event on its way to the writer. */
export type PackedEvent = Packed<NewEvent, "headers" | "trailers">;

/** An event from elsewhere on its way to the writer. */
export type PackedImport = Packed<Omit<ImportedEvent, "attempts">, "headers" | "trailers"> & {
  readonly attempts: readonly Packed<Attempt, "headers">[];
};

/** The end of an attempt on its way to the writer. */
export type PackedEnd = Packed<AttemptEnd, "headers">;
export type PackedDeliveryEnd = Omit<DeliveryEnd, "end"> & { readonly end: PackedEnd };

/** Every write that the writer knows. */
export type Operation =
  | {
      readonly kind: "append";
      readonly event: PackedEvent;
      readonly attempt: AttemptStart | undefined;
      readonly background: Background | undefined;
    }
  | { readonly kind: "startAttempt"; readonly eventId: string; readonly start: AttemptStart }
  | {
      readonly kind: "endAttempt";
      readonly eventId: string;
      readonly n: number;
      readonly end: PackedEnd;
      readonly state: EventState | undefined;
    }
  | { readonly kind: "endDelivery"; readonly end: PackedDeliveryEnd }
  | { readonly kind: "claim"; readonly claim: Claim }
  | { readonly kind: "renewLease"; readonly lease: Lease }
  | { readonly kind: "releaseLease"; readonly owner: string }
  | { readonly kind: "interrupt"; readonly seqs: readonly number[] }
  | { readonly kind: "saveListener"; readonly row: ListenerRow }
  | { readonly kind: "removeListener"; readonly pid: number }
  | { readonly kind: "import"; readonly event: PackedImport }
  | { readonly kind: "remove"; readonly seqs: readonly number[]; readonly spareUndelivered: boolean }
  | { readonly kind: "shrink" };

/** Writes that wait for all others, and do in one transaction no more than a slice has time for. */
export function isBulk({ kind }: Operation): boolean {
  return kind === "import" || kind === "remove" || kind === "shrink";
}

/** The bytes that a write brings, roughly: bodies and headers. In queues and transactions it counts by them. */
export function weightOf(operation: Operation): number {
  if (operation.kind === "endAttempt") return weightOfMessage(operation.end);
  if (operation.kind === "endDelivery") return weightOfMessage(operation.end.end);
  if (operation.kind !== "append" && operation.kind !== "import") return 0;
  const { event } = operation;
  const attempts = operation.kind === "import" ? operation.event.attempts : [];
  return attempts.reduce((sum, attempt) => sum + weightOfMessage(attempt), weightOfMessage(event));
}

function weightOfMessage({ headers, body }: { readonly headers: string; readonly body: Uint8Array }): number {
  return headers.length + body.byteLength;
}

/** What a write resolves to, by its kind. */
export interface Results {
  readonly append: Appended;
  readonly startAttempt: number;
  readonly endAttempt: null;
  readonly endDelivery: StateAfterDelivery;
  readonly claim: Claimed;
  readonly renewLease: null;
  readonly releaseLease: null;
  /** How many events it was. */
  readonly interrupt: number;
  readonly saveListener: null;
  readonly removeListener: null;
  /** `null`: its id is there already. */
  readonly import: number | null;
  /** Of the numbers given the first `handled` are done; `removed` of them were there. */
  readonly remove: { readonly handled: number; readonly removed: number };
  /** Pages given back, and whether there are more. */
  readonly shrink: { readonly pages: number; readonly more: boolean };
}

export type Result = Results[Operation["kind"]];

/** A write with the number that its outcome comes back under. */
export interface Numbered {
  readonly id: number;
  readonly operation: Operation;
}

/** A {@link StoreError} on its way between threads. */
export interface PackedError {
  readonly fault: StoreFault;
  readonly message: string;
  readonly hint: string | undefined;
}

/** How one write ended: committed and on disk, or not in the store at all. */
export type Outcome =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly error: PackedError };

/** To the writer. */
export type ToWriter =
  | { readonly kind: "write"; readonly operations: readonly Numbered[] }
  | { readonly kind: "close" };

/** From the writer. */
export type FromWriter =
  | { readonly kind: "open" }
  | { readonly kind: "failed"; readonly error: PackedError }
  | { readonly kind: "outcomes"; readonly outcomes: readonly Outcome[] }
  | { readonly kind: "closed" };

/** What a writer thread is started with. */
export interface WriterData {
  readonly path: string;
  /** How long a batch waits for a lock that another process holds. */
  readonly busyTimeoutMs: number;
  /** For a test's own writer entry; the real one ignores it. */
  readonly faults?: unknown;
}
