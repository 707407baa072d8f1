import { createHash } from "node:crypto";
import { percentDecoded } from "../../events/percent.js";
import type { Cause, Fix } from "../explanation.js";
import type { Fault } from "./fault.js";
import type { Subject } from "./subject.js";

/** Key bytes that a secret may have meant. */
interface SecretVariant {
  readonly bytes: Uint8Array;
  readonly cause: Extract<Cause, "secret_whitespace" | "secret_encoding">;
  /** Completes "secret 1 is right ..."; never quotes the secret. */
  readonly about: string;
  readonly decoded: boolean;
  readonly fix?: Fix;
}

interface Change {
  readonly bytes: Uint8Array;
  readonly about: string;
  readonly fix?: Fix;
}

const WITHOUT_WHSEC: Fix = { for: "the secret", text: "copy the secret with its whsec_, which is a part of it" };

const PREFIXES = ["v1,whsec_", "whsec_", "whsk_", "sha256=", "Bearer ", "secret_", "base64:", "hex:"];
const QUOTES = ['"', "'", "`"];

/** Every secret that was given, as it may have been meant. A key has no variants. */
export function* secretFaults({ scheme, secrets }: Subject): Generator<Fault> {
  if (scheme.secret.kind === "key") return;
  for (const [index, secret] of secrets.entries()) {
    for (const { bytes, cause, about, decoded, ...rest } of secretVariants(secret)) {
      yield { dimension: "secret", cause, about, change: { key: { bytes, index, decoded } }, ...rest };
    }
  }
}

/** What a secret's text may have meant: cleaned of what shells, files and forms add, then decoded in other ways. */
export function* secretVariants(secret: Uint8Array): Generator<SecretVariant> {
  const seen = new Set<string>([`text ${Buffer.from(secret).toString("latin1")}`]);
  const isNew = (bytes: Uint8Array, kind: string) => {
    const key = `${kind} ${Buffer.from(bytes).toString("latin1")}`;
    return bytes.length > 0 && !seen.has(key) && seen.add(key) !== undefined;
  };
  const text = Buffer.from(secret).toString("utf8");
  const cleaned = [...cleanings(text, secret)].filter(({ bytes }) => isNew(bytes, "text"));
  for (const { bytes, about } of cleaned) yield { bytes, about, cause: "secret_whitespace", decoded: false };
  for (const start of [{ bytes: secret, about: "" }, ...cleaned]) {
    for (const { bytes, about, ...rest } of decodings(Buffer.from(start.bytes).toString("utf8"), start.bytes)) {
      if (!isNew(bytes, "key")) continue;
      const whole = start.about === "" ? about : `${start.about} and ${about}`;
      yield { bytes, about: whole, cause: "secret_encoding", decoded: true, ...rest };
    }
  }
}

/** What stands around a secret, or was done to its text on the way into a variable. */
function* cleanings(text: string, bytes: Uint8Array): Generator<Change> {
  const trimmed = text.trim();
  const changes: (readonly [string, string])[] = [
    [trimmed, "without the blanks or line ends around it"],
    [unquoted(trimmed), "without the quotes around it"],
    [text.replace(/^\ufeff/, "").trim(), "without its byte order mark"],
    [text.replace(/[\r\n]/g, ""), "without its line ends"],
    [text.replace(/\s/g, ""), "without the blanks in it"],
    [text.replaceAll("\\n", "\n"), "with \\n read as a line end"],
    [text.replace(/(?:\\[nr])+$/, ""), "without the \\n after it"],
    [unquoted(text.replace(/^(?:export +)?[A-Za-z_][A-Za-z0-9_]*=/, "").trim()), "without the NAME= before it"],
    [percentDecoded(text), "with its %-escapes decoded"],
    [text.replaceAll(" ", "+"), "with + in place of its blanks"],
    [(text.split(/\r?\n/, 1)[0] ?? "").trim(), "when only its first line is taken"],
    [text.replace(/^(?:\$|\\)+|\\(?=\W)/g, ""), "without the backslashes in it"],
    [trimmed.replace(/[;,]$/, ""), "without the mark after it"],
    [`${text}\n`, "with a line end after it, as echo leaves one"],
    [`${text}\r\n`, "with CRLF after it"],
    [`"${text}"`, "with quotes around it, as the sender keeps them"],
  ];
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    yield {
      bytes: Buffer.from(Buffer.from(bytes.subarray(2)).toString("utf16le").trim()),
      about: "read as UTF-16, as PowerShell writes files",
    };
  }
  for (const [changed, about] of changes) {
    if (changed !== text && changed !== "") yield { bytes: Buffer.from(changed), about };
  }
}

