import type { HeaderList } from "../events/headers.js";
import type { HeaderNames, Scheme } from "./scheme.js";

/** A header looked up: absent, there once, or sent several times (which no scheme allows). */
export type Found = { readonly count: 0 } | { readonly count: 1; readonly value: string } | { readonly count: 2 };

const ABSENT: Found = { count: 0 };
const REPEATED: Found = { count: 2 };

/** Looks a header up, its name in any case. */
export function findHeader(headers: HeaderList, name: string): Found {
  const wanted = name.toLowerCase();
  let value: string | undefined;
  for (const header of headers) {
    const key = header[0];
    if (key.length !== wanted.length || (key !== wanted && key.toLowerCase() !== wanted)) continue;
    if (value !== undefined) return REPEATED;
    value = header[1];
  }
  return value === undefined ? ABSENT : { count: 1, value };
}

/** The name in a column of spellings; a name with a single spelling is the same in all. */
export function spell(names: HeaderNames, column: number): string {
  return names[column] ?? names[0];
}

/** All header names that a scheme reads, each with its spellings. */
function schemeHeaders(scheme: Scheme): HeaderNames[] {
  const { signature, timestamp, id } = scheme;
  const all: HeaderNames[] = signature.from === "header" ? [signature.names] : [];
  if (timestamp?.from.kind === "header") all.push(timestamp.from.names);
  if (id !== undefined) all.push(id);
  return all;
}

/**
 * Which column of spellings a request uses: the first of which all headers are there, else the first of which any is,
 * else the documented one.
 */
export function chooseSpelling(scheme: Scheme, headers: HeaderList): number {
  const columns = spellings(scheme);
  if (columns === 1) return 0;
  const all = schemeHeaders(scheme);
  if (countPresent(all, headers, 0) === all.length) return 0;
  const present = Array.from({ length: columns }, (_, column) => countPresent(all, headers, column));
  const whole = present.indexOf(all.length);
  if (whole >= 0) return whole;
  return Math.max(
    0,
    present.findIndex((count) => count > 0),
  );
}

/** How many columns of spellings a scheme has. */
function spellings({ signature, timestamp, id }: Scheme): number {
  const ofSignature = signature.from === "header" ? signature.names.length : 1;
  const ofTimestamp = timestamp?.from.kind === "header" ? timestamp.from.names.length : 1;
  return Math.max(ofSignature, ofTimestamp, id?.length ?? 1);
}

function countPresent(all: readonly HeaderNames[], headers: HeaderList, column: number): number {
  return all.filter((names) => findHeader(headers, spell(names, column)).count > 0).length;
}
