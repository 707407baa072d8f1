import { describe, expect, it } from "vitest";
import { parseDuration, parseHeaderLine, parseInteger, parseList, parseSize } from "../../src/config/values.js";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["3d", 259_200_000],
    ["1.5s", 1500],
    ["0", 0],
    ["0s", 0],
  ])("%s is %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "5", "-1s", "1w", "1 s", "1e3s", "NaNs", "٣s"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow("not a duration");
  });
});

describe("sizes", () => {
  it.each([
    ["25mb", 25 * 2 ** 20],
    ["64KB", 65_536],
    ["1gb", 2 ** 30],
    ["100", 100],
    ["7b", 7],
  ])("%s is %i bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "mb", "-1", "1.5mb", "1tb"])("refuses %j", (text) => {
    expect(() => parseSize(text)).toThrow("not a size");
  });
});

describe("other values", () => {
  it("takes whole numbers within bounds", () => {
    expect(parseInteger("8080", { name: "--port", min: 0, max: 65_535 })).toBe(8080);
    expect(() => parseInteger("65536", { name: "--port", min: 0, max: 65_535 })).toThrow("--port takes a whole number");
    expect(() => parseInteger("0x10", { name: "--port", min: 0, max: 65_535 })).toThrow("not 0x10");
  });

  it("takes lists without empty items", () => {
    expect(parseList("a, b.*", "--events")).toEqual(["a", "b.*"]);
    expect(() => parseList("a,,b", "--events")).toThrow("--events has an empty item");
  });

  it("takes a header with its case, and no control character", () => {
    expect(parseHeaderLine("X-Foo:  a: b ")).toEqual(["X-Foo", "a: b"]);
    expect(() => parseHeaderLine("no colon")).toThrow("not a header");
    expect(() => parseHeaderLine("a b: c")).toThrow("not a header");
    expect(() => parseHeaderLine("X: a\r\nY: b")).toThrow("control character");
  });
});
