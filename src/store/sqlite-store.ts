import type { Attempt, HookEvent, ImportedEvent, NewEvent } from "../events/event.js";
import type { Selection } from "../events/selector.js";
import { packHeaders } from "./codec.js";
import type { Background, Claim, Claimed, DeliveryEnd, Lease, StateAfterDelivery } from "./delivery.js";
import { storeError } from "./faults.js";
import { weightOf, type Operation, type Results } from "./operations.js";
import { packImport } from "./pack.js";
import { processLives } from "./platform.js";
import type { Reader } from "./reader.js";
import { EMPTY_STATS } from "./stats.js";
import type { Appended, AttemptEnd, AttemptStart, Backlog, ListenerRow, Store, StoreStats } from "./store.js";
import type { Writer } from "./writer.js";

/** A listener whose heartbeat is older has hung or was stopped: it renews it every few seconds. */
const FRESH_MS = 15_000;
/** What a write weighs beside its body: headers, ids and the bookkeeping, roughly. */
const OVERHEAD_BYTES = 2048;
/** Events and bytes of an import that are on their way to the writer at a time: captures have room beside them. */
const IMPORTED_AT_ONCE = 500;
const IMPORTED_BYTES_AT_ONCE = 4 * 2 ** 20;
/** Numbers that go to the writer together; it does as many of them in one transaction as there is time for. */
const REMOVED_AT_ONCE = 1_000;
/** Events judged again in one transaction. */
const INTERRUPTED_AT_ONCE = 250;

type ImportOperation = Extract<Operation, { kind: "import" }>;

/** {@link Store} over one reader and one writer. Without a reader it is empty, without a writer it is for reading only. */
export class SqliteStore implements Store {
  readonly path: string;
  private readonly now: () => number;
  private reader: Reader | undefined;
  private readonly writer: Writer | undefined;
  private closed = false;

  constructor(parts: { path: string; now: () => number; reader: Reader | undefined; writer: Writer | undefined }) {
    this.path = parts.path;
    this.now = parts.now;
    this.reader = parts.reader;
    this.writer = parts.writer;
  }

  append(event: NewEvent, firstAttempt?: AttemptStart, background?: Background): Promise<Appended> {
    const packed = { ...event, headers: packHeaders(event.headers), trailers: packHeaders(event.trailers) };
    return this.write({ kind: "append", event: packed, attempt: firstAttempt, background });
  }

  startAttempt(eventId: string, start: AttemptStart): Promise<number> {
    return this.write({ kind: "startAttempt", eventId, start });
  }

  async endAttempt(eventId: string, n: number, end: AttemptEnd, state?: HookEvent["state"]): Promise<void> {
    const packed = { ...end, headers: packHeaders(end.headers) };
    await this.write({ kind: "endAttempt", eventId, n, end: packed, state });
  }

  endDelivery(delivery: DeliveryEnd): Promise<StateAfterDelivery> {
    const end = { ...delivery.end, headers: packHeaders(delivery.end.headers) };
    return this.write({ kind: "endDelivery", end: { ...delivery, end } });
  }

  claimDeliveries(claim: Claim): Promise<Claimed> {
    return this.write({ kind: "claim", claim });
  }

  async renewLease(lease: Lease): Promise<void> {
    await this.write({ kind: "renewLease", lease });
  }

  async releaseLease(owner: string): Promise<void> {
    await this.write({ kind: "releaseLease", owner });
  }

  backlog(project: string, target: string): number {
    return this.read()?.backlog(project, target) ?? 0;
  }

  backlogs(project?: string): readonly Backlog[] {
    const reader = this.read();
    const found = reader?.backlogs().filter((one) => project === undefined || one.project === project) ?? [];
    if (reader === undefined || found.length === 0) return [];
    const leased = reader.leased(this.now());
    const listeners = this.listeners();
    return found.map((one) => {
      const serves = ({ pid, ...row }: ListenerRow) =>
        row.project === one.project &&
        (leased.has(pid) || [row, ...row.routes].some(({ target }) => target === one.target));
      return { ...one, served: listeners.some(serves) };
    });
  }

  interrupted(project: string): readonly number[] {
    return this.read()?.interrupted(project) ?? [];
  }

  async interrupt(seqs: readonly number[]): Promise<number> {
    let marked = 0;
    for (let done = 0; done < seqs.length; done += INTERRUPTED_AT_ONCE) {
      marked += await this.write({ kind: "interrupt", seqs: seqs.slice(done, done + INTERRUPTED_AT_ONCE) });
    }
    return marked;
  }

