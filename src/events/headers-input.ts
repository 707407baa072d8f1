import type { HeaderList } from "./headers.js";

/** Headers as pairs (a `Headers` object, a list) or as a plain object such as `request.headers` of node:http. */
export type HeadersInput =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers as a list, in the order given. */
export function headerList(headers: HeadersInput): HeaderList {
  if (isPairs(headers)) return [...headers];
  const list: (readonly [string, string])[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (typeof value === "string") list.push([name, value]);
    else for (const one of value ?? []) list.push([name, one]);
  }
  return list;
}

function isPairs(headers: HeadersInput): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers;
}
