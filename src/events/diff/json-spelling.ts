import type { JsonNode } from "../json-tree.js";
import type { JsonText } from "./json.js";
import { nameOf } from "./json-values.js";

/** In what two JSON texts of equal value differ; the first that is found counts. */
export type Spelling = "order of keys" | "escapes" | "white space";

/** How two JSON texts that stand for the same value, but not in the same bytes, differ. Not recursive. */
export function spellingDifference(before: JsonText, after: JsonText): Spelling {
  let escapes = false;
  const waiting: [JsonNode, JsonNode][] = [[before.root, after.root]];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const [old, now] = pair;
    if (old.kind === "string") escapes ||= differs(before, after, old, now);
    for (const [index, member] of old.members.entries()) {
      const other = now.members[index];
      if (other === undefined) return "order of keys";
      if (old.kind === "object") {
        const name = nameOf(before.text, member.keyStart, member.keyEnd);
        if (name !== nameOf(after.text, other.keyStart, other.keyEnd)) return "order of keys";
        escapes ||=
          before.text.slice(member.keyStart, member.keyEnd) !== after.text.slice(other.keyStart, other.keyEnd);
      }
      waiting.push([member.value, other.value]);
    }
  }
  return escapes ? "escapes" : "white space";
}

function differs(before: JsonText, after: JsonText, old: JsonNode, now: JsonNode): boolean {
  return before.text.slice(old.start, old.end) !== after.text.slice(now.start, now.end);
}
