import { JSON_ESCAPES, JSON_LAYOUTS, rewriteTokens, type JsonLayout } from "../explain-json.js";
import { utf8, type BodyVariant } from "./body.js";
import { jsonTextOf, layoutName, type JsonText, type Layout } from "./json-text.js";
import { allOrders, sortedOrders } from "./key-order.js";
import { isRounded, JSON_NUMBERS, otherWritings, roundedFrom } from "./numbers.js";
import { quoted } from "./mask.js";

/** Numbers of a body of which single ones are rewritten. */
const MAX_NUMBERS = 200;
/** Names of number fields of which all combinations are tried: 2^8. */
const MAX_NAMES = 8;

const AS_THEY_ARE = { name: "", write: (token: string) => token };

/** The body parsed and written again with other blanks. */
export function* layoutVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  const plain = rewriteTokens(json.values, JSON_ESCAPES[1] ?? AS_THEY_ARE, AS_THEY_ARE);
  const isPlain = sameTokens(plain, json.values);
  for (const layout of JSON_LAYOUTS) {
    yield* bothEnds(json.write(json.values, layout), [layout.name]);
    if (!isPlain) yield* bothEnds(json.write(plain, layout), [layout.name, "without needless escapes"]);
  }
}

/** The indented JSON whose line ends, and nothing else, were dropped. */
export function* lineEndVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined || json.own !== "as it is" || body.includes(0x0a)) return;
  const text = utf8(body);
  for (const layout of JSON_LAYOUTS.filter(({ indent }) => indent !== undefined)) {
    const indented = json.write(json.values, layout);
    if (indented?.replaceAll("\n", "") !== text) continue;
    for (const { bytes, about } of bothEnds(indented, [layout.name])) {
      yield { bytes, cause: "body_newline", about: `${about}: its line ends were dropped, as curl -d does` };
    }
  }
}

/** ... with {} where PHP, which has one kind of array, wrote []. */
export function* emptyObjectVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  const { tokens } = json;
  const places = tokens.flatMap((token, index) => (token === "[" && tokens[index + 1] === "]" ? [index] : []));
  for (const chosen of subsets(places)) {
    const changed = [...tokens];
    for (const index of chosen) changed.splice(index, 2, "{", "}");
    for (const escapes of JSON_ESCAPES.slice(0, 5)) {
      const written = rewriteTokens(changed, escapes, AS_THEY_ARE);
      if (escapes.name !== "" && sameTokens(written, changed)) continue;
      for (const layout of JSON_LAYOUTS.slice(0, 3)) {
        yield* bothEnds(json.writeTokens(written, layout), [layout.name, "with {} in place of []", escapes.name]);
      }
    }
  }
}

/** All; then, of few, every other choice of them. */
function* subsets<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) return;
  yield items;
  if (items.length > MAX_NAMES) {
    for (const item of items) yield [item];
    return;
  }
  for (let mask = 1; mask < 2 ** items.length - 1; mask += 1) {
    yield items.filter((_, index) => Math.floor(mask / 2 ** index) % 2 === 1);
  }
}

/** ... and with other escapes. */
export function* escapeVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json !== undefined) yield* escapedWith(json, json.values, []);
}

function* escapedWith(
  json: JsonText,
  values: readonly string[],
  names: readonly string[],
  layouts?: number,
): Generator<BodyVariant> {
  for (const escapes of JSON_ESCAPES.slice(1)) {
    const changed = rewriteTokens(values, escapes, AS_THEY_ARE);
    if (sameTokens(changed, values)) continue;
    for (const layout of json.layouts(layouts))
      yield* ends(json.write(changed, layout), layout, [layoutName(layout), escapes.name, ...names]);
  }
}

/** ... and with other numbers, in the writing of a language. */
export function* numberVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  for (const { name, values } of otherNumbers(json)) {
    for (const layout of json.layouts(3)) yield* ends(json.write(values, layout), layout, [layoutName(layout), name]);
  }
}

/** ... and with both at once. */
export function* escapedNumberVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  for (const { name, values } of otherNumbers(json)) yield* escapedWith(json, values, [name], 3);
}

function* otherNumbers(json: JsonText): Generator<{ readonly name: string; readonly values: readonly string[] }> {
  for (const numbers of JSON_NUMBERS.slice(1)) {
    const values = rewriteTokens(json.values, AS_THEY_ARE, numbers);
    if (!sameTokens(values, json.values)) yield { name: numbers.name, values };
  }
}

/** ... with its keys sorted. */
export function* sortedVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  for (const { tokens, about } of sortedOrders(json.tokens)) {
    for (const escapes of JSON_ESCAPES.slice(0, 5)) {
      for (const numbers of JSON_NUMBERS.slice(0, 2)) {
        const changed = rewriteTokens(tokens, escapes, numbers);
        if ((escapes.name !== "" || numbers.name !== "") && sameTokens(changed, tokens)) continue;
        for (const layout of JSON_LAYOUTS.slice(0, 3)) {
          yield* bothEnds(json.writeTokens(changed, layout), [layout.name, about, escapes.name, numbers.name]);
        }
      }
    }
  }
}

