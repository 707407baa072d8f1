import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import {
  parseDictionary,
  parseItem,
  parseList,
  writeDictionary,
  writeList,
  writeMember,
} from "../../src/signatures/structured-field.js";

/** Text, and its strict writing; `undefined`: it is none. The examples are those of RFC 9651 and of its grammar. */
const ITEMS: readonly (readonly [text: string, written: string | undefined])[] = [
  ["42", "42"],
  ["-0", "0"],
  ["0042", "42"],
  ["999999999999999", "999999999999999"],
  ["9999999999999999", undefined],
  ["--1", undefined],
  ["- 1", undefined],
  ["+1", undefined],
  ["4.5", "4.5"],
  ["1.50", "1.5"],
  ["1.000", "1.0"],
  ["-0.0", "0.0"],
  ["1.", undefined],
  ["1.2345", undefined],
  ["1234567890123.1", undefined],
  ["1e9", undefined],
  ['"hello world"', '"hello world"'],
  [String.raw`"a \"b\" \\"`, String.raw`"a \"b\" \\"`],
  [String.raw`"\a"`, undefined],
  ['"open', undefined],
  ['"\u00e9"', undefined],
  ["foo123/456", "foo123/456"],
  ["*a:b", "*a:b"],
  ["1a", undefined],
  [":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:", ":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:"],
  ["::", "::"],
  [":YQ:", undefined],
  [":YR==:", undefined],
  [":YQ==", undefined],
  [":_-8=:", undefined],
  ["?1", "?1"],
  ["?0", "?0"],
  ["?2", undefined],
  ["@1659578233", "@1659578233"],
  ["@1.5", undefined],
  ['%"This is intended for display to %c3%bcsers."', '%"This is intended for display to %c3%bcsers."'],
  ['%"%C3%BC"', undefined],
  ['%"%ff"', undefined],
  ["a;b;c=1;d=?0", "a;b;c=1;d=?0"],
  ["a;  b=1", "a;b=1"],
  ["a ;b", undefined],
  ["a;b;b=2", "a;b=2"],
  ["a;B", undefined],
  ["  1  ", "1"],
  ["\t1", undefined],
  ["", undefined],
  ["1, 2", undefined],
];

describe("items of structured fields", () => {
  it.each(ITEMS)("%j is %j", (text, written) => {
    const item = parseItem(text);

    expect(item === undefined ? undefined : writeMember(item)).toBe(written);
  });
});

describe("lists and dictionaries", () => {
  it.each([
    ["sugar, tea, rum", "sugar, tea, rum"],
    ["a,\tb ,c", "a, b, c"],
    ['("foo" "bar"), ("baz"), ("bat" "one"), ()', '("foo" "bar"), ("baz"), ("bat" "one"), ()'],
    ['( "foo"   "bar" );a=1', '("foo" "bar");a=1'],
    ["", ""],
    ["a,", undefined],
    ["a,,b", undefined],
    ["(a", undefined],
    ["(a,b)", undefined],
    ['("a""b")', undefined],
    ["((a))", undefined],
  ])("the list %j is %j", (text, written) => {
    const list = parseList(text);

    expect(list === undefined ? undefined : writeList(list)).toBe(written);
  });

  it.each([
    ['en="Applepie", da=:w4ZibGV0w6ZydGU=:', 'en="Applepie", da=:w4ZibGV0w6ZydGU=:'],
    ["a=?0, b, c; foo=bar", "a=?0, b, c;foo=bar"],
    ["rating=1.5, feelings=(joy sadness)", "rating=1.5, feelings=(joy sadness)"],
    ["a=?1;x", "a;x"],
    ["A=1", undefined],
    ["a =1", undefined],
    ["a= 1", undefined],
    ["a=", undefined],
    ["=1", undefined],
  ])("the dictionary %j is %j", (text, written) => {
    const dictionary = parseDictionary(text);

    expect(dictionary === undefined ? undefined : writeDictionary(dictionary)).toBe(written);
  });

  it("tells which key is repeated, and takes the last", () => {
    const dictionary = parseDictionary("a=1, b=2, a=3");

    expect(dictionary?.repeated).toBe("a");
    expect(dictionary === undefined ? "" : writeDictionary(dictionary)).toBe("a=3, b=2");
    expect(parseDictionary("constructor=1, __proto=2")?.repeated).toBeUndefined();
  });
});

const PIECES = [
  '"',
  "\\",
  ":",
  "(",
  ")",
  ",",
  ";",
  "=",
  " ",
  "\t",
  "?1",
  "@",
  "%",
  '%"',
  "-",
  ".",
  "1",
  "a",
  "*",
  "YQ==",
  "\u00e9",
  "\0",
  "sig1=",
  '("@method")',
];
const junk = fc.oneof(
  fc.string(),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join("")),
);

describe("whatever a header holds", () => {
  it("is read or not, and nothing is thrown; what was read is read again from its strict writing", () => {
    fc.assert(
      fc.property(junk, (text) => {
        const [dictionary, list, item] = [parseDictionary(text), parseList(text), parseItem(text)];
        const written = dictionary === undefined ? "" : writeDictionary(dictionary);
        expect(parseDictionary(written)?.members).toEqual(dictionary?.members ?? new Map());
        expect(parseList(writeList(list ?? []))).toEqual(list ?? []);
        if (item !== undefined) expect(parseItem(writeMember(item))).toEqual(item);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    '"',
    "\\",
    '"\\',
    ":",
    "(",
    "( ",
    "((",
    ")",
    ",",
    ", ",
    ";",
    ";a",
    "a;",
    "a=",
    "a,",
    "a, ",
    "a=(b ",
    "a;b=",
    "1",
    "1.",
    "-",
    "?1,",
    "@",
    '%"',
    "%c3",
    "YQ==",
    " ",
    "\t",
    'a="x", ',
    "a=:YQ==:, ",
    '"a" ',
  ])("64 KiB of %j take no more than twice the time of the half", (text) => {
    const heads = ["", '"', ":", "(", "a=", 'a="', "a=:", "a=(", '%"'];
    const time = (bytes: number) => {
      const inputs = heads.map((head) => head + text.repeat(bytes / text.length));
      const started = performance.now();
      for (const input of inputs) for (const parse of [parseDictionary, parseList, parseItem]) parse(input);
      return performance.now() - started;
    };
    const best = (bytes: number) => Math.min(time(bytes), time(bytes), time(bytes));

    const [half, whole] = [best(32 * 1024), best(64 * 1024)];
    // A quadratic reader takes minutes; a machine that is busy takes a few milliseconds more.
    expect(whole).toBeLessThan(2.5 * half + 50);
  });
});
