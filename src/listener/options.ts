import { suggestion } from "../providers/nearest.js";

/** The listener was called wrongly: a key that there is not, or a value that cannot be. Tests that do so must not pass. */
export class OptionsError extends TypeError {
  override readonly name = "OptionsError";
}

/** What a value may be. */
export interface Kind {
  /** As an error says it: `a string`. */
  readonly text: string;
  readonly holds: (value: unknown) => boolean;
}

export const TEXT: Kind = { text: "a string", holds: (value) => typeof value === "string" };
export const NUMBER: Kind = {
  text: "a number",
  holds: (value) => typeof value === "number" && !Number.isNaN(value),
};
export const BOOLEAN: Kind = { text: "true or false", holds: (value) => typeof value === "boolean" };
export const FUNCTION: Kind = { text: "a function", holds: (value) => typeof value === "function" };
export const OBJECT: Kind = { text: "an object", holds: isObject };
export const BYTES: Kind = { text: "bytes", holds: (value) => value instanceof Uint8Array };
export const ANYTHING: Kind = { text: "a value", holds: () => true };

/** Any of these. */
export function either(...kinds: readonly Kind[]): Kind {
  return {
    text: kinds.map(({ text }) => text).join(" or "),
    holds: (value) => kinds.some(({ holds }) => holds(value)),
  };
}

/** One of these texts. */
export function oneOf(...words: readonly string[]): Kind {
  return { text: words.join(", "), holds: (value) => words.some((word) => word === value) };
}

/** One such value, or a list of them. */
export function oneOrMore(kind: Kind): Kind {
  return {
    text: `${kind.text}, or a list`,
    holds: (value) => (Array.isArray(value) ? value.every(kind.holds) : kind.holds(value)),
  };
}

/** The keys of an object, each with what it may be. `undefined` is as good as not there. */
export type Shape<Of> = { readonly [Key in keyof Of]-?: Kind };

/**
 * Throws OptionsError when `value` is no object, has a key that `shape` does not have, or one of another kind.
 *
 * @param what the object as an error says it: `the options of waitFor`
 */
export function checkShape<Of extends object>(value: unknown, shape: Shape<Of>, what: string): void {
  if (!isObject(value)) throw new OptionsError(`${what} cannot be ${kindOf(value)}`);
  const kinds = new Map<string, Kind>(Object.entries(shape));
  for (const [key, one] of Object.entries(value)) {
    const kind = kinds.get(key);
    if (kind === undefined) {
      throw new OptionsError(`unknown key ${key} in ${what}: ${suggestion(key, [...kinds.keys()]) ?? "it has none"}`);
    }
    if (one !== undefined && !kind.holds(one)) {
      throw new OptionsError(`${key} in ${what} must be ${kind.text}, not ${kindOf(one)}`);
    }
  }
}

/** Of this realm or of another one, as tests have them; no list, no regular expression, no promise. */
function isObject(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** What a value is, and a short one itself: of a secret it says nothing. */
function kindOf(value: unknown): string {
  if (value === null || ["undefined", "boolean", "number"].includes(typeof value)) return String(value);
  if (typeof value === "string") return "a string";
  if (typeof value === "function") return "a function";
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
