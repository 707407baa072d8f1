/**
 * Headers in the order of the wire, case and repeats kept. Values are latin1: one character is one byte.
 */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The flat list that `node:http` calls `rawHeaders`, as pairs. */
export function headersFromRaw(raw: readonly string[]): HeaderList {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return pairs;
}

/** All values of a header, its name in any case. */
export function headerValues(headers: HeaderList, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}

/** The first value of a header, its name in any case; `undefined` when it is not there. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** True for a header's name or a method: what RFC 9110, section 5.6.2, calls a token. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** True for the Content-Type `application/x-www-form-urlencoded`, with or without parameters. */
export function isFormType(contentType: string | undefined): boolean {
  return /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? "");
}

/** The list without the headers named (any case). */
export function withoutHeaders(headers: HeaderList, names: Iterable<string>): HeaderList {
  const dropped = new Set([...names].map((name) => name.toLowerCase()));
  return headers.filter(([key]) => !dropped.has(key.toLowerCase()));
}

/** The list with the given headers in place of those of the same name: a replaced one keeps its place, a new one goes last. */
export function withHeaders(headers: HeaderList, replacements: HeaderList): HeaderList {
  const pending = new Map<string, (readonly [string, string])[]>();
  for (const pair of replacements) {
    const key = pair[0].toLowerCase();
    pending.set(key, [...(pending.get(key) ?? []), pair]);
  }
  const names = new Set(pending.keys());
  const result: (readonly [string, string])[] = [];
  for (const pair of headers) {
    const key = pair[0].toLowerCase();
    if (!names.has(key)) result.push(pair);
    else {
      result.push(...(pending.get(key) ?? []));
      pending.delete(key);
    }
  }
  return [...result, ...[...pending.values()].flat()];
}
