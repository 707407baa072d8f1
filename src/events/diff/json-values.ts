import { decodeString, type JsonNode } from "../json-tree.js";

/**
 * Numbers for JSON values: two values have the same number exactly when they are equal. Numbers are equal when they are
 * written alike (1.0 is not 1), strings when they decode to the same text, objects whatever the order of their members
 * (with a repeated name, only in the same order).
 */
export class JsonValues {
  private readonly known = new Map<string, number>();
  private readonly ids = new Map<JsonNode, number>();

  /** The number of a value of a byte text; those of all that it holds are known afterwards. Not recursive. */
  add(text: string, root: JsonNode): number {
    const open: { readonly node: JsonNode; next: number }[] = [{ node: root, next: 0 }];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const member = top.node.members[top.next];
      top.next += 1;
      if (member !== undefined) open.push({ node: member.value, next: 0 });
      else {
        this.ids.set(top.node, this.numberOf(this.form(text, top.node)));
        open.pop();
      }
    }
    return this.idOf(root);
  }

  /** The number of a value that was added. */
  idOf(node: JsonNode): number {
    return this.ids.get(node) ?? -1;
  }

  private form(text: string, node: JsonNode): string {
    if (node.kind === "string") return stringOf(text, node.start, node.end);
    if (node.kind === "array") return `[${node.members.map(({ value }) => this.idOf(value)).join()}`;
    if (node.kind !== "object") return text.slice(node.start, node.end);
    const names = node.members.map(({ keyStart, keyEnd }) => this.numberOf(stringOf(text, keyStart, keyEnd)));
    const members = node.members.map(({ value }, index) => `${names[index] ?? -1}:${this.idOf(value)}`);
    return new Set(names).size < names.length ? `d${members.join()}` : `{${members.toSorted().join()}`;
  }

  private numberOf(form: string): number {
    const known = this.known.get(form);
    if (known !== undefined) return known;
    const number = this.known.size;
    this.known.set(form, number);
    return number;
  }
}

/** A string's value after a quote, so that it equals no other form. */
function stringOf(text: string, start: number, end: number): string {
  return `"${nameOf(text, start, end)}`;
}

/** What makes a string differ from its spelling: escapes, and bytes beyond ASCII. */
const SPECIAL = /[^\x20-\x5b\x5d-\x7e]/;

/** The value of a string or key of a byte text. */
export function nameOf(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return SPECIAL.test(inner) ? decodeString(text, start, end) : inner;
}
