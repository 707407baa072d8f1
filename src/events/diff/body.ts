import { isUtf8 } from "node:buffer";
import { toByteText, tryParseJson } from "../json-tree.js";
import { diffBytes, type BinaryChange } from "./binary.js";
import { diffJson, type JsonChange, type JsonText } from "./json.js";
import { spellingDifference, type Spelling } from "./json-spelling.js";
import { diffLists, type ListChange, type Pairs } from "./list.js";
import { parameters } from "./parameters.js";
import { diffText, type TextChange } from "./text.js";

/** JSON over this size (bytes) is compared as text: trees of both sides, and all that differs, take some 100 bytes a byte. */
const JSON_LIMIT_BYTES = 8 * 2 ** 20;

/** How two bodies differ, by the best way to tell that both allow. */
export type BodyDiff =
  /** `spelling`: the values are equal, and written in other bytes. */
  | { readonly kind: "json"; readonly changes: readonly JsonChange[]; readonly spelling?: Spelling }
  | { readonly kind: "form"; readonly changes: readonly ListChange[] }
  | { readonly kind: "text"; readonly changes: readonly TextChange[] }
  /** `before`, `after`: the whole bodies, to show what stands around. */
  | {
      readonly kind: "binary";
      readonly change: BinaryChange;
      readonly before: Uint8Array;
      readonly after: Uint8Array;
    };

/** `undefined` when the bodies are the same bytes. `forms`: both are forms. */
export function diffBodies(before: Uint8Array, after: Uint8Array, forms = false): BodyDiff | undefined {
  const change = diffBytes(before, after);
  if (change === undefined) return undefined;
  if (!isText(before) || !isText(after)) return { kind: "binary", change, before, after };
  if (forms) return formDiff(toByteText(before), toByteText(after));
  const old = readJson(before);
  const now = old === undefined ? undefined : readJson(after);
  if (old !== undefined && now !== undefined) return jsonDiff(old, now);
  return { kind: "text", changes: diffText(Buffer.from(before).toString(), Buffer.from(after).toString()) };
}

function jsonDiff(before: JsonText, after: JsonText): BodyDiff {
  const changes = diffJson(before, after);
  return changes.length > 0
    ? { kind: "json", changes }
    : { kind: "json", changes, spelling: spellingDifference(before, after) };
}

function formDiff(before: string, after: string): BodyDiff {
  const [old, now] = [before, after].map((text) => parameters(text === "" ? undefined : text)) as [Pairs, Pairs];
  const same = (name: string) => name;
  return { kind: "form", changes: diffLists({ real: old, shown: old }, { real: now, shown: now }, same) };
}

function isText(body: Uint8Array): boolean {
  return isUtf8(body) && !body.includes(0);
}

function readJson(body: Uint8Array): JsonText | undefined {
  if (body.length > JSON_LIMIT_BYTES) return undefined;
  const text = toByteText(body);
  const root = tryParseJson(text);
  return root === undefined ? undefined : { text, root };
}