function* decodings(text: string, bytes: Uint8Array): Generator<Change> {
  yield { bytes, about: "used as plain text" };
  yield* prefixDecodings(text);
  yield* baseDecodings(text);
  yield {
    bytes: Buffer.from(Buffer.from(bytes).toString("base64")),
    about: "written in base64, as Kubernetes keeps it",
  };
  yield { bytes: Buffer.from(Buffer.from(bytes).toString("hex")), about: "written in hex" };
  for (const [changed, about] of [
    [text.normalize("NFKD"), "in Unicode form NFKD"],
    [text.normalize("NFC"), "in Unicode form NFC"],
    [text.toLowerCase(), "in lower case"],
    [text.toUpperCase(), "in upper case"],
    [text.slice(text.indexOf(":") + 1), "from what stands after its colon alone"],
    [text.slice(0, Math.max(0, text.indexOf(":"))), "from what stands before its colon alone"],
  ] as const) {
    if (changed !== text) yield { bytes: Buffer.from(changed), about };
  }
  if (/[\u0080-\u00ff]/.test(text)) yield { bytes: Buffer.from(text, "latin1"), about: "written in latin1" };
  for (const hash of ["sha1", "sha256", "md5"] as const) {
    const digest = createHash(hash).update(bytes).digest();
    yield { bytes: digest, about: `hashed with ${hash.toUpperCase()}` };
    yield { bytes: Buffer.from(digest.toString("hex")), about: `hashed with ${hash.toUpperCase()}, in hex` };
  }
}

function* prefixDecodings(text: string): Generator<Change> {
  const prefix = PREFIXES.find((candidate) => text.startsWith(candidate));
  if (prefix === undefined) {
    yield {
      bytes: Buffer.from(`whsec_${text}`),
      about: "used as plain text with whsec_ before it",
      fix: WITHOUT_WHSEC,
    };
    return;
  }
  const rest = text.slice(prefix.length);
  yield { bytes: Buffer.from(rest), about: `used as plain text without its prefix ${prefix}` };
  if (isBase64(rest)) {
    yield { bytes: Buffer.from(rest, "base64"), about: `decoded from base64 without its prefix ${prefix}` };
  }
  if (isHexText(rest))
    yield { bytes: Buffer.from(rest, "hex"), about: `decoded from hex without its prefix ${prefix}` };
  if (prefix === "v1,whsec_")
    yield { bytes: Buffer.from(text.slice(3)), about: "used as plain text without its prefix v1," };
}

function* baseDecodings(text: string): Generator<Change> {
  if (isBase64(text)) {
    const decoded = Buffer.from(text, "base64");
    yield { bytes: decoded, about: `decoded from ${/[-_]/.test(text) ? "base64url" : "base64"}` };
    const trimmed = Buffer.from(decoded.toString("latin1").trim(), "latin1");
    if (trimmed.length !== decoded.length) yield { bytes: trimmed, about: "decoded from base64 and trimmed" };
  }
  if (isHexText(text)) yield { bytes: Buffer.from(text, "hex"), about: "decoded from hex" };
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
}

function isHexText(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text);
}

function unquoted(text: string): string {
  const quote = text[0] ?? "";
  return text.length > 2 && QUOTES.includes(quote) && text.endsWith(quote) ? text.slice(1, -1) : text;
}
