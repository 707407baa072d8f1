import { headerValue, type HeaderList } from "../../events/headers.js";
import { percentDecoded } from "../../events/percent.js";
import { signsUrl } from "../content.js";
import { publicUrl } from "../url.js";
import type { Fault } from "./fault.js";
import type { Subject } from "./subject.js";
import { quoted } from "./mask.js";

/** More combinations than this are not tried. */
const MAX_URLS = 3_000;
/** In pairs with other faults only so many. */
const FEW_URLS = 40;

interface UrlVariant {
  readonly url: string;
  readonly about: string;
}

/** Other public spellings of the URL, for a scheme that signs it: those with the fewest changes first. */
export function* urlFaults({ scheme, request }: Subject): Generator<Fault> {
  const url = request.url === undefined ? undefined : publicUrl(request.url, request.headers);
  if (url === undefined || !signsUrlAnywhere({ scheme })) return;
  for (const variant of urlVariants(url, request.headers)) {
    const about = `${quoted(withoutCredentials(variant.url))} (${variant.about})`;
    yield { dimension: "url", cause: "url_rewritten", about, change: { url: variant.url } };
  }
}

/** The likeliest of them. */
export function* fewUrlFaults(subject: Subject): Generator<Fault> {
  let count = 0;
  for (const fault of urlFaults(subject)) {
    if ((count += 1) > FEW_URLS) return;
    yield fault;
  }
}

/** In its content, or in a claim of its token. */
function signsUrlAnywhere({ scheme }: Pick<Subject, "scheme">): boolean {
  const { algorithm, content } = scheme;
  const claims = algorithm.family === "jwt" ? algorithm.claims : [];
  return signsUrl(content) || claims.some((claim) => "content" in claim && signsUrl(claim.content));
}

/** Scheme, host as proxies report it, port, path, final slash, query: all combinations. */
export function urlVariants(url: string, headers: HeaderList): UrlVariant[] {
  const parts = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(url);
  if (!parts) return [];
  const [, scheme = "", authority = "", path = "", query = ""] = parts;
  const choices = [
    schemes(scheme.toLowerCase()),
    authorities(authority, headers),
    paths(path, headers),
    queries(query),
  ];
  const variants = product(choices).map((chosen) => {
    const [s, a, p, q] = chosen.map(([text]) => text);
    const changes = chosen.map(([, about]) => about).filter((about) => about !== "");
    return { url: `${s ?? ""}://${a ?? ""}${p ?? ""}${q ?? ""}`, about: changes.join(", "), changes: changes.length };
  });
  const others = variants.filter(({ changes }) => changes > 0);
  return others.toSorted((one, other) => one.changes - other.changes).slice(0, MAX_URLS);
}

type Choice = readonly [text: string, about: string];

function product(choices: readonly (readonly Choice[])[]): Choice[][] {
  return choices.reduce<Choice[][]>(
    (done, next) => done.flatMap((start) => next.map((choice) => [...start, choice])),
    [[]],
  );
}

function schemes(scheme: string): readonly Choice[] {
  const other = scheme === "https" ? "http" : "https";
  return [
    [scheme, ""],
    [other, `${other} in place of ${scheme}`],
  ];
}

function authorities(authority: string, headers: HeaderList): readonly Choice[] {
  const first = (name: string) => (headerValue(headers, name) ?? "").split(",", 1)[0]?.trim() ?? "";
  const forwarded = /(?:^|[;,])\s*host="?([^";,]+)/i.exec(headerValue(headers, "forwarded") ?? "")?.[1] ?? "";
  const bare = authority.replace(/^.*@/, "");
  const port = first("x-forwarded-port");
  const reported: readonly Choice[] = [
    [first("host"), "the host of the Host header"],
    [first("x-forwarded-host"), "the host of X-Forwarded-Host"],
    [forwarded, "the host of Forwarded"],
    [first("x-original-host"), "the host of X-Original-Host"],
    [bare, "no user and password"],
  ];
  const hosts = [...reported.map(([host, about]) => [host, about] as const), [bare, ""] as const].filter(
    ([host]) => host !== "",
  );
  const ported = hosts.flatMap(([host, about]): Choice[] => {
    const withoutPort = host.replace(/:\d+$/, "");
    const ports = /^\d{1,5}$/.test(port) ? ["443", "80", port] : ["443", "80"];
    const written = ports.map(
      (number) => [`${withoutPort}:${number}`, join(about, `port ${quoted(number)} written out`)] as const,
    );
    return [[withoutPort, join(about, "no port")], ...written];
  });
  return distinct([[authority, ""], ...reported, [bare.toLowerCase(), "the host in lower case"], ...ported]);
}

