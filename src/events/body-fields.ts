import { headerValue, isFormType, type HeaderList } from "./headers.js";
import { asByteText, decodeString, fromByteText, toByteText, tryParseJson, type JsonNode } from "./json-tree.js";

/** Keys that are told where one is missing. */
const TOLD_KEYS = 6;

const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

/**
 * A body by its fields, for all that asks for one. `curl -d` calls everything a form: an object or array of JSON is read as such
 * whatever its type says. Numbers are as they are written, so that none loses a digit.
 */
export class BodyFields {
  private readonly bytes: string;
  private readonly root: JsonNode | undefined;
  private readonly form: URLSearchParams | undefined;

  constructor({ headers, body }: { readonly headers: HeaderList; readonly body: Uint8Array }) {
    this.bytes = toByteText(body);
    const isForm = isFormType(headerValue(headers, "content-type"));
    this.root = isForm && !/^(?:\u00ef\u00bb\u00bf)?\s*[[{]/.test(this.bytes) ? undefined : this.readJson();
    this.form = isForm && this.root === undefined ? new URLSearchParams(fromByteText(this.bytes)) : undefined;
  }

  /** It has fields: it is JSON or a form. */
  get isReadable(): boolean {
    return this.root !== undefined || this.form !== undefined;
  }

  /** What stands at a path as text: strings as they are, all else as JSON writes it. No step: the whole body. */
  value(path: readonly string[]): string | undefined {
    if (path.length === 0) return fromByteText(this.bytes);
    if (this.form !== undefined) return this.form.get(path.join(".")) ?? undefined;
    const node = this.walk(path);
    if (node === undefined) return undefined;
    return node.kind === "string"
      ? decodeString(this.bytes, node.start, node.end)
      : fromByteText(this.bytes.slice(node.start, node.end));
  }

  /** The same, unless it is an object or an array. */
  scalar(path: readonly string[]): string | undefined {
    const kind = this.form === undefined ? this.walk(path)?.kind : undefined;
    return kind === "object" || kind === "array" ? undefined : this.value(path);
  }

  /** What is there instead of a path: `; body.data has ID, key`. */
  beside(path: readonly string[], name: string): string {
    if (this.form !== undefined) return this.told(name, [...new Set(this.form.keys())]);
    if (this.root === undefined) return this.bytes === "" ? `; ${name} is empty` : `; ${name} is not JSON`;
    let depth = 0;
    while (depth < path.length && this.walk(path.slice(0, depth + 1)) !== undefined) depth += 1;
    const place = [name, ...path.slice(0, depth)].join(".");
    const node = this.walk(path.slice(0, depth));
    if (node?.kind === "array") return `; ${place} has ${node.members.length} items`;
    if (node?.kind !== "object") return `; ${place} holds a single value`;
    return this.told(
      place,
      node.members.map((member) => decodeString(this.bytes, member.keyStart, member.keyEnd)),
    );
  }

  /** A byte order mark is blanked out: places in the text stay places in the bytes. */
  private readJson(): JsonNode | undefined {
    const hasMark = this.bytes.startsWith(BYTE_ORDER_MARK);
    return tryParseJson(hasMark ? `   ${this.bytes.slice(BYTE_ORDER_MARK.length)}` : this.bytes);
  }

  private told(place: string, keys: readonly string[]): string {
    if (keys.length === 0) return `; ${place} is empty`;
    const more = keys.length > TOLD_KEYS ? `, and ${keys.length - TOLD_KEYS} more` : "";
    return `; ${place} has ${keys.slice(0, TOLD_KEYS).join(", ")}${more}`;
  }

  private walk(path: readonly string[]): JsonNode | undefined {
    let node = this.root;
    for (const step of path) node = node === undefined ? undefined : this.member(node, step);
    return node;
  }

  /** Of a key that stands there twice the last one counts, as in every parser. */
  private member(node: JsonNode, step: string): JsonNode | undefined {
    if (node.kind === "array") return /^(?:0|[1-9]\d{0,8})$/.test(step) ? node.members[Number(step)]?.value : undefined;
    if (node.kind !== "object") return undefined;
    const plain = asByteText(`"${step}"`);
    return node.members.findLast(({ keyStart, keyEnd }) => {
      const key = this.bytes.slice(keyStart, keyEnd);
      return key.includes("\\") ? decodeString(this.bytes, keyStart, keyEnd) === step : key === plain;
    })?.value;
  }
}
