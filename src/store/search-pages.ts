import type { Database, SqlValue } from "./driver.js";
import { GRAMS } from "./search-grams.js";

/** Numbers of events that a segment of the search index spans at most. */
export const SPAN = 1024;
export const SPAN_BITS = 10;
const BITMAP_BYTES = SPAN / 8;
/** A row of this size has a page of the file for itself. */
const PAGE_BYTES = 3_900;

/**
 * A page of the index is a row: its key is the segment and its first gram; its bytes are entries in the order of grams.
 * An entry is the step from the gram before it, the form of the list, and the list of the events (counted from the
 * first of the segment) that have the gram. Forms: 0, all of them; 1, a bitmap; n + 2, n bytes of steps.
 * Numbers are varints.
 */
export type Bitmap = Uint8Array;

/** The key of a gram in a segment; also where the pages of the segment begin (gram 0) and end. */
export function pageKey(segment: number, gram: number): number {
  return segment * GRAMS + gram;
}

/** A page before its segment has a number. */
export interface SegmentPage {
  readonly firstGram: number;
  readonly postings: Uint8Array;
}

/** The pages of a segment of so many events: of pairs of gram and event as `gram * SPAN + event`, sorted. */
export function packPages(pairs: Uint32Array, events: number): SegmentPage[] {
  const pages: SegmentPage[] = [];
  const page = new Varints(PAGE_BYTES + BITMAP_BYTES);
  const list = new Varints(2 * SPAN);
  let firstGram = 0;
  let before = 0;
  for (let from = 0, to = 0; from < pairs.length; from = to) {
    const gram = (pairs[from] ?? 0) >>> SPAN_BITS;
    to = endOfGram(pairs, from);
    if (page.length === 0) firstGram = before = gram;
    page.number(gram - before);
    before = gram;
    packList(page, list, { pairs, from, to, events });
    if (page.length < PAGE_BYTES - BITMAP_BYTES && to < pairs.length) continue;
    pages.push({ firstGram, postings: page.taken() });
  }
  return pages;
}

/** Writes the pages of a segment, in the caller's transaction. */
export function writePages(db: Database, segment: number, pages: readonly SegmentPage[]): void {
  const insert = db.prepare("INSERT INTO search_pages (key, postings) VALUES (?, ?)");
  for (const { firstGram, postings } of pages) insert.run(pageKey(segment, firstGram), postings);
}

/** The events of a gram within a page that may hold it, as bits; `undefined`: all of them; `null`: none. */
export function readList(key: number, postings: SqlValue | undefined, wantedKey: number): Bitmap | undefined | null {
  if (!(postings instanceof Uint8Array)) return null;
  const reader = new VarintReader(postings);
  let at = key;
  while (reader.at < postings.length) {
    at += reader.next();
    const form = reader.next();
    const length = form === 0 ? 0 : form === 1 ? BITMAP_BYTES : form - 2;
    if (at === wantedKey) {
      if (form === 0) return undefined;
      const list = postings.subarray(reader.at, reader.at + length);
      return form === 1 ? list : bitsOf(list);
    }
    if (at > wantedKey) return null;
    reader.at += length;
  }
  return null;
}

function endOfGram(pairs: Uint32Array, from: number): number {
  const end = (((pairs[from] ?? 0) >>> SPAN_BITS) + 1) * SPAN;
  let to = from + 1;
  while (to < pairs.length && (pairs[to] ?? 0) < end) to += 1;
  return to;
}

interface Pairs {
  readonly pairs: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

function packList(page: Varints, list: Varints, { pairs, from, to, events }: Pairs): void {
  if (to - from === events) return page.number(0);
  let before = 0;
  if (to - from < BITMAP_BYTES) {
    for (let index = from; index < to; index += 1) {
      const event = (pairs[index] ?? 0) % SPAN;
      list.number(event - before);
      before = event;
    }
    const steps = list.view();
    if (steps.length < BITMAP_BYTES) {
      page.number(steps.length + 2);
      return page.bytes(steps);
    }
  }
  const bits = new Uint8Array(BITMAP_BYTES);
  for (let index = from; index < to; index += 1) setBit(bits, (pairs[index] ?? 0) % SPAN);
  page.number(1);
  page.bytes(bits);
}

function bitsOf(list: Uint8Array): Bitmap {
  const bits = new Uint8Array(BITMAP_BYTES);
  const reader = new VarintReader(list);
  let event = 0;
  while (reader.at < list.length) {
    event += reader.next();
    setBit(bits, event);
  }
  return bits;
}

function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
}

/** Numbers as varints, one after the other. */
class Varints {
  length = 0;
  private readonly buffer: Uint8Array;

  constructor(room: number) {
    this.buffer = new Uint8Array(room);
  }

  number(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.buffer[this.length++] = (rest & 127) | 128;
      rest >>= 7;
    }
    this.buffer[this.length++] = rest;
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written, until something else is; that begins anew. */
  view(): Uint8Array {
    const bytes = this.buffer.subarray(0, this.length);
    this.length = 0;
    return bytes;
  }

  /** A copy of what was written; what comes then begins anew. */
  taken(): Uint8Array {
    return this.view().slice();
  }
}

class VarintReader {
  at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  next(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}
