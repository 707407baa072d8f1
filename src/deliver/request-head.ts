import type { HeaderList } from "../events/headers.js";
import type { DeliveryRequest } from "./deliverer.js";

/** Headers that belong to one connection, and those that are made anew for the app's. */
const DROPPED = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "content-length",
]);

const FORWARDED = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"] as const;

/** The user's own headers by lower-case name. */
export type Overrides = ReadonlyMap<string, HeaderList>;

/** Groups headers that replace those of the request. */
export function overridesOf(headers: HeaderList, base?: Overrides): Overrides {
  const grouped = new Map<string, HeaderList>();
  for (const pair of headers) {
    const key = pair[0].toLowerCase();
    grouped.set(key, [...(grouped.get(key) ?? []), pair]);
  }
  return base === undefined ? grouped : new Map([...base, ...grouped]);
}

export interface RequestHeadOptions {
  readonly headers: HeaderList;
  readonly forwarded: DeliveryRequest["forwarded"];
  readonly overrides: Overrides;
  /** `target`, `keep`, or a literal value. */
  readonly hostHeader: string;
}

/**
 * The flat header list that goes to the app: order, case and repeats kept; without the headers of the sender's
 * connection, those that its Connection header names, and any `hookcli-*`, which only hookcli may set. A replaced header keeps its place.
 * Host stands in it only when it is not the target's own.
 */
export function requestHead(options: RequestHeadOptions): string[] {
  const { headers, overrides } = options;
  const forwarded = forwardedValues(options.forwarded);
  const named = namedByConnection(headers);
  const placed = new Set<string>();
  const raw: string[] = [];
  let host: string | undefined;
  const place = (key: string, pairs: HeaderList): void => {
    if (placed.has(key)) return;
    placed.add(key);
    for (const [name, value] of pairs) raw.push(name, value);
  };
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === "host") host ??= value;
    else if (DROPPED.has(key) || named?.has(key) || key.startsWith("hookcli-") || key.startsWith("proxy-")) continue;
    else if (overrides.has(key)) place(key, overrides.get(key) ?? []);
    else if (forwarded?.has(key)) {
      const value = forwarded.get(key) ?? "";
      place(key, value === "" ? [] : [[name, value]]);
    } else raw.push(name, value);
  }
  for (const name of FORWARDED) {
    const value = forwarded?.get(name.toLowerCase());
    if (value !== undefined && value !== "" && !overrides.has(name.toLowerCase()))
      place(name.toLowerCase(), [[name, value]]);
  }
  for (const [key, pairs] of overrides) if (key !== "host" && !DROPPED.has(key)) place(key, pairs);
  const hostValue = chosenHost(options, host);
  if (hostValue !== undefined) raw.push("Host", hostValue);
  return raw;
}

function chosenHost(options: RequestHeadOptions, inbound: string | undefined): string | undefined {
  const own = options.overrides.get("host")?.[0]?.[1];
  if (own !== undefined) return own;
  if (options.hostHeader === "target") return undefined;
  return options.hostHeader === "keep" ? inbound : options.hostHeader;
}

/** The public values; a value that is not known empties the header: what the sender wrote there may be a lie. */
function forwardedValues(forwarded: DeliveryRequest["forwarded"]): ReadonlyMap<string, string> | undefined {
  if (forwarded.host === undefined && forwarded.proto === undefined && forwarded.for === undefined) return undefined;
  return new Map([
    ["x-forwarded-for", forwarded.for ?? ""],
    ["x-forwarded-host", forwarded.host ?? ""],
    ["x-forwarded-proto", forwarded.proto ?? ""],
  ]);
}

/** RFC 9110 7.6.1: what a Connection header names is for that connection only. */
export function namedByConnection(headers: HeaderList): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    for (const token of value.split(",")) {
      const key = token.trim().toLowerCase();
      if (key !== "" && key !== "close" && key !== "keep-alive" && key !== "upgrade") (named ??= new Set()).add(key);
    }
  }
  return named;
}
