import { isIP } from "node:net";
import { parseDuration, parseSize, parseSpeed } from "./values.js";

/** A part of a JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How the value of a config key is written in JSON. */
export interface ValueKind<Value> {
  /** What it must be, for errors: `a duration such as "30s"`. */
  readonly expected: string;
  readonly schema: JsonSchema;
  /** What the JSON means; `undefined` when it is not of this kind. */
  readonly read: (json: unknown) => Value | undefined;
  /** A value of it may be a credential: it is in no error and in no list. */
  readonly isSecret?: true;
  /** It is a path, seen from the folder of its file. */
  readonly isPath?: true;
  /** A project's file may only name what lies in its folder: the world is shown it. */
  readonly isInside?: true;
  /** It is a program that is run: a project's file, which may be somebody else's, says none. */
  readonly isCommand?: true;
}

const DURATION = /^(?:0|\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h|d))$/;
const SPEED = /^(?!0+(?:\.0+)?x)\d{1,6}(?:\.\d{1,3})?x$/;
const SIZE = /^\d{1,12}(?:[kKmMgG]?[bB])?$/;
const HOST = String.raw`(?:[^\s/?#\\@:\[\]%<>^|]+|\[[0-9A-Fa-f:.]+\])`;
const PORT = String.raw`0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`;
const TARGET = new RegExp(`^(?::?${PORT}|[hH][tT][tT][pP][sS]?://${HOST}(?::${PORT})?|${HOST}:${PORT})(?:[/?][^#]*)?$`);
const STATUS = /^[1-5](?:\d\d|xx)$/;
const BODY_TEXT = /^[^@]/;
const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]+$/;

/** Text that is not empty. */
export const text = words("text that is not empty");
/** A file or a folder. */
export const path: ValueKind<string> = { ...words("a path"), isPath: true };
/** A file whose content goes to strangers. */
export const sentPath: ValueKind<string> = { ...path, isInside: true };
/** A file that is written. */
export const writtenPath: ValueKind<string> = { ...path, isInside: true };
/** A program and its arguments. */
export const command: ValueKind<string> = { ...words("a command"), isCommand: true };
/** A URL that tokens are sent to, and that may hold one. */
export const service: ValueKind<string> = { ...words("a URL as env:NAME"), isSecret: true };
/** What `--to` takes. */
export const target = pattern('a target such as "5000/webhook" or "http://localhost:5000"', TARGET);
/** A name or an alias of a provider; which there are is checked by the reader of the file. */
export const provider = words("the name of a provider");
/** What may stand in a header. */
export const fieldText = pattern("text that a header can carry", FIELD_TEXT);
/** How a secret is found: `env:NAME`, and in a user's own file also `@file` or the value. */
export const secret: ValueKind<string> = { ...words("a reference such as env:NAME"), isSecret: true };
/** The value of a header, or where it is found. */
export const headerValue: ValueKind<string> = { ...fieldText, isSecret: true };

/** The definition of a provider: its shape is read when there is one, and lies with the providers. */
export const definition: ValueKind<object> = {
  expected: "the definition of a provider",
  schema: { $ref: "#/definitions/provider" },
  read: (json) => (typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined),
};

/** Routes: what one says is read one by one, and lies in routes.ts. */
export const route: ValueKind<object> = {
  expected: 'a route such as { "match": "invoice.*", "target": "3001/invoices" }',
  schema: { $ref: "#/definitions/route" },
  read: (json) => (typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined),
};

/** true or false. */
export const flag: ValueKind<boolean> = {
  expected: "true or false",
  schema: { type: "boolean" },
  read: (json) => (typeof json === "boolean" ? json : undefined),
};

/** Milliseconds, written as `30s`. */
export const duration: ValueKind<number> = {
  expected: 'a duration such as "500ms", "30s", "10m", "2h" or "3d"',
  schema: { type: "string", pattern: DURATION.source },
  read: (json) => (typeof json === "string" && DURATION.test(json) ? parseDuration(json) : undefined),
};

/** Waits, each written as `30s`. */
export const durations: ValueKind<readonly number[]> = {
  expected: 'a list of durations such as "1s" and "5s"',
  schema: { type: "array", items: { type: "string", pattern: DURATION.source }, minItems: 1 },
  read: (json) => {
    if (!Array.isArray(json) || json.length === 0) return undefined;
    const found = json.map((item) => duration.read(item)).filter((item) => item !== undefined);
    return found.length === json.length ? found : undefined;
  },
};