/** ... with its outer keys, or those of an inner object, in any other order. */
export function* orderVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  for (const { tokens, about } of allOrders(json.tokens)) {
    for (const layout of JSON_LAYOUTS.slice(0, 2))
      yield* oneEnd(json.writeTokens(tokens, layout), [layout.name, about]);
  }
}

/** ... with single numbers written otherwise: one number, or all numbers under the same names. */
export function* singleNumberVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  const numbers = json.values.flatMap((value, index) => (/^-?\d/.test(value) ? [index] : [])).slice(0, MAX_NUMBERS);
  if (numbers.length === 0) return;
  for (const layout of json.layouts(3)) {
    const names = [layoutName(layout)];
    for (const chosen of namedSubsets(json, numbers)) {
      const values = [...json.values];
      for (const index of chosen) values[index] += ".0";
      yield* oneEnd(json.write(values, layout), [...names, "some of its whole numbers with .0"]);
    }
    yield* withOtherWritings(json, numbers, layout);
  }
}

function* withOtherWritings(json: JsonText, numbers: readonly number[], layout: Layout): Generator<BodyVariant> {
  const places = json.places(layout);
  if (places === undefined) return;
  const { text, starts } = places;
  for (const index of numbers) {
    const value = json.values[index] ?? "";
    const start = starts[index] ?? 0;
    for (const writing of otherWritings(value)) {
      const changed = text.slice(0, start) + writing + text.slice(start + value.length);
      yield* oneEnd(changed, [layoutName(layout), `one of its numbers as ${quoted(writing)}`]);
    }
  }
}

/** ... with one whole number beyond 2^53 as it was before it was rounded, wherever it stands. */
export function* roundedVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  const rounded = new Set(json.values.filter(isRounded));
  for (const layout of json.layouts(4)) {
    for (const token of rounded) {
      for (const whole of roundedFrom(token)) {
        const values = json.values.map((value) => (value === token ? whole : value));
        for (const variant of ends(json.write(values, layout), layout, [layoutName(layout)])) {
          yield { ...variant, about: `${variant.about}, with the number ${quoted(whole)}: ${ROUNDING}` };
        }
      }
    }
  }
}

const ROUNDING = "the body was parsed and written again, which rounds whole numbers beyond 2^53";

/** The common re-serialisations, for pairs with other faults. */
export function* fewLayoutVariants(body: Uint8Array): Generator<BodyVariant> {
  const json = jsonTextOf(body);
  if (json === undefined) return;
  for (const escapes of [AS_THEY_ARE, ...JSON_ESCAPES.slice(1, 7)]) {
    const changed = rewriteTokens(json.values, escapes, AS_THEY_ARE);
    if (escapes !== AS_THEY_ARE && sameTokens(changed, json.values)) continue;
    for (const layout of JSON_LAYOUTS.slice(0, 4))
      yield* bothEnds(json.write(changed, layout), [layout.name, escapes.name]);
  }
}

/**
 * Whether the JSON of the body has whole numbers beyond 2^53, and all of them are what a parser that keeps numbers as
 * doubles writes: where there are several, what they were before cannot be told.
 */
export function hasRoundedIntegers(body: Uint8Array): boolean {
  const large = jsonTextOf(body)?.values.filter((value) => /^-?[1-9]\d{16,19}$/.test(value)) ?? [];
  return large.length > 0 && large.every(isRounded);
}

function* oneEnd(text: string | undefined, names: readonly string[]): Generator<BodyVariant> {
  if (text === undefined) return;
  yield { bytes: Buffer.from(text), cause: "body_reserialised", about: aboutOf(names) };
}

function* bothEnds(text: string | undefined, names: readonly string[]): Generator<BodyVariant> {
  yield* oneEnd(text, names);
  yield* oneEnd(text === undefined ? text : `${text}\n`, [...names, "with a final newline"]);
}

/** A body whose blanks stay as they are keeps its end too. */
function ends(
  text: string | undefined,
  layout: JsonLayout | "as it is",
  names: readonly string[],
): Generator<BodyVariant> {
  return layout === "as it is" ? oneEnd(text, names) : bothEnds(text, names);
}

function aboutOf(names: readonly string[]): string {
  return `the JSON of the body written ${names.filter(Boolean).join(", ")}`;
}

/** Sets of whole numbers that belong together by the names of their fields; the set of all is left to the languages' writings. */
function* namedSubsets({ values }: JsonText, numbers: readonly number[]): Generator<readonly number[]> {
  const byName = new Map<string, number[]>();
  for (const index of numbers) {
    if (!/^-?\d+$/.test(values[index] ?? "")) continue;
    const before = values[index - 1] ?? "";
    const name = before.startsWith('"') ? before : "";
    byName.set(name, [...(byName.get(name) ?? []), index]);
  }
  const groups = [...byName.values()];
  for (const chosen of subsets(groups))
    if (chosen.length < groups.length || groups.length > MAX_NAMES) yield chosen.flat();
}

function sameTokens(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((token, index) => token === other[index]);
}
