import type { JsonNumbers } from "../explain-json.js";

/*
 * How languages write the numbers of JSON. All write the shortest digits that read back as the same double; they differ in where an
 * exponent begins and how it looks, and in what a whole number that is a float looks like.
 */

interface Writing {
  /** Exponents below and from which the number has one. */
  readonly below: number;
  readonly from: number;
  readonly exponent: (digits: string, exponent: number) => string;
  readonly whole: string;
}

/** Reads `1.5`, `1e3`: not whole numbers, which all languages keep. */
const FLOAT = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The numbers of JSON in the writing of a language. */
export const JSON_NUMBERS: readonly JsonNumbers[] = [
  { name: "", write: (token) => token },
  { name: "numbers as JavaScript writes them", write: (token) => String(Number(token)) },
  { name: "whole numbers with .0", write: (token) => (/^-?\d+$/.test(token) ? `${token}.0` : token) },
  { name: "whole numbers with .00", write: (token) => (/^-?\d+$/.test(token) ? `${token}.00` : token) },
  { name: "numbers with two decimals", write: (token) => padded(token, 2) },
  { name: "decimals with two places", write: (token) => (/^-?\d+\.\d$/.test(token) ? `${token}0` : token) },
  {
    name: "numbers as Python writes them",
    write: floats({ below: -4, from: 16, exponent: twoDigits(""), whole: ".0" }),
  },
  {
    name: "numbers as Ruby writes them",
    write: floats({ below: -4, from: 16, exponent: twoDigits(".0"), whole: ".0" }),
  },
  { name: "numbers as PHP writes them", write: floats({ below: -4, from: 17, exponent: oneDigit(".0"), whole: "" }) },
  {
    name: "numbers as PHP writes them, with .0",
    write: floats({ below: -4, from: 17, exponent: oneDigit(".0"), whole: ".0" }),
  },
  { name: "numbers as Java writes them", write: floats({ below: -3, from: 7, exponent: javaExponent, whole: ".0" }) },
];

function padded(token: string, places: number): string {
  const [whole = "", decimals = ""] = token.split(".");
  return /^-?\d+(?:\.\d+)?$/.test(token) && decimals.length < places
    ? `${whole}.${decimals.padEnd(places, "0")}`
    : token;
}

/** The writing of numbers that have a point or an exponent. */
function floats(writing: Writing): (token: string) => string {
  return (token) => {
    if (!FLOAT.test(token) || /^-?\d+$/.test(token)) return token;
    return writeFloat(Number(token), writing);
  };
}

function writeFloat(value: number, { below, from, exponent, whole }: Writing): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value === 0) return `${sign}0${whole}`;
  const [mantissa = "", power = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const at = Number(power);
  if (at < below || at >= from) return sign + exponent(digits, at);
  if (at < 0) return `${sign}0.${"0".repeat(-at - 1)}${digits}`;
  if (digits.length <= at + 1) return `${sign}${digits.padEnd(at + 1, "0")}${whole}`;
  return `${sign}${digits.slice(0, at + 1)}.${digits.slice(at + 1)}`;
}

function scientific(digits: string, whole: string): string {
  return digits.length === 1 ? `${digits}${whole}` : `${digits[0] ?? ""}.${digits.slice(1)}`;
}

function twoDigits(whole: string) {
  return (digits: string, exponent: number) =>
    `${scientific(digits, whole)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function oneDigit(whole: string) {
  return (digits: string, exponent: number) =>
    `${scientific(digits, whole)}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

function javaExponent(digits: string, exponent: number): string {
  return `${scientific(digits, ".0")}E${exponent}`;
}

/** What one number may have been before a parser and a writer: other writings of the same value. */
export function otherWritings(token: string): string[] {
  const value = Number(token);
  const plain = String(value);
  const found = new Set<string>();
  if (/^-?\d+$/.test(token)) for (const end of [".0", ".00", ".000"]) found.add(token + end);
  if (/^-?\d+\.\d+$/.test(token)) for (const end of ["0", "00"]) found.add(token + end);
  if (value === 0) for (const zero of ["0", "-0", "0.0", "-0.0", "0.00", "0e0"]) found.add(zero);
  const [mantissa = "", power = ""] = value.toExponential().split("e");
  const exponent = power.replace("+", "");
  if (value !== 0 && (Math.abs(Number(exponent)) >= 2 || plain.includes("e"))) {
    const two = exponent.startsWith("-") ? `-${exponent.slice(1).padStart(2, "0")}` : `+${exponent.padStart(2, "0")}`;
    for (const digits of mantissa.includes(".") ? [mantissa] : [mantissa, `${mantissa}.0`]) {
      for (const mark of ["e", "E"]) for (const end of [exponent, power, two]) found.add(digits + mark + end);
    }
  }
  found.add(plain);
  found.delete(token);
  return [...found];
}

/** Most of the doubles of 64-bit ids have this many integers or fewer that are rounded to them. */
const MAX_NEIGHBOURS = 2_048;

/** Whether a whole number is beyond 2^53 and as a parser leaves it that keeps numbers as doubles. */
export function isRounded(token: string): boolean {
  if (!/^-?[1-9]\d{15,19}$/.test(token)) return false;
  const value = Number(token);
  return Math.abs(value) > Number.MAX_SAFE_INTEGER && (String(value) === token || String(BigInt(value)) === token);
}

/** The whole numbers that a double stands for, the nearest first; the one at hand is left out. */
export function* roundedFrom(token: string): Generator<string> {
  const value = Number(token);
  const middle = BigInt(token);
  for (let distance = 1n; distance <= BigInt(MAX_NEIGHBOURS); distance += 1n) {
    const up = middle + distance;
    const down = middle - distance;
    const isUp = Number(up) === value;
    const isDown = Number(down) === value;
    if (isUp) yield String(up);
    if (isDown) yield String(down);
    if (!isUp && !isDown) return;
  }
}