/** How many times as fast, written as `60x`. */
export const speed: ValueKind<number> = {
  expected: 'a speed such as "60x"',
  schema: { type: "string", pattern: SPEED.source },
  read: (json) => (typeof json === "string" && SPEED.test(json) ? parseSpeed(json) : undefined),
};

/** Bytes, written as `25mb` or as a number. */
export const size: ValueKind<number> = {
  expected: 'a size such as "512kb" or "25mb", or a number of bytes',
  schema: {
    anyOf: [
      { type: "string", pattern: SIZE.source },
      { type: "integer", minimum: 0, maximum: 2 ** 50 },
    ],
  },
  read: (json) => {
    if (typeof json === "string") return SIZE.test(json) ? parseSize(json) : undefined;
    return isInteger(json, 0, 2 ** 50) ? json : undefined;
  },
};

/** An http(s) URL. */
export const url: ValueKind<string> = {
  expected: "an http or https URL",
  schema: { type: "string", pattern: "^[hH][tT][tT][pP][sS]?://" },
  read: (json) => (typeof json === "string" && /^https?:\/\//i.test(json) && URL.canParse(json) ? json : undefined),
};

/** A list of texts, none of them empty. */
export const list = listOf("text", (item) => /\S/.test(item), { type: "string", pattern: String.raw`\S` });

/** Statuses of answers. */
export const statuses = listOf('statuses such as "5xx" and "404"', (item) => STATUS.test(item), {
  type: "string",
  pattern: STATUS.source,
});

/** The body of a request: text as it is, or JSON. */
export const body: ValueKind<string> = {
  expected: "text that does not begin with @, or an object",
  schema: { anyOf: [{ type: "string", pattern: BODY_TEXT.source }, { type: "object" }] },
  read: (json) => {
    if (typeof json === "string") return BODY_TEXT.test(json) ? json : undefined;
    return typeof json === "object" && json !== null && !Array.isArray(json) ? JSON.stringify(json) : undefined;
  },
};

/** What an event must be like: one text, or several. */
export const match: ValueKind<readonly string[]> = {
  expected: 'a match such as "invoice.*" or "path:/stripe", or a list of them',
  schema: {
    anyOf: [
      { type: "string", pattern: String.raw`\S` },
      { ...list.schema, minItems: 1 },
    ],
  },
  read: (json) => {
    const items = typeof json === "string" ? list.read([json]) : list.read(json);
    return items === undefined || items.length === 0 ? undefined : items;
  },
};

/** A list of addresses and ranges of addresses. */
export const ranges = listOf("addresses such as 203.0.113.0/24", isRange, {
  type: "string",
  pattern: String.raw`^[0-9A-Fa-f:.]+(?:/\d{1,3})?$`,
});

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number): ValueKind<number> {
  return {
    expected: `a whole number from ${minimum} to ${maximum}`,
    schema: { type: "integer", minimum, maximum },
    read: (json) => (isInteger(json, minimum, maximum) ? json : undefined),
  };
}

/** One of some words. */
export function choice(...words: readonly string[]): ValueKind<string> {
  return {
    expected: `one of ${words.join(", ")}`,
    schema: { enum: words },
    read: (json) => (typeof json === "string" && words.includes(json) ? json : undefined),
  };
}

function words(expected: string): ValueKind<string> {
  return {
    expected,
    schema: { type: "string", minLength: 1 },
    read: (json) => (typeof json === "string" && json !== "" && !json.includes("\0") ? json : undefined),
  };
}

function pattern(expected: string, form: RegExp): ValueKind<string> {
  return {
    expected,
    schema: { type: "string", pattern: form.source },
    read: (json) => (typeof json === "string" && form.test(json) ? json : undefined),
  };
}

function listOf(what: string, fits: (item: string) => boolean, items: JsonSchema): ValueKind<readonly string[]> {
  return {
    expected: `a list of ${what}`,
    schema: { type: "array", items },
    read: (json) => {
      if (!Array.isArray(json)) return undefined;
      const found = json.filter((item): item is string => typeof item === "string" && fits(item));
      return found.length === json.length ? found.map((item) => item.trim()) : undefined;
    },
  };
}

function isInteger(json: unknown, minimum: number, maximum: number): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= minimum && json <= maximum;
}

function isRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
