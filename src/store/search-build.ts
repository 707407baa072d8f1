import type { Database } from "./driver.js";
import { GRAMS, GramSet } from "./search-grams.js";
import { pageKey, SPAN, writePages } from "./search-pages.js";
import { SEARCHED_COLUMNS, searchedTexts } from "./search-text.js";

/** Events read at a time: their bodies are in memory at once, none of them over 256 KiB. */
const STEP = 16;
/** Pairs of gram and event in one segment at most, but for a single event's: 16 MB. */
const MAX_PAIRS = 4 * 2 ** 20;
const FIRST_ROOM = 2 ** 20;

const NEXT_EVENTS = `SELECT r.seq, ${SEARCHED_COLUMNS} FROM requests r LEFT JOIN bodies b ON b.seq = r.seq
  WHERE r.seq > ? ORDER BY r.seq LIMIT ${STEP}`;
const INDEXED = "SELECT coalesce(max(last), 0) AS seq FROM search_segments";
const EMPTY_SEGMENT = `SELECT id FROM search_segments
  WHERE NOT EXISTS (SELECT 1 FROM events WHERE seq BETWEEN first AND last) ORDER BY id LIMIT 1`;

/** What a slice of work came to: there is more, or nothing is to be done until more events have come. */
export type Progress = "more" | "idle";

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
  private pairs = new Uint32Array(FIRST_ROOM);
  private draft: Draft | undefined;

  /** `begin` begins a transaction with the lock. */
  constructor(db: Database, begin: () => void) {
    this.db = db;
    this.begin = begin;
  }

  /** Works for about `sliceMs`, a commit on top. */
  work(sliceMs: number): Progress {
    const end = performance.now() + sliceMs;
    this.draft ??= this.newDraft();
    if (this.draft === undefined) return this.tidy();
    do if (this.read(this.draft)) return this.commit(this.draft);
    while (performance.now() < end);
    return "more";
  }

  /** A segment is begun when it can be filled. */
  private newDraft(): Draft | undefined {
    const after = this.numberOf(INDEXED);
    if (this.numberOf("SELECT coalesce(max(seq), 0) AS seq FROM events") < after + SPAN) return undefined;
    return { after, first: 0, last: after, events: 0, length: 0 };
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

  private commit(draft: Draft): Progress {
    this.draft = undefined;
    if (draft.events === 0) return "idle";
    const pairs = sortedByGram(this.pairs.subarray(0, draft.length));
    this.begin();
    try {
      if (this.numberOf(INDEXED) === draft.after) this.write(draft, pairs);
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
    return "more";
  }

  private write({ first, last, events }: Draft, pairs: Uint32Array): void {
    const insert = this.db.prepare("INSERT INTO search_segments (first, last) VALUES (?, ?)");
    const segment = Number(insert.run(first, last).lastInsertRowid);
    writePages(this.db, segment, { pairs, events });
  }

  /** Deletes a segment whose events are all gone. */
  private tidy(): Progress {
    const segment = this.db.prepare(EMPTY_SEGMENT).get()?.["id"];
    if (typeof segment !== "number") return "idle";
    this.begin();
    try {
      const pages = this.db.prepare("DELETE FROM search_pages WHERE key >= ? AND key < ?");
      pages.run(pageKey(segment, 0), pageKey(segment + 1, 0));
      this.db.prepare("DELETE FROM search_segments WHERE id = ?").run(segment);
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
    return "more";
  }

  private numberOf(sql: string): number {
    return Number(this.db.prepare(sql).get()?.["seq"]);
  }
}

/** Pairs in the order of their grams, those of one gram in the order that they had. */
function sortedByGram(pairs: Uint32Array): Uint32Array {
  const ends = new Uint32Array(GRAMS + 1);
  for (const pair of pairs) {
    const next = Math.floor(pair / SPAN) + 1;
    ends[next] = (ends[next] ?? 0) + 1;
  }
  for (let gram = 0; gram < GRAMS; gram += 1) ends[gram + 1] = (ends[gram + 1] ?? 0) + (ends[gram] ?? 0);
  const sorted = new Uint32Array(pairs.length);
  for (const pair of pairs) {
    const gram = Math.floor(pair / SPAN);
    const at = ends[gram] ?? 0;
    sorted[at] = pair;
    ends[gram] = at + 1;
  }
  return sorted;
}
