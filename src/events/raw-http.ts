import { CliError } from "../errors.js";
import { headerValues, isToken, type HeaderList } from "./headers.js";
import { removeChunks } from "./raw-chunks.js";

/** A request as a file holds it: copied from a terminal, a proxy, a browser or a log. */
export interface RawRequest {
  readonly method: string;
  /** The request target as it stands, without scheme and authority. */
  readonly path: string;
  /** The whole URL, when the text itself says scheme and host: absolute form, or a browser's pseudo-headers. */
  readonly url: string | undefined;
  /** Without pseudo-headers; names and values as they stand, folded lines joined. */
  readonly headers: HeaderList;
  /** The body without chunk framing and without what an editor added to it. */
  readonly body: Uint8Array;
  /** What was changed or looks odd, a sentence each. */
  readonly notes: readonly string[];
  /** It says that it is chunked, and the body could not be taken out of chunks: it may hold their framing. */
  readonly isUnframed?: true;
}

/** A head longer than this is no head: the blank line before the body is missing. */
const MAX_HEAD_BYTES = 1024 * 1024;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]+([^ \t]+)(?:[ \t]+HTTP\/\d(?:\.\d)?)?[ \t]*$/;
const ABSOLUTE = /^(https?:\/\/[^/?#]+)(.*)$/i;
const PSEUDO = /^:([a-z]+):[ \t]*(.*)$/;
const HINT = 'a request begins with a line such as "POST /webhook HTTP/1.1", then headers, a blank line and the body';

interface Head {
  method: string | undefined;
  path: string | undefined;
  scheme: string | undefined;
  authority: string | undefined;
  /** Each value as its lines: a folded one has several. */
  headers: { readonly name: string; readonly values: string[] }[];
}

/**
 * Parses a raw HTTP request. Takes LF and CRLF, a byte order mark or blank lines before the request line, folded headers,
 * targets in absolute form, pseudo-headers as browsers show them (also with each value on a line of its own), chunked
 * bodies, and a final newline beyond Content-Length. Throws CliError (2) for what is no request.
 */
export function parseRawRequest(bytes: Uint8Array): RawRequest {
  const { lines, firstLine, bodyStart } = headLines(bytes);
  const head = parseHead(lines, firstLine);
  const { method, path, scheme, authority } = head;
  if (method === undefined || path === undefined) {
    throw new CliError(`the request has no ${method === undefined ? "method" : "path"}`, { hint: HINT });
  }
  const own = head.headers.map(({ name, values }) => [name, trimBlanks(values.join(" "))] as const);
  const known = own.some(([name]) => name.toLowerCase() === "host");
  const headers: HeaderList = known || authority === undefined ? own : [["host", authority], ...own];
  const url = scheme !== undefined && authority !== undefined ? `${scheme}://${authority}${path}` : undefined;
  return { method, path, url, headers, ...bodyOf(headers, bytes.subarray(bodyStart)) };
}

/** The lines before the first blank one, as latin1, and where the body begins. */
function headLines(bytes: Uint8Array): { lines: string[]; firstLine: number; bodyStart: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: string[] = [];
  let at = buffer.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  let skipped = 0;
  while (at < buffer.length) {
    if (at > MAX_HEAD_BYTES) throw new CliError("no blank line ends the headers within 1 MiB", { hint: HINT });
    const feed = buffer.indexOf(0x0a, at);
    const end = feed === -1 ? buffer.length : feed;
    const line = buffer.toString("latin1", at, end > at && buffer[end - 1] === 0x0d ? end - 1 : end);
    at = feed === -1 ? buffer.length : feed + 1;
    if (line !== "") lines.push(line);
    else if (lines.length > 0) return { lines, firstLine: skipped + 1, bodyStart: at };
    else skipped += 1;
  }
  if (lines.length === 0) throw new CliError("the request is empty", { hint: HINT });
  return { lines, firstLine: skipped + 1, bodyStart: buffer.length };
}

function parseHead(lines: readonly string[], firstLine: number): Head {
  const head: Head = { method: undefined, path: undefined, scheme: undefined, authority: undefined, headers: [] };
  const first = lines[0] ?? "";
  if (/^:[a-z]+:[ \t]*$/.test(first)) return parseStackedHead(lines, firstLine, head);
  const start = first.startsWith(":") ? 0 : 1;
  if (start === 1) takeRequestLine(head, first);
  for (const [index, line] of lines.entries()) {
    if (index >= start) takeHeaderLine(head, line, firstLine + index);
  }
  return head;
}

/** A browser's header panel copied as it stands: `name:` on one line, its value on the next. */
function parseStackedHead(lines: readonly string[], firstLine: number, head: Head): Head {
  for (let index = 0; index < lines.length; index += 2) {
    takeHeaderLine(head, `${lines[index] ?? ""} ${lines[index + 1]?.trim() ?? ""}`, firstLine + index);
  }
  return head;
}

function takeRequestLine(head: Head, line: string): void {
  if (/^HTTP\/\d/.test(line)) throw new CliError("this is a response, not a request", { hint: HINT });
  const match = REQUEST_LINE.exec(line);
  if (!match) throw new CliError(`${JSON.stringify(cut(line))} is not a request line`, { hint: HINT });
  head.method = match[1];
  const target = match[2] ?? "";
  const absolute = ABSOLUTE.exec(target);
  if (!absolute) head.path = target;
  else {
    const [scheme, authority] = (absolute[1] ?? "").split("://", 2);
    const rest = absolute[2] ?? "";
    head.scheme = scheme?.toLowerCase();
    head.authority = authority;
    head.path = rest.startsWith("/") ? rest : `/${rest}`;
  }
}

function takeHeaderLine(head: Head, line: string, lineNumber: number): void {
  const pseudo = PSEUDO.exec(line);
  if (pseudo) return takePseudoHeader(head, pseudo[1] ?? "", (pseudo[2] ?? "").trim());
  const last = head.headers.at(-1);
  if ((line.startsWith(" ") || line.startsWith("\t")) && last) {
    last.values.push(trimBlanks(line));
    return;
  }
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  if (!isToken(name)) {
    throw new CliError(`line ${lineNumber} of the request is not a header: ${JSON.stringify(cut(line))}`, {
      hint: "a blank line must stand between the headers and the body",
    });
  }
  head.headers.push({ name, values: [trimBlanks(line.slice(colon + 1))] });
}

function takePseudoHeader(head: Head, name: string, value: string): void {
  if (name === "method") head.method = value;
  else if (name === "path") head.path = value;
  else if (name === "scheme") head.scheme = value;
  else if (name === "authority") head.authority = value;
}

/** Without the spaces and tabs around it (linear, unlike a regular expression for the end). */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  return text[index] === " " || text[index] === "\t";
}

function bodyOf(headers: HeaderList, raw: Uint8Array): Pick<RawRequest, "body" | "notes" | "isUnframed"> {
  if (headerValues(headers, "transfer-encoding").some((value) => /(?:^|,)[ \t]*chunked[ \t]*$/i.test(value)))
    return removeChunks(raw);
  const lengths = new Set(headerValues(headers, "content-length"));
  const [length] = lengths;
  if (length === undefined) return { body: raw, notes: [] };
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) {
    return { body: raw, notes: ["Content-Length is not one number: the body is taken whole"] };
  }
  return fitToLength(raw, Number(length));
}

/** Drops newlines beyond Content-Length, and nothing else: a longer body is judged as it stands. */
function fitToLength(raw: Uint8Array, length: number): { body: Uint8Array; notes: string[] } {
  if (raw.length === length) return { body: raw, notes: [] };
  const extra = raw.subarray(length);
  if (extra.length > 0 && extra.length <= 4 && extra.every((byte) => byte === 0x0a || byte === 0x0d)) {
    return {
      body: raw.subarray(0, length),
      notes: ["a final newline beyond Content-Length was dropped from the body"],
    };
  }
  return { body: raw, notes: [`Content-Length says ${length}, the body has ${raw.length} bytes`] };
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
