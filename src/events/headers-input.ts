import type { HeaderList } from "./headers.js";

/** Headers as pairs (a `Headers` object, a list) or as a plain object such as `request.headers` of node:http. */
export type HeadersInput =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers as a list, in the order given. */
export function headerList(headers: HeadersInput): HeaderList {
  if (isPairs(headers)) return [...headers];
  return Object.entries(headers).flatMap(([name, value]) => {
    const values = typeof value === "string" ? [value] : (value ?? []);
    return values.map((one) => [name, one] as const);
  });
}

function isPairs(headers: HeadersInput): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers;
}
