import { CliError } from "../../errors.js";
import { suggestion } from "../nearest.js";

/** A part of a JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where a value stands: names of members and indexes, from the definition on. */
export type Place = readonly (string | number)[];

/** What is wrong with a definition, and where. */
export class DefinitionError extends CliError {
  readonly at: Place;
  /** The message without the place. */
  readonly problem: string;

  constructor(at: Place, problem: string, hint?: string) {
    super(at.length === 0 ? problem : `${at.join(".")}: ${problem}`, { hint });
    this.at = at;
    this.problem = problem;
  }
}

/** How a value is written in JSON: what reads it, and what an editor is told of it. The schema never refuses what is read. */
export interface Shape<Value> {
  readonly expected: string;
  readonly schema: JsonSchema;
  /** Throws DefinitionError. */
  readonly read: (json: unknown, at: Place) => Value;
}

/** A member that may be left out. */
export interface Optional<Value> {
  readonly optional: Shape<Value>;
}

/** The shapes of an object's members. */
export type Members<Value, Tag extends PropertyKey = never> = {
  readonly [Name in Exclude<keyof Value, Tag>]-?: {} extends Pick<Value, Name>
    ? Optional<Exclude<Value[Name], undefined>>
    : Shape<Value[Name]>;
};

/** How much of a wrong text an error shows, characters. */
const SHOWN_LENGTH = 60;

export function optional<Value>(shape: Shape<Value>): Optional<Value> {
  return { optional: shape };
}

/** Text that is not empty, of a certain form. */
export function text(expected: string, form = /^[^\0]+$/): Shape<string> {
  return {
    expected,
    schema: { type: "string", pattern: form.source },
    read: (json, at) => (typeof json === "string" && form.test(json) ? json : fail(at, expected, json)),
  };
}

/** A shape whose value is made into another one; `make` throws DefinitionError, or gives `undefined` for a wrong one. */
export function mapped<From, To>(shape: Shape<From>, make: (value: From, at: Place) => To | undefined): Shape<To> {
  const read = (json: unknown, at: Place) => make(shape.read(json, at), at) ?? fail(at, shape.expected, json);
  return { ...shape, read };
}

export const flag: Shape<boolean> = {
  expected: "true or false",
  schema: { type: "boolean" },
  read: (json, at) => (typeof json === "boolean" ? json : fail(at, "true or false", json)),
};

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number): Shape<number> {
  const expected = `a whole number from ${minimum} to ${maximum}`;
  const fits = (json: unknown): json is number =>
    Number.isInteger(json) && Number(json) >= minimum && Number(json) <= maximum;
  return {
    expected,
    schema: { type: "integer", minimum, maximum },
    read: (json, at) => (fits(json) ? json : fail(at, expected, json)),
  };
}

/** One of some words; `words` has a member for each, so that the compiler knows of one that is missing. */
export function choice<Word extends string>(words: Readonly<Record<Word, true>>): Shape<Word> {
  const names = Object.keys(words);
  const expected = `one of ${names.join(", ")}`;
  const isWord = (json: unknown): json is Word => typeof json === "string" && names.includes(json);
  return {
    expected,
    schema: { enum: names },
    read: (json, at) =>
      isWord(json) ? json : fail(at, expected, json, typeof json === "string" ? closest(json, names) : undefined),
  };
}

/** A list with at least so many items. */
export function list<Item>(item: Shape<Item>, minimum = 1): Shape<readonly Item[]> {
  const expected = `a list of ${item.expected}`;
  return {
    expected,
    schema: { type: "array", items: item.schema, minItems: minimum },
    read: (json, at) =>
      Array.isArray(json) && json.length >= minimum
        ? json.map((one, index) => item.read(one, [...at, index]))
        : fail(at, minimum > 0 && Array.isArray(json) ? `${expected}, and one at least` : expected, json),
  };
}

/** An object with a value for each of any names of a form. */
export function record<Value>(name: RegExp, what: string, value: Shape<Value>): Shape<Readonly<Record<string, Value>>> {
  const expected = `an object with ${what}`;
  return {
    expected,
    schema: { type: "object", propertyNames: { pattern: name.source }, additionalProperties: value.schema },
    read: (json, at) =>
      Object.fromEntries(
        Object.entries(objectOf(json, at, expected)).map(([key, one]) => {
          if (!name.test(key)) throw new DefinitionError([...at, key], `expected ${what}`);
          return [key, value.read(one, [...at, key])];
        }),
      ),
  };
}

/** An object with these members and no others. */
export function object<Value extends object>(members: Members<Value>, expected = "an object"): Shape<Value> {
  const fields: Fields = fieldsOf(members);
  return {
    expected,
    schema: objectSchema(fields),
    // Each member was read by the shape of its name.
    read: (json, at) => readMembers(objectOf(json, at, expected), fields, at) as Value,
  };
}

