import { CliError } from "../errors.js";
import { decodeString, parseJson, toByteText, type JsonMember, type JsonNode } from "./json-tree.js";

/** Where a value stands in a JSON text: keys and indices from the outermost value on. */
export type JsonPath = readonly (string | number)[];

/** A JSON text whose values can be had as they were written. */
export interface JsonSource {
  /** The bytes of a value, its tokens untouched. Throws CliError 2 when it is not there. */
  exact(path: JsonPath): Uint8Array;
  /** The same without white space between tokens, as `JSON.stringify` would write it. */
  compact(path: JsonPath): Uint8Array;
}

/** The source over a text that `JSON.parse` has taken. It is read again only when a value is asked for. */
export function jsonSource(bytes: Uint8Array): JsonSource {
  let read: { readonly text: string; readonly root: JsonNode } | undefined;
  const slice = (path: JsonPath) => {
    read ??= parsed(toByteText(bytes));
    return sliceOf(read.text, read.root, path);
  };
  return {
    exact: (path) => Buffer.from(slice(path), "latin1"),
    compact: (path) => Buffer.from(withoutSpace(slice(path)), "latin1"),
  };
}

/** The JSON text without white space between its tokens; what stands in strings stays. */
export function withoutSpace(text: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    parts.push(text.slice(at, end).replaceAll(/[ \t\n\r]+/g, ""));
    at = end;
    if (quote === -1) break;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at += 1;
    parts.push(text.slice(quote, at));
  }
  return parts.join("");
}

function parsed(text: string): { text: string; root: JsonNode } {
  return { text, root: parseJson(text) };
}

function sliceOf(text: string, root: JsonNode, path: JsonPath): string {
  let node = root;
  for (const step of path) {
    const member = typeof step === "number" ? node.members[step] : memberNamed(text, node, step);
    if (member === undefined) throw new CliError(`${step} is missing`);
    node = member.value;
  }
  return text.slice(node.start, node.end);
}

/** The last one of a name, as `JSON.parse` takes it. */
function memberNamed(text: string, node: JsonNode, name: string): JsonMember | undefined {
  return node.members.findLast(({ keyStart, keyEnd }) => decodeString(text, keyStart, keyEnd) === name);
}
