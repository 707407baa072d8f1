import { headerValue, type HeaderList } from "../events/headers.js";
import { percentDecoded } from "../events/percent.js";

/** A URL that the sender may have signed, and what changed on the way. */
export interface UrlVariant {
  readonly url: string;
  readonly about: string;
}

/** More combinations than this are not tried. */
const MAX_URL_VARIANTS = 400;

/**
 * Other public spellings of a URL: scheme, host as proxies report it, port, final slash, query. All combinations, those
 * with the fewest changes first.
 */
export function urlVariants(url: string, headers: HeaderList): UrlVariant[] {
  const parts = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(url);
  if (!parts) return [];
  const [, scheme = "", authority = "", path = "", query = ""] = parts;
  const variants: (UrlVariant & { changes: number })[] = [];
  for (const [s, sAbout] of schemes(scheme.toLowerCase())) {
    for (const [a, aAbout] of authorities(authority, headers)) {
      for (const [p, pAbout] of paths(path)) {
        for (const [q, qAbout] of queries(query)) {
          const abouts = [sAbout, aAbout, pAbout, qAbout].filter((about) => about !== "");
          if (abouts.length > 0)
            variants.push({ url: `${s}://${a}${p}${q}`, about: abouts.join(", "), changes: abouts.length });
        }
      }
    }
  }
  return variants.toSorted((one, other) => one.changes - other.changes).slice(0, MAX_URL_VARIANTS);
}

type Choices = readonly (readonly [text: string, about: string])[];

function schemes(scheme: string): Choices {
  const other = scheme === "https" ? "http" : "https";
  return [
    [scheme, ""],
    [other, `${other} in place of ${scheme}`],
  ];
}

function authorities(authority: string, headers: HeaderList): Choices {
  const [first = ""] = (headerValue(headers, "x-forwarded-host") ?? "").split(",", 1);
  const forwarded = /(?:^|[;,])\s*host="?([^";,]+)/i.exec(headerValue(headers, "forwarded") ?? "")?.[1];
  const bare = authority.replace(/^.*@/, "");
  const withoutPort = bare.replace(/:\d+$/, "");
  return distinct([
    [authority, ""],
    [headerValue(headers, "host") ?? "", "the host of the Host header"],
    [first.trim(), "the host of X-Forwarded-Host"],
    [forwarded ?? "", "the host of Forwarded"],
    [bare, "no user and password"],
    [withoutPort, "no port"],
    [`${withoutPort}:443`, "port 443 written out"],
    [`${withoutPort}:80`, "port 80 written out"],
  ]);
}

function paths(path: string): Choices {
  const slash = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  return distinct(
    [
      [path, ""],
      [slash, path.endsWith("/") ? "no final slash" : "a final slash"],
      [percentDecoded(path), "the path decoded"],
    ],
    true,
  );
}

function queries(query: string): Choices {
  if (query === "") return [["", ""]];
  const parameters = new URLSearchParams(query);
  const encoded = `?${parameters.toString()}`;
  parameters.sort();
  return distinct(
    [
      [query, ""],
      ["", "no query"],
      [encoded, "the query encoded as forms are"],
      [encoded.replaceAll("+", "%20"), "the query encoded with %20 for blanks"],
      [`?${parameters.toString()}`, "the query sorted"],
      [percentDecoded(query), "the query decoded"],
    ],
    true,
  );
}

/** Each text once; the empty one only when it is allowed. */
function distinct(choices: Choices, allowEmpty = false): Choices {
  const seen = new Set<string>(allowEmpty ? [] : [""]);
  return choices.filter(([text]) => !seen.has(text) && seen.add(text));
}