  async importEvents(events: readonly ImportedEvent[]): Promise<readonly (number | null)[]> {
    const seqs: (number | null)[] = [];
    for (const part of parts(events)) {
      seqs.push(...(await Promise.all(part.map((operation) => this.writeWhenRoom(operation)))));
    }
    return seqs;
  }

  async remove(seqs: readonly number[], { spareUndelivered = false } = {}): Promise<number> {
    let removed = 0;
    for (let done = 0; done < seqs.length;) {
      const some = seqs.slice(done, done + REMOVED_AT_ONCE);
      const outcome = await this.writeWhenRoom({ kind: "remove", seqs: some, spareUndelivered });
      removed += outcome.removed;
      done += outcome.handled;
    }
    return removed;
  }

  async shrink(): Promise<number> {
    let pages = 0;
    for (let more = true; more;) {
      const outcome = await this.writeWhenRoom({ kind: "shrink" });
      pages += outcome.pages;
      more = outcome.more;
    }
    return pages * (this.read()?.pageBytes() ?? 0);
  }

  get(idOrSeq: string | number): HookEvent | undefined {
    return this.read()?.get(idOrSeq);
  }

  select(selection: Selection, options: { bodies?: boolean } = {}): Iterable<HookEvent> {
    return this.read()?.select(selection, options.bodies === true) ?? [];
  }

  seqs(selection: Selection): Iterable<number> {
    return this.read()?.seqs(selection) ?? [];
  }

  count(selection: Selection): number {
    return this.read()?.count(selection) ?? 0;
  }

  projects(): readonly string[] {
    return this.read()?.projects() ?? [];
  }

  room(): { readonly bytes: number; readonly freeBytes: number } {
    return this.read()?.room() ?? { bytes: 0, freeBytes: 0 };
  }

  stats(selection: Selection): StoreStats {
    return this.read()?.stats(selection) ?? EMPTY_STATS;
  }

  unindexed(): number {
    return this.read()?.unindexed() ?? 0;
  }

  changed(): boolean {
    return this.read()?.changed() ?? false;
  }

  attempts(eventId: string): readonly Attempt[] {
    return this.read()?.attempts(eventId) ?? [];
  }

  async saveListener(row: Omit<ListenerRow, "heartbeatAt">): Promise<void> {
    await this.write({ kind: "saveListener", row: { ...row, heartbeatAt: this.now() } });
  }

  async removeListener(pid: number): Promise<void> {
    await this.write({ kind: "removeListener", pid });
  }

  listeners(project?: string): readonly ListenerRow[] {
    const freshSince = this.now() - FRESH_MS;
    const rows = this.read()?.listeners() ?? [];
    return rows.filter(
      (row) =>
        (project === undefined || row.project === project) && row.heartbeatAt >= freshSince && processLives(row.pid),
    );
  }

  pending(): { readonly events: number; readonly bytes: number } {
    return this.writer?.pending() ?? { events: 0, bytes: 0 };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.reader?.close();
    this.reader = undefined;
    await this.writer?.close();
  }

  private read(): Reader | undefined {
    if (this.closed) throw storeError("closed", this.path);
    return this.reader;
  }

  private async writeWhenRoom<O extends Operation>(operation: O): Promise<Results[O["kind"]]> {
    return this.writable().writeWhenRoom(operation, weightOf(operation) + OVERHEAD_BYTES);
  }

  private async write<O extends Operation>(operation: O): Promise<Results[O["kind"]]> {
    return this.writable().write(operation, weightOf(operation) + OVERHEAD_BYTES);
  }

  private writable(): Writer {
    if (this.closed) throw storeError("closed", this.path);
    if (this.writer === undefined) throw storeError("readonly", this.path, "opened for reading only");
    return this.writer;
  }
}

/** The events, ready for the writer, in pieces, each of which may wait for its commit as a whole. */
function* parts(events: readonly ImportedEvent[]): Iterable<readonly ImportOperation[]> {
  let part: ImportOperation[] = [];
  let bytes = 0;
  for (const event of events) {
    const operation: ImportOperation = { kind: "import", event: packImport(event) };
    const weight = weightOf(operation);
    if (part.length > 0 && (part.length >= IMPORTED_AT_ONCE || bytes + weight > IMPORTED_BYTES_AT_ONCE)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(operation);
    bytes += weight;
  }
  if (part.length > 0) yield part;
}
