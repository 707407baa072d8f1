import { CliError } from "../../../errors.js";
import { isJson } from "../../../events/json-tree.js";
import { MAX_LINE_BYTES } from "./lines.js";

/** Fields of an event stream (WHATWG HTML, 9.2) beside `data`; a colon begins a comment, but in a browser's copy of headers. */
export const STREAM_FIELD = /^(?:(?:id|event|retry):|:(?!(?:method|path|authority|scheme):))/;
/** The first line of a request, or of a browser's copy of one. */
const REQUEST_START =
  /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]+[^ \t]+(?:[ \t]+HTTP\/\d(?:\.\d)?)?[ \t]*$|:[a-z]+:|HTTP\/\d)/;

/** The first and the last line of a HAR file that `events export` writes, an entry a line: it may have any size. */
const ENTRIES_FOLLOW = /^\{"log":\{.*"entries":\[$/;
export const LAST_LINE = /^\]\}\}\s*$/;

/** Files that hold no text as it is, by their first bytes. */
const CODED: readonly { readonly start: readonly number[]; readonly what: string; readonly hint: string }[] = [
  { start: [0xff, 0xfe], what: "UTF-16", hint: "PowerShell's > writes it so: export with --output FILE instead" },
  { start: [0xfe, 0xff], what: "UTF-16", hint: "convert it to UTF-8" },
  { start: [0x1f, 0x8b], what: "compressed", hint: "gunzip -c FILE | hookcli events import -" },
];

/** An input whose beginning was looked at. */
export interface Begun {
  readonly prefix: Buffer;
  readonly rest: AsyncIterator<Buffer>;
  /** There is no more than the prefix. */
  readonly ended: boolean;
}

/** As much of the input as holds two lines that are not empty. */
export async function beginningOf(chunks: AsyncIterable<Buffer>): Promise<Begun> {
  const rest = chunks[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let lines = 0;
  let bytes = 0;
  while (lines < 2 && bytes <= MAX_LINE_BYTES) {
    const next = await rest.next();
    if (next.done === true) return { prefix: Buffer.concat(parts), rest, ended: true };
    parts.push(next.value);
    bytes += next.value.length;
    lines += linesEnded(next.value);
  }
  return { prefix: Buffer.concat(parts), rest, ended: false };
}

/** Line ends in a chunk that have something in front of them. */
function linesEnded(chunk: Buffer): number {
  const lines = chunk.toString("latin1").split("\n");
  return lines.slice(0, -1).filter((line) => line.trim() !== "").length;
}

/** How the input is to be read, by its first two lines. */
export function kindOf({ prefix, ended }: Omit<Begun, "rest">): "lines" | "entries" | "json" | "http" {
  const [first = "", second = ""] = prefix
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  if (!/^[{[]/.test(first.trimStart()))
    return REQUEST_START.test(first) && !STREAM_FIELD.test(first) ? "http" : "lines";
  if (isJson(first)) return "lines";
  if (ENTRIES_FOLLOW.test(first) && (LAST_LINE.test(second) || isJson(second.replace(/,$/, "")))) return "entries";
  if (/[[{,]\s*$/.test(first)) return "json";
  return second === "" ? (ended ? "lines" : "json") : isJson(second) ? "lines" : "json";
}

/** Throws CliError 2 for a file that has to be turned into text first. */
export function refuseCoded(prefix: Buffer, name: string): void {
  const coded = CODED.find(({ start }) => start.every((byte, index) => prefix[index] === byte));
  if (coded !== undefined) throw new CliError(`${name} is ${coded.what}`, { hint: coded.hint });
}
