import { CliError } from "../errors.js";
import { isToken } from "../events/headers.js";
import { redactUrl } from "../events/redact.js";

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, "": 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

/** `500ms`, `30s`, `10m`, `2h`, `3d`, or `0`, in milliseconds. */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text);
  const unit = DURATION_UNITS_MS[match?.[2] ?? ""];
  if (match === null || unit === undefined) {
    throw new CliError(`not a duration: ${text}`, { hint: "write it as 500ms, 30s, 10m, 2h or 3d" });
  }
  return Math.round(Number(match[1]) * unit);
}

/** `25mb`, `64kb`, `1gb` or plain bytes; `mb` is 2^20. */
export function parseSize(text: string): number {
  const match = /^(\d{1,12})(b|kb|mb|gb|)$/.exec(text.toLowerCase());
  const unit = SIZE_UNITS[match?.[2] ?? "?"];
  if (match === null || unit === undefined) {
    throw new CliError(`not a size: ${text}`, { hint: "write it as 512kb, 25mb or 1gb" });
  }
  return Number(match[1]) * unit;
}

/** A whole number within bounds. `name` is the option's, for the error. */
export function parseInteger(text: string, bounds: { name: string; min: number; max: number }): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < bounds.min || value > bounds.max) {
    throw new CliError(`${bounds.name} takes a whole number from ${bounds.min} to ${bounds.max}, not ${text}`);
  }
  return value;
}

/** `60x`, or the number alone. */
export function parseSpeed(text: string): number {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)x?$/.exec(text);
  const factor = Number(match?.[1] ?? 0);
  if (factor <= 0) throw new CliError(`not a speed: ${text}`, { hint: "write it as 60x" });
  return factor;
}

/** A list written as `a,b,c`; blanks around items are dropped, empty items are an error. */
export function parseList(text: string, name: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) throw new CliError(`${name} has an empty item: ${text}`);
  return items;
}

/** A header written as `Name: value`. */
export function parseHeaderLine(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0)).trim();
  if (!isToken(name)) {
    throw new CliError(`not a header: ${text}`, { hint: "write it as 'Name: value'" });
  }
  const value = text.slice(colon + 1).trim();
  // The grammar of field values: RFC 9110, section 5.5.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    throw new CliError(`header ${name} has a control character in its value`);
  return [name, value];
}

/** What may stand in a header's value; for `option("--timestamp <text>", "...", fieldText("--timestamp"))`. */
export function fieldText(option: string): (text: string) => string {
  return (text) => {
    if (text === "") throw new CliError(`${option} is empty`);
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text;
    throw new CliError(`${option} has a character that no header can carry: ${text}`);
  };
}

/** A method or a header's name: what RFC 9110 calls a token. */
export function tokenText(option: string): (text: string) => string {
  return (text) => {
    if (text.length <= 200 && isToken(text)) return text;
    throw new CliError(`${option} takes letters, digits and -, not ${text === "" ? "an empty value" : text}`);
  };
}

/** A whole http(s) URL. */
export function urlText(option: string): (text: string) => string {
  return (text) => {
    if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
    throw new CliError(`${option} takes a whole URL, not ${text === "" ? "an empty value" : redactUrl(text)}`, {
      hint: `${option} http://localhost:5000/webhook`,
    });
  };
}

/** Collects a repeatable option: `option("-H <header>", "...", collect, [])`. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
