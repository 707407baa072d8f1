import { JSON_LAYOUTS, joinParts, jsonParts, writeJson, type JsonLayout, type JsonParts } from "../explain-json.js";
import { utf8 } from "./body.js";

/** Larger bodies are not taken apart as JSON. */
const MAX_JSON_BYTES = 8 * 2 ** 20;
const MAX_JSON_TOKENS = 1_000_000;
/** How much longer than the body a re-serialisation may get. */
const MAX_GROWTH = 8;

/** A layout, or the blanks as they are. */
export type Layout = JsonLayout | "as it is";

/**
 * A JSON text taken apart, to be written again in many ways. What stands between its values (strings, keys, numbers, words) depends on
 * the layout alone and is made once for each.
 */
export class JsonText {
  readonly tokens: readonly string[];
  /** Strings, keys, numbers and words, in order. */
  readonly values: readonly string[];
  /** How the text is laid out, when that is in one of the common ways. */
  readonly own: Layout;
  private readonly parts: JsonParts;
  private readonly limit: number;
  private readonly betweens = new Map<Layout, readonly string[] | undefined>();

  constructor(text: string, parts: JsonParts) {
    this.parts = parts;
    this.tokens = parts.tokens;
    this.values = parts.tokens.filter(isValue);
    this.limit = text.length * MAX_GROWTH + 65_536;
    this.own = JSON_LAYOUTS.find((layout) => this.write(this.values, layout) === text) ?? "as it is";
  }

  /** The text's own layout, then as many of the common ones as asked. */
  layouts(count = JSON_LAYOUTS.length): readonly Layout[] {
    return [this.own, ...JSON_LAYOUTS.slice(0, count).filter((layout) => layout !== this.own)];
  }

  /** The text with other values, as many as it has; `undefined` when that gets too long. */
  write(values: readonly string[], layout: Layout): string | undefined {
    const between = this.between(layout);
    if (between === undefined) return undefined;
    const pieces: string[] = [];
    for (const [index, piece] of between.entries()) pieces.push(piece, values[index] ?? "");
    return pieces.join("");
  }

  /** The tokens in another order, or others altogether. */
  writeTokens(tokens: readonly string[], layout: JsonLayout): string | undefined {
    return writeJson(tokens, layout, this.limit);
  }

  /** Where each value stands in the text of a layout, and the text. */
  places(layout: Layout): { readonly text: string; readonly starts: readonly number[] } | undefined {
    const between = this.between(layout);
    const text = this.write(this.values, layout);
    if (between === undefined || text === undefined) return undefined;
    let at = 0;
    const starts = this.values.map((value, index) => {
      const start = at + (between[index]?.length ?? 0);
      at = start + value.length;
      return start;
    });
    return { text, starts };
  }

  private between(layout: Layout): readonly string[] | undefined {
    if (!this.betweens.has(layout)) this.betweens.set(layout, this.makeBetween(layout));
    return this.betweens.get(layout);
  }

  private makeBetween(layout: Layout): readonly string[] | undefined {
    const holes = this.tokens.map((token) => (isValue(token) ? "\0" : token));
    const text =
      layout === "as it is" ? joinParts({ ...this.parts, tokens: holes }) : writeJson(holes, layout, this.limit);
    return text?.split("\0");
  }
}

function isValue(token: string): boolean {
  return token.length > 1 || !"{}[],:".includes(token);
}

/** In words, after "written". */
export function layoutName(layout: Layout): string {
  return layout === "as it is" ? layout : layout.name;
}

const texts = new WeakMap<Uint8Array, { readonly text: JsonText | undefined }>();

/** The JSON of a body, taken apart once however many ask for it; `undefined` when it looks like none, or is too large. */
export function jsonTextOf(body: Uint8Array): JsonText | undefined {
  const known = texts.get(body) ?? { text: takeApart(body) };
  texts.set(body, known);
  return known.text;
}

function takeApart(body: Uint8Array): JsonText | undefined {
  if (body.length > MAX_JSON_BYTES || body.length === 0) return undefined;
  const text = utf8(body).replace(/^\ufeff/, "");
  const parts = jsonParts(text, MAX_JSON_TOKENS);
  return parts === undefined ? undefined : new JsonText(text, parts);
}
