import type { Listing, Scope } from "./listing.js";
import type { Query } from "./query.js";
import { gramsOf, type Gram } from "./search-grams.js";
import { pageKey, readList, SPAN } from "./search-pages.js";
import { foldCase, SEARCHED_COLUMNS, searchedTexts } from "./search-text.js";

const SEARCHED = `SELECT ${SEARCHED_COLUMNS} FROM requests r LEFT JOIN bodies b ON b.seq = r.seq WHERE r.seq = ?`;
const PAGE_OF = "SELECT key, postings FROM search_pages WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1";
const SEGMENTS = "SELECT id, first, last, grams FROM search_segments WHERE last >= ? AND first <= ? ORDER BY id";

interface Segment {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  /** Which grams it knows. */
  readonly grams: number;
}

/** A gram of the searched text, and how often it was found of late: the rarest is looked up first. */
interface WantedGram extends Gram {
  frequency: number;
}

/**
 * Finds the events of a scope that have a text in what is searched of them. Below the end of the index a segment tells
 * which of its events may have it; beyond it all are read. Each is compared with its bytes before it is given.
 */
export class Search {
  private readonly query: Query;
  private readonly listing: Listing;
  private readonly wanted: string;
  private readonly grams: WantedGram[];

  constructor(query: Query, listing: Listing, text: string) {
    this.query = query;
    this.listing = listing;
    this.wanted = foldCase(text);
    this.grams = gramsOf(this.wanted).map((gram) => ({ ...gram, frequency: 0 }));
  }

  /** The numbers of the events found, in order. */
  *seqs(scope: Scope, ascending: boolean): Iterable<number> {
    const segments = this.query.all(SEGMENTS, scope.from, scope.to).map((row): Segment => {
      const numberOf = (column: keyof Segment) => Number(row[column]);
      return { id: numberOf("id"), first: numberOf("first"), last: numberOf("last"), grams: numberOf("grams") };
    });
    const end = Number(this.query.one("SELECT coalesce(max(last), 0) AS seq FROM search_segments")?.["seq"]);
    const beyond = { ...scope, from: Math.max(scope.from, end + 1) };
    if (!ascending) yield* this.scanned(beyond, false);
    for (const segment of ascending ? segments : segments.toReversed()) {
      const candidates = this.listing.among(scope, this.candidates(segment));
      for (const seq of ascending ? candidates : candidates.toReversed()) if (this.has(seq)) yield seq;
    }
    if (ascending) yield* this.scanned(beyond, true);
  }

  /** Whether an event has the text. */
  has(seq: number): boolean {
    const row = this.query.one(SEARCHED, seq);
    return row !== undefined && searchedTexts(row).some((text) => text.includes(this.wanted));
  }

  private *scanned(scope: Scope, ascending: boolean): Iterable<number> {
    for (const seq of this.listing.seqs(scope, ascending)) if (this.has(seq)) yield seq;
  }

  /** The events of a segment that have all grams of the text. */
  private candidates({ id, first, last, grams }: Segment): number[] {
    const places = new Uint8Array(SPAN / 8).fill(255);
    for (const wanted of this.grams) {
      if (wanted.since > grams) continue;
      const left = this.narrow(places, id, wanted);
      if (left === 0) break;
    }
    this.grams.sort((a, b) => a.frequency - b.frequency);
    return numbersOf(places, first, last);
  }

  /** Leaves of the places those that have the gram; returns how many they are. */
  private narrow(places: Uint8Array, segment: number, wanted: WantedGram): number {
    const key = pageKey(segment, wanted.gram);
    const row = this.query.one(PAGE_OF, pageKey(segment, 0), key);
    const list = row === undefined ? null : readList(Number(row["key"]), row["postings"], key);
    if (list === null) places.fill(0);
    let left = 0;
    let having = list === undefined ? SPAN : 0;
    for (let index = 0; index < places.length; index += 1) {
      const bits = list?.[index] ?? (list === undefined ? 255 : 0);
      if (list !== undefined) having += bitCount(bits);
      places[index] = (places[index] ?? 0) & bits;
      left += bitCount(places[index] ?? 0);
    }
    wanted.frequency = wanted.frequency * 0.75 + having * 0.25;
    return left;
  }
}

function bitCount(byte: number): number {
  let rest = byte;
  let count = 0;
  for (; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function numbersOf(places: Uint8Array, first: number, last: number): number[] {
  const numbers: number[] = [];
  for (let index = 0; index <= last - first; index += 1)
    if (((places[index >> 3] ?? 0) >> (index & 7)) & 1) numbers.push(first + index);
  return numbers;
}
