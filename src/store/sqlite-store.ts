import type { Attempt, HookEvent, NewEvent } from "../events/event.js";
import type { Selection } from "../events/selector.js";
import { packHeaders } from "./codec.js";
import { storeError } from "./faults.js";
import type { Operation, Results } from "./operations.js";
import { processLives } from "./platform.js";
import type { Reader } from "./reader.js";
import type { Appended, AttemptEnd, AttemptStart, ListenerRow, Store } from "./store.js";
import type { Writer } from "./writer.js";

/** A listener whose heartbeat is older has hung or was stopped: it renews it every few seconds. */
const FRESH_MS = 15_000;
/** What a write weighs beside its body: headers, ids and the bookkeeping, roughly. */
const OVERHEAD_BYTES = 2048;

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

  append(event: NewEvent, firstAttempt?: AttemptStart): Promise<Appended> {
    const packed = { ...event, headers: packHeaders(event.headers), trailers: packHeaders(event.trailers) };
    return this.write({ kind: "append", event: packed, attempt: firstAttempt }, event.body.byteLength);
  }

  startAttempt(eventId: string, start: AttemptStart): Promise<number> {
    return this.write({ kind: "startAttempt", eventId, start });
  }

  async endAttempt(eventId: string, n: number, end: AttemptEnd, state?: HookEvent["state"]): Promise<void> {
    const packed = { ...end, headers: packHeaders(end.headers) };
    await this.write({ kind: "endAttempt", eventId, n, end: packed, state }, end.body.byteLength);
  }

  get(idOrSeq: string | number): HookEvent | undefined {
    return this.read()?.get(idOrSeq);
  }

  select(selection: Selection, options: { bodies?: boolean } = {}): Iterable<HookEvent> {
    return this.read()?.select(selection, options.bodies === true) ?? [];
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

  private write<O extends Operation>(operation: O, bodyBytes = 0): Promise<Results[O["kind"]]> {
    if (this.closed) return Promise.reject(storeError("closed", this.path));
    if (this.writer === undefined) return Promise.reject(storeError("readonly", this.path, "opened for reading only"));
    return this.writer.write(operation, bodyBytes + OVERHEAD_BYTES);
  }
}