function paths(path: string, headers: HeaderList): readonly Choice[] {
  const slash = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  const prefix = headerValue(headers, "x-forwarded-prefix")?.split(",", 1)[0]?.trim().replace(/\/$/, "") ?? "";
  const original = ["x-original-uri", "x-original-url", "x-envoy-original-path", "x-forwarded-uri"].map(
    (name): Choice => {
      const value = headerValue(headers, name) ?? path;
      return [value.replace(/^https?:\/\/[^/]*/i, "").split("?", 1)[0] ?? path, `the path of ${name}`];
    },
  );
  const segments = path.split("/").filter((segment) => segment !== "");
  const shorter = segments.slice(0, 3).map((_, index): Choice => {
    return [
      `/${segments.slice(index + 1).join("/")}`,
      `without ${quoted(`/${segments.slice(0, index + 1).join("/")}`)} before the path`,
    ];
  });
  return distinct(
    [
      [path, ""],
      [slash, path.endsWith("/") ? "no final slash" : "a final slash"],
      [percentDecoded(path), "the path decoded"],
      [encodeURI(percentDecoded(path)), "the path encoded"],
      [`${prefix}${path}`, "X-Forwarded-Prefix before the path"],
      ...original,
      [path.toLowerCase(), "the path in lower case"],
      [path.replace(/\/{2,}/g, "/"), "single slashes"],
      ...shorter,
    ],
    true,
  );
}

function queries(query: string): readonly Choice[] {
  if (query === "") return [["", ""]];
  const parameters = new URLSearchParams(query);
  const encoded = `?${parameters.toString()}`;
  parameters.sort();
  const sorted = `?${parameters.toString()}`;
  const raw = query.slice(1).split("&");
  return distinct(
    [
      [query, ""],
      ["", "no query"],
      [encoded, "the query encoded as forms are"],
      [encoded.replaceAll("+", "%20"), "the query encoded with %20 for blanks"],
      [sorted, "the query sorted"],
      [sorted.replaceAll("+", "%20"), "the query sorted, with %20 for blanks"],
      [`?${raw.toSorted().join("&")}`, "the query sorted as it is"],
      [percentDecoded(query), "the query decoded"],
      [percentDecoded(query.replaceAll("+", " ")), "the query decoded as forms are"],
      [query.replace(/%[0-9a-f]{2}/gi, (found) => found.toUpperCase()), "upper-case %-escapes"],
      [query.replace(/%[0-9a-f]{2}/gi, (found) => found.toLowerCase()), "lower-case %-escapes"],
      ...raw
        .map((item): Choice => [
          `?${raw.filter((other) => other !== item).join("&")}`.replace(/^\?$/, ""),
          `without the parameter ${quoted(item.split("=", 1)[0] ?? "")}`,
        ])
        .slice(0, 8),
    ],
    true,
  );
}

function join(one: string, other: string): string {
  return [one, other].filter(Boolean).join(", ");
}

/** Each text once; the empty one only when it is allowed. */
function distinct(choices: readonly Choice[], allowEmpty = false): readonly Choice[] {
  const seen = new Set<string>(allowEmpty ? [] : [""]);
  return choices.filter(([text]) => !seen.has(text) && seen.add(text));
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#@]*@/i, "$1***@");
}
