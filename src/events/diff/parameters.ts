import type { Pairs } from "./list.js";

/** The parts of a raw query or form, undecoded: joined again they are the same text. None when there is no query. */
export function parameters(query: string | undefined): Pairs {
  if (query === undefined) return [];
  return query.split("&").map((part) => {
    const equals = part.indexOf("=");
    return equals === -1 ? [part, null] : [part.slice(0, equals), part.slice(equals + 1)];
  });
}

/** A raw request target as its path and its query, which is `undefined` where there is no `?`. */
export function splitTarget(path: string): { readonly path: string; readonly query: string | undefined } {
  const mark = path.indexOf("?");
  return mark === -1 ? { path, query: undefined } : { path: path.slice(0, mark), query: path.slice(mark + 1) };
}
