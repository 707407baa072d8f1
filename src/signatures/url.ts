import { escape, parse, stringify } from "node:querystring";
import type { HeaderList } from "../events/headers.js";
import { CliError } from "../errors.js";
import { byCodeUnits, parseForm, type FormFields } from "./form.js";
import type { UrlForm } from "./scheme.js";
import { findHeader } from "./spelling.js";

/**
 * The public URL of a captured request: `path` (with query) behind the scheme and host that the sender used, as the Host,
 * X-Forwarded-Proto and X-Forwarded-Host headers tell. A whole URL is returned as it is.
 *
 * @returns `undefined` when no header names the host
 */
export function publicUrl(path: string, headers: HeaderList): string | undefined {
  if (/^https?:\/\//i.test(path)) return path;
  const host = firstOf(headers, "x-forwarded-host") ?? firstOf(headers, "host");
  if (host === undefined) return undefined;
  const protocol = firstOf(headers, "x-forwarded-proto")?.toLowerCase() === "https" ? "https" : "http";
  return `${protocol}://${host}${path.startsWith("/") ? "" : "/"}${path}`;
}

/** The URL that a scheme signs. @throws CliError when it is not known, or not an http URL */
export function requireUrl(schemeName: string, url: string | undefined, headers: HeaderList): string {
  const whole = url === undefined ? undefined : publicUrl(url, headers);
  if (whole === undefined)
    throw new CliError(`${schemeName} signs the URL, and it is not known`, {
      hint: "pass --url with the URL that the provider calls",
    });
  if (!URL.canParse(whole))
    throw new CliError(`not a URL: ${whole}`, { hint: "pass --url with the URL that the provider calls" });
  return whole;
}

/** The spellings of a URL that a provider may have signed: the one given first, each once. */
export function urlSpellings(url: string, forms: readonly UrlForm[]): string[] {
  return [...new Set([url, ...forms.map((form) => FORMS[form](url))])];
}

const FORMS: Readonly<Record<UrlForm, (url: string) => string>> = {
  withoutPort,
  withPort,
  legacyQueryWithoutPort: (url) => legacyQuery(withoutPort(url)),
  legacyQueryWithPort: (url) => legacyQuery(withPort(url)),
};

function withoutPort(url: string): string {
  const parsed = new URL(url);
  parsed.port = "";
  return parsed.toString();
}

/** As twilio-node's addPort: a URL without a port gets the standard one of its protocol, credentials kept. */
function withPort(url: string): string {
  const parsed = new URL(url);
  if (parsed.port !== "") return parsed.toString();
  const password = parsed.password === "" ? "" : `:${parsed.password}`;
  const credentials = parsed.username === "" && password === "" ? "" : `${parsed.username}${password}@`;
  const port = parsed.protocol === "https:" ? 443 : 80;
  return `${parsed.protocol}//${credentials}${parsed.host}:${port}${parsed.pathname}${parsed.search}${parsed.hash}`;
}

/** As twilio-node's withLegacyQuerystring: the query decoded and encoded again by node:querystring. */
function legacyQuery(url: string): string {
  const start = url.indexOf("?");
  return start < 0 ? url : `${url.slice(0, start)}?${stringify(parse(url.slice(start + 1)))}`;
}

/** One query parameter, decoded. */
export function queryParameter(url: string | undefined, name: string): string | undefined {
  const start = url?.indexOf("?") ?? -1;
  if (url === undefined || start < 0) return undefined;
  return new URLSearchParams(url.slice(start + 1).split("#", 1)[0]).get(name) ?? undefined;
}

/** The URL with a query parameter set: in its place when it is there already, else at the end; the rest untouched. */
export function withQueryParameter(url: string, name: string, value: string): string {
  const [base, fragment] = splitOnce(url, "#");
  const [path, query] = splitOnce(base, "?");
  const items = query === undefined || query === "" ? [] : query.split("&");
  const kept = items.filter((item) => item.split("=", 1)[0] !== name);
  const joined = `${path}?${[...kept, `${name}=${value}`].join("&")}`;
  return fragment === undefined ? joined : `${joined}#${fragment}`;
}

/** Query parameters sorted by name, repeated ones joined with commas. As Shopify signs what comes to an app's proxy, and its redirects. */
export function parameters(
  query: string,
  { without, between, encoded }: { without: readonly string[]; between: string; encoded: boolean },
): string {
  const byName = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!without.includes(name)) byName.set(name, [...(byName.get(name) ?? []), value]);
  }
  const sorted = [...byName].toSorted(([a], [b]) => byCodeUnits(a, b));
  const pairs = sorted.map(([name, values]): [string, string] => [name, values.join(",")]);
  if (encoded) return new URLSearchParams(pairs).toString();
  return pairs.map(([name, value]) => `${name}=${value}`).join(between);
}

/** As plivo-node's construct_post_url; the fields are latin1 text. */
export function urlAndFields(url: string, fields: FormFields): Buffer {
  const [whole] = splitOnce(url, "#");
  const [base, query = ""] = splitOnce(whole, "?");
  const inQuery = parseForm(Buffer.from(query, "utf8"));
  const sorted = inQuery.toSorted(byNameAndValue).map(([name, value]) => `${name}=${value}`);
  const mark = inQuery.length > 0 || fields.length > 0 ? "?" : "";
  const dot = inQuery.length > 0 && fields.length > 0 ? "." : "";
  const posted = fields.toSorted(byNameAndValue).map(([name, value]) => name + value);
  const start = Buffer.from(base, "utf8").toString("latin1");
  return Buffer.from(`${start}${mark}${sorted.join("&")}${dot}${posted.join("")}`, "latin1");
}

function byNameAndValue(a: readonly [string, string], b: readonly [string, string]): number {
  return byCodeUnits(a[0], b[0]) || byCodeUnits(a[1], b[1]);
}

/** The URL with the percent escapes of these ASCII characters undone, and no others. */
export function unescaped(url: string, characters: string): string {
  return url.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    return characters.includes(character) ? character : escape;
  });
}

/** As Contentful signs paths: the query, as it was sent, escaped as one text, then path and query by encodeURI. */
export function reescapedPath(url: string): string {
  const [target] = splitOnce(url.replace(/^https?:\/\/[^/?#]*/i, ""), "#");
  const [path, query = ""] = splitOnce(target === "" ? "/" : target, "?");
  return encodeURI(query === "" ? path : `${path}?${escape(query)}`);
}

/**
 * The canonical request of Atlassian Connect.
 * Source: https://developer.atlassian.com/cloud/bitbucket/query-string-hash/
 */
export function canonicalRequest(method: string, path: string, query: string): string {
  const byName = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (name !== "jwt") byName.set(name, [...(byName.get(name) ?? []), value]);
  }
  const parameters = [...byName].map(([name, values]) => {
    const sorted = values.map(percentEncoded).toSorted(byCodeUnits);
    return [percentEncoded(name), sorted.join(",")] as const;
  });
  const sorted = parameters.toSorted(([a], [b]) => byCodeUnits(a, b)).map(([name, value]) => `${name}=${value}`);
  const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return `${method.toUpperCase()}&${trimmed === "" ? "/" : trimmed.replaceAll("&", "%26")}&${sorted.join("&")}`;
}

/** RFC 3986: all but unreserved characters. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.codePointAt(0)?.toString(16).toUpperCase() ?? ""}`,
  );
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function firstOf(headers: HeaderList, name: string): string | undefined {
  const found = findHeader(headers, name);
  const first = found.count === 1 ? found.value.split(",", 1)[0]?.trim() : undefined;
  return first === "" ? undefined : first;
}
