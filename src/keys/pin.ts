import type { KeySource } from "../providers/provider.js";
import { fieldAt, parseJsonBody, scalarText } from "../signatures/body.js";
import type { SignedRequest } from "../signatures/request.js";
import { findHeader } from "../signatures/spelling.js";

/** Where a request's keys are, or why that is no place to fetch from. */
export type KeyPlace = { readonly url: URL } | { readonly problem: string };

/** Longer than any URL of a certificate. */
const MAX_URL_LENGTH = 512;

/**
 * The URL of a request's keys, when it is one that the provider's row allows: https at its own port, without user name,
 * query and fragment, host and path as the row says, in its one canonical spelling, and of the region that the request is of.
 */
export function keyPlace(source: KeySource, request: SignedRequest): KeyPlace {
  if (source.named === undefined) return { url: new URL(`https://${source.hosts[0]}${source.path}`) };
  const { named } = source;
  const where = named.in === "header" ? named.name : named.path.join(".");
  const text = namedUrl(named, request);
  if (text === undefined) return { problem: `the request has no ${where}, which names the certificate` };
  const url = canonicalUrl(text);
  const label = url === undefined ? undefined : allowedLabel(url, source);
  if (url === undefined || label === undefined)
    return { problem: `${where} is not a place of the provider's certificates: ${text.slice(0, 120)}` };
  const region = regionOf(source, request);
  if (region !== undefined && region !== label)
    return { problem: `${where} is of the region ${label}, and the request of ${region.slice(0, 40) || "none"}` };
  return { url };
}

function namedUrl(named: NonNullable<KeySource["named"]>, { headers, body }: SignedRequest): string | undefined {
  if (named.in === "body") return scalarText(fieldAt(parseJsonBody(body), named.path));
  const found = findHeader(headers, named.name);
  return found.count === 1 ? found.value : undefined;
}

/** A parser mends what it reads (case, escapes, line ends, a standard port): what had to be mended is refused. */
function canonicalUrl(text: string): URL | undefined {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.protocol === "https:" && url.username === "" && url.password === "" && url.port === "";
  return isPlain && url.search === "" && url.hash === "" && url.href === text ? url : undefined;
}

/** What the `*` of the row's host stands for, "" where there is none; `undefined`: the URL is not one of the row's. */
function allowedLabel({ hostname, pathname }: URL, { hosts, path }: KeySource): string | undefined {
  if (!pattern(path, "[A-Za-z0-9]+").test(pathname)) return undefined;
  for (const host of hosts) {
    const match = pattern(host, "[a-z0-9-]{3,}").exec(hostname);
    if (match !== null) return match[1] ?? "";
  }
  return undefined;
}

function pattern(text: string, star: string): RegExp {
  const parts = text.split("*").map((part) => part.replaceAll(/[.?+^$()[\]{}|\\/]/g, "\\$&"));
  return new RegExp(`^${parts.join(`(${star})`)}$`);
}

function regionOf({ region }: KeySource, { body }: SignedRequest): string | undefined {
  if (region === undefined) return undefined;
  const text = scalarText(fieldAt(parseJsonBody(body), region.path)) ?? "";
  return text.split(region.separator)[region.index] ?? "";
}
