import { percentDecoded } from "../events/percent.js";
import type { Cause } from "./explanation.js";

/** Key bytes that a secret may have meant. */
export interface SecretVariant {
  readonly bytes: Uint8Array;
  readonly cause: Cause;
  /** Completes "secret 1 is right ..."; never quotes the secret. */
  readonly about: string;
  /** True: `bytes` are the key itself. False: they are a secret's text, to be decoded as the scheme says. */
  readonly decoded: boolean;
}

const PREFIXES = ["v1,whsec_", "whsec_", "whsk_", "sha256=", "Bearer ", "secret_"];
const QUOTES = ['"', "'", "`"];

/** What a secret's text may have meant: cleaned of what shells, files and forms add, then decoded in other ways. */
export function* secretVariants(secret: Uint8Array): Generator<SecretVariant> {
  const text = Buffer.from(secret).toString("utf8");
  const cleaned = [...cleanings(text)];
  for (const { bytes, about } of cleaned) yield { bytes, about, cause: "secret_whitespace", decoded: false };
  for (const start of [{ bytes: secret, about: "" }, ...cleaned]) {
    for (const { bytes, about } of decodings(Buffer.from(start.bytes).toString("utf8"), start.bytes)) {
      if (bytes.length === 0) continue;
      const whole = start.about === "" ? about : `${start.about} and ${about}`;
      yield { bytes, about: whole, cause: "secret_encoding", decoded: true };
    }
  }
}

interface Change {
  readonly bytes: Uint8Array;
  readonly about: string;
}

/** Only changes that change something. */
function* cleanings(text: string): Generator<Change> {
  const changes: [string, string][] = [
    [text.trim(), "without the blanks or line ends around it"],
    [unquoted(text.trim()), "without the quotes around it"],
    [text.replace(/^\ufeff/, ""), "without its byte order mark"],
    [text.replace(/[\r\n]/g, ""), "without its line ends"],
    [text.replaceAll("\\n", "\n"), "with \\n read as a line end"],
    [unquoted(text.replace(/^(?:export +)?[A-Za-z_][A-Za-z0-9_]*=/, "").trim()), "without the NAME= before it"],
    [percentDecoded(text), "with its %-escapes decoded"],
    [`${text}\n`, "with a line end after it, as echo leaves one"],
    [`${text}\r\n`, "with CRLF after it"],
    [`"${text}"`, "with quotes around it, as the sender keeps them"],
  ];
  for (const [changed, about] of changes) {
    if (changed !== text && changed !== "") yield { bytes: Buffer.from(changed), about };
  }
}

function* decodings(text: string, bytes: Uint8Array): Generator<Change> {
  yield { bytes, about: "used as plain text" };
  const prefix = PREFIXES.find((candidate) => text.startsWith(candidate));
  const rest = prefix === undefined ? undefined : text.slice(prefix.length);
  if (rest !== undefined) {
    yield { bytes: Buffer.from(rest), about: `used as plain text without its prefix ${prefix}` };
    if (isBase64(rest))
      yield { bytes: Buffer.from(rest, "base64"), about: `decoded from base64 without its prefix ${prefix}` };
  } else {
    yield { bytes: Buffer.from(`whsec_${text}`), about: "used as plain text with whsec_ before it" };
  }
  if (isBase64(text)) {
    const decoded = Buffer.from(text, "base64");
    yield { bytes: decoded, about: "decoded from base64" };
    const trimmed = Buffer.from(decoded.toString("latin1").trim(), "latin1");
    if (trimmed.length !== decoded.length) yield { bytes: trimmed, about: "decoded from base64 and trimmed" };
  }
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) yield { bytes: Buffer.from(text, "hex"), about: "decoded from hex" };
  const nfkd = text.normalize("NFKD");
  if (nfkd !== text) yield { bytes: Buffer.from(nfkd), about: "in Unicode form NFKD" };
  if (/[\u0080-\u00ff]/.test(text)) yield { bytes: Buffer.from(text, "latin1"), about: "written in latin1" };
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
}

function unquoted(text: string): string {
  const quote = text[0] ?? "";
  return text.length > 2 && QUOTES.includes(quote) && text.endsWith(quote) ? text.slice(1, -1) : text;
}

interface KnownPrefix {
  readonly prefix: RegExp;
  readonly what: string;
}

/** Credentials that are taken for signing secrets. Each begins with something that only it begins with. */
const NOT_SECRETS: readonly KnownPrefix[] = [
  { prefix: /^sk_(?:live|test)_/, what: "a Stripe API key (sk_...)" },
  { prefix: /^rk_(?:live|test)_/, what: "a restricted Stripe API key (rk_...)" },
  { prefix: /^pk_(?:live|test)_/, what: "a publishable Stripe key (pk_...)" },
  { prefix: /^gh[pousr]_|^github_pat_/, what: "a GitHub access token" },
  { prefix: /^xox[abprs]-|^xapp-/, what: "a Slack token (xox...)" },
  { prefix: /^shp(?:at|ca|pa)_/, what: "a Shopify access token" },
  { prefix: /^SG\./, what: "a SendGrid API key (SG....)" },
  { prefix: /^AC[0-9a-f]{32}$/, what: "a Twilio account SID (AC...)" },
  { prefix: /^SK[0-9a-f]{32}$/, what: "a Twilio API key SID (SK...)" },
  { prefix: /^key-[0-9a-f]{32}$/, what: "a Mailgun API key (key-...)" },
  { prefix: /^glpat-/, what: "a GitLab access token (glpat-...)" },
  { prefix: /^-----BEGIN /, what: "a key or certificate in PEM" },
];

/** What a secret looks like, when it looks like another kind of credential. Never quotes more than a public prefix. */
export function secretLooksLike(secret: Uint8Array): string | undefined {
  const text = Buffer.from(secret).toString("utf8").trim();
  return NOT_SECRETS.find(({ prefix }) => prefix.test(text))?.what;
}
