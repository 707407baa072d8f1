import { describe, expect, it } from "vitest";
import { routeLines, toldRoutes } from "../../src/commands/listen/banner.js";
import { parseRoute } from "../../src/deliver/routes.js";
import type { Line } from "../../src/output/output.js";

const textOf = (line: Line) =>
  typeof line === "string" ? line : line.map((part) => (typeof part === "string" ? part : part.text)).join("");
const shown = (texts: readonly string[], columns: number) =>
  routeLines(toldRoutes(texts.map(parseRoute)), columns).map(textOf);

describe("the banner's routes", () => {
  it("stand in columns, wide characters counted as two", () => {
    expect(shown(["invoice.*=3001/invoices", "path:/stripe=3002", "body:name=請求=3003"], 80)).toEqual([
      "route    invoice.*       ->  http://localhost:3001/invoices",
      "route    path:/stripe    ->  http://localhost:3002",
      "route    body:name=請求  ->  http://localhost:3003",
    ]);
  });

  it("have their target below on a terminal that is too narrow, and nothing is cut", () => {
    expect(shown(["invoice.*=3001/invoices", "ping=1"], 40)).toEqual([
      "route    invoice.*",
      "           ->  http://localhost:3001/invoices",
      "route    ping",
      "           ->  http://localhost:1",
    ]);
  });

  it("are not pushed apart by a single long one, and beyond twenty only counted", () => {
    const long = `${"a".repeat(60)}=1`;
    const lines = shown([...Array.from({ length: 24 }, (_, index) => `t${index}=1`), long], Number.POSITIVE_INFINITY);

    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("route    and 5 more");
    expect(shown(["ping=1", long], Number.POSITIVE_INFINITY)[0]).toBe("route    ping  ->  http://localhost:1");
  });

  it("show no credential and no control character", () => {
    const text = shown(["header:authorization=Bearer s3cret=3001", "a\u001b[2J=3001/hook?token=s3cret"], 200).join();

    expect(text).not.toContain("s3cret");
    expect(text).not.toContain("\u001b");
  });
});
