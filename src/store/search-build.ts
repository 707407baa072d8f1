import type { Database, Row } from "./driver.js";
import { ALL_GRAMS, GRAMS, GramSet } from "./search-grams.js";
import { packPages, SPAN, SPAN_BITS, writePages, type SegmentPage } from "./search-pages.js";
import { SEARCHED_COLUMNS, searchedTexts } from "./search-text.js";

/** Events read at a time: their bodies are in memory at once, none of them over 256 KiB. */
const STEP = 16;
/** Pairs of gram and event in one segment at most, but for a single event's: 4 MB, and some 20 ms to sort. */
const MAX_PAIRS = 2 ** 20;

const NEXT_EVENTS = `SELECT r.seq, ${SEARCHED_COLUMNS} FROM requests r LEFT JOIN bodies b ON b.seq = r.seq
  WHERE r.seq > ? ORDER BY r.seq LIMIT ${STEP}`;
const INDEXED = "SELECT coalesce(max(last), 0) AS seq FROM search_segments";
const NEWEST = "SELECT coalesce(max(seq), 0) AS seq FROM events";

/** What a slice of work came to: there is more, or nothing is to be done until more events have come. */
export type Progress = "more" | "idle";

/** How many numbers of events lie beyond the end of the index. */
export function unindexed(one: (sql: string) => Row | undefined): number {
  return Math.max(0, Number(one(NEWEST)?.["seq"]) - Number(one(INDEXED)?.["seq"]));
}

/** Whether there is something to do: a segment can be filled. */
export function isIndexBehind(db: Database): boolean {
  return unindexed((sql) => db.prepare(sql).get()) >= SPAN;
}

/** The work of one segment, each step in a slice of its own: read its events, sort what they have, pack it, write it. */
type Step = () => Step | undefined;

interface Draft {
  /** What was indexed when it was begun. */
  readonly after: number;
  first: number;
  last: number;
  events: number;
  length: number;
}

/**
 * Builds the index of `--grep` behind the capture, segment by segment: the events are read without a transaction, and a
 * segment is committed whole. Several processes may build at once; the one that is later drops its segment.
 */
export class SearchBuilder {
  private readonly db: Database;
  private readonly begin: () => void;
  private readonly grams = new GramSet();
  private pairs = new Uint32Array(MAX_PAIRS);
  private sorted = new Uint32Array(MAX_PAIRS);
  private readonly starts = new Uint32Array(GRAMS + 1);
  private next: Step | undefined;
  private endMs = 0;

  /** `begin` begins a transaction with the lock. */
  constructor(db: Database, begin: () => void) {
    this.db = db;
    this.begin = begin;
  }

  /** Works for about `sliceMs`, or for one step of a segment, none of which takes over 50 ms. */
  work(sliceMs: number): Progress {
    this.next ??= this.firstStep();
    if (this.next === undefined) return "idle";
    this.endMs = performance.now() + sliceMs;
    this.next = this.next();
    return "more";
  }

  /** A segment is begun when it can be filled. */
  private firstStep(): Step | undefined {
    const after = numberOf(this.db, INDEXED);
    if (numberOf(this.db, NEWEST) < after + SPAN) return undefined;
    const draft: Draft = { after, first: 0, last: after, events: 0, length: 0 };
    const read: Step = () => {
      do if (this.read(draft)) return draft.events === 0 ? undefined : sort;
      while (performance.now() < this.endMs);
      return read;
    };
    const sort: Step = () => {
      this.sort(draft.length);
      return () => {
        const pages = packPages(this.sorted.subarray(0, draft.length), draft.events);
        return () => this.commit(draft, pages);
      };
    };
    return read;
  }

  /** Reads some events; true when the segment is full. */
  private read(draft: Draft): boolean {
    const rows = this.db.prepare(NEXT_EVENTS).all(draft.last);
    for (const row of rows) {
      const seq = Number(row["seq"]);
      if (draft.first === 0) draft.first = seq;
      const before = draft.length;
      const place = seq - draft.first;
      if (place >= SPAN) return true;
      this.grams.each(searchedTexts(row), (gram) => this.add(draft, gram * SPAN + place));
      if (draft.length > MAX_PAIRS && draft.events > 0) {
        draft.length = before;
        return true;
      }
      draft.last = seq;
      draft.events += 1;
    }
    // The events that there were when it was begun may have been deleted since.
    return rows.length < STEP || draft.last - draft.first === SPAN - 1;
  }

  private add(draft: Draft, pair: number): void {
    if (draft.length === this.pairs.length) {
      const larger = new Uint32Array(this.pairs.length * 2);
      larger.set(this.pairs);
      this.pairs = larger;
    }
    this.pairs[draft.length] = pair;
    draft.length += 1;
  }

  /** Puts the pairs in the order of their grams, those of one gram in the order that they had. */
  private sort(length: number): void {
    const { pairs, starts } = this;
    if (this.sorted.length < pairs.length) this.sorted = new Uint32Array(pairs.length);
    starts.fill(0);
    for (let index = 0; index < length; index += 1) {
      const next = ((pairs[index] ?? 0) >>> SPAN_BITS) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let gram = 0; gram < GRAMS; gram += 1) starts[gram + 1] = (starts[gram + 1] ?? 0) + (starts[gram] ?? 0);
    for (let index = 0; index < length; index += 1) {
      const pair = pairs[index] ?? 0;
      const at = starts[pair >>> SPAN_BITS] ?? 0;
      this.sorted[at] = pair;
      starts[pair >>> SPAN_BITS] = at + 1;
    }
  }

  private commit(draft: Draft, pages: readonly SegmentPage[]): undefined {
    this.transaction(() => {
      if (numberOf(this.db, INDEXED) === draft.after) this.write(draft, pages);
    });
  }

  private write({ first, last }: Draft, pages: readonly SegmentPage[]): void {
    const insert = this.db.prepare("INSERT INTO search_segments (first, last, grams) VALUES (?, ?, ?)");
    const segment = Number(insert.run(first, last, ALL_GRAMS).lastInsertRowid);
    writePages(this.db, segment, pages);
  }

  private transaction(write: () => void): void {
    this.begin();
    try {
      write();
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
  }
}

function numberOf(db: Database, sql: string): number {
  return Number(db.prepare(sql).get()?.["seq"]);
}