/** An object of one of several kinds, which one member tells. */
export function variants<Union extends object, Tag extends keyof Union & string>(
  tag: Tag,
  kinds: { readonly [Kind in Union[Tag] & string]: Members<Extract<Union, Readonly<Record<Tag, Kind>>>, Tag> },
): Shape<Union> {
  const table = new Map(Object.entries<object>(kinds).map(([kind, members]) => [kind, fieldsOf(members)]));
  const names = [...table.keys()];
  const expected = `an object with "${tag}"`;
  return {
    expected,
    schema: {
      anyOf: [...table].map(([kind, fields]) => {
        const { properties, required, ...rest } = objectSchema(fields);
        return { ...rest, required: [tag, ...required], properties: { [tag]: { const: kind }, ...properties } };
      }),
    },
    read: (json, at) => {
      const { [tag]: kind, ...rest } = objectOf(json, at, expected);
      const fields = typeof kind === "string" ? table.get(kind) : undefined;
      if (fields === undefined)
        fail(
          [...at, tag],
          `one of ${names.join(", ")}`,
          kind,
          typeof kind === "string" ? closest(kind, names) : undefined,
        );
      // The tag chose the table, and each member was read by the shape of its name.
      return { [tag]: kind, ...readMembers(rest, fields ?? new Map(), at) } as Union;
    },
  };
}

/** The first shape that is written as the JSON is: as text, as a list, as an object, or as none of these. */
export function either<Value>(...shapes: readonly [Shape<Value>, Shape<Value>, ...Shape<Value>[]]): Shape<Value> {
  const expected = shapes.map((shape) => shape.expected).join(", or ");
  return {
    expected,
    schema: { anyOf: shapes.map(({ schema }) => schema) },
    read: (json, at) => {
      const shape = shapes.find(({ schema }) => writtenAs(schema) === kindOf(json));
      return shape === undefined ? fail(at, expected, json) : shape.read(json, at);
    },
  };
}

/** `null`, for what a row leaves undefined. */
export function orNull<Value>(shape: Shape<Value>): Shape<Value | undefined> {
  return {
    expected: `${shape.expected}, or null`,
    schema: { anyOf: [shape.schema, { type: "null" }] },
    read: (json, at) => (json === null ? undefined : shape.read(json, at)),
  };
}

/** A shape that holds itself. `ref`: where the schema has it. */
export function lazy<Value>(expected: string, ref: string, shape: () => Shape<Value>): Shape<Value> {
  return { expected, schema: { $ref: ref }, read: (json, at) => shape().read(json, at) };
}

/** An object whose schema stands in one place, however often it is used. */
export function referred<Value>(ref: string, shape: Shape<Value>): Shape<Value> {
  return { ...shape, schema: { $ref: ref } };
}

type Fields = ReadonlyMap<string, { readonly shape: Shape<unknown>; readonly isOptional: boolean }>;

function fieldsOf(members: object): Fields {
  return new Map(
    Object.entries(members as Record<string, Shape<unknown> | Optional<unknown>>).map(([name, member]) => [
      name,
      "optional" in member ? { shape: member.optional, isOptional: true } : { shape: member, isOptional: false },
    ]),
  );
}

function objectSchema(fields: Fields) {
  return {
    type: "object",
    properties: Object.fromEntries([...fields].map(([name, { shape }]) => [name, shape.schema])),
    required: [...fields].flatMap(([name, { isOptional }]) => (isOptional ? [] : [name])),
    additionalProperties: false,
  };
}

function readMembers(json: Readonly<Record<string, unknown>>, fields: Fields, at: Place): object {
  for (const name of Object.keys(json)) {
    if (!fields.has(name))
      throw new DefinitionError([...at, name], "unknown key", unknownHint(name, [...fields.keys()]));
  }
  return Object.fromEntries(
    [...fields].flatMap(([name, { shape, isOptional }]) => {
      if (Object.hasOwn(json, name)) return [[name, shape.read(json[name], [...at, name])]];
      if (isOptional) return [];
      throw new DefinitionError(at, `${name} is missing`, `${name} takes ${shape.expected}`);
    }),
  );
}

function unknownHint(name: string, known: readonly string[]): string | undefined {
  return known.length === 0 ? "there is none to give here" : closest(name, known);
}

function closest(word: string, known: readonly string[]): string | undefined {
  const hint = suggestion(word, known);
  return hint?.startsWith("known are ") === true && known.length > 40 ? undefined : hint;
}

function objectOf(json: unknown, at: Place, expected: string): Readonly<Record<string, unknown>> {
  if (kindOf(json) !== "object") fail(at, expected, json);
  return json as Readonly<Record<string, unknown>>;
}

function writtenAs(schema: JsonSchema): string {
  const of = schema["anyOf"];
  if (Array.isArray(of)) return writtenAs((of as readonly JsonSchema[])[0] ?? {});
  if (schema["enum"] !== undefined) return "string";
  if (schema["type"] === "integer") return "number";
  return schema["$ref"] === undefined ? String(schema["type"]) : "object";
}

function kindOf(json: unknown): string {
  if (json === null) return "null";
  return Array.isArray(json) ? "array" : typeof json;
}

function fail(at: Place, expected: string, json: unknown, hint?: string): never {
  throw new DefinitionError(at, `expected ${expected}, found ${shown(json)}`, hint);
}

function shown(json: unknown): string {
  if (json === undefined) return "nothing";
  const kind = kindOf(json);
  if (kind === "object" || kind === "array") return kind;
  const whole = JSON.stringify(json);
  return whole.length > SHOWN_LENGTH ? `${whole.slice(0, SHOWN_LENGTH)}...` : whole;
}
