import { fc } from "../helpers/properties.js";
import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyText } from "../../src/events/body-text.js";
import { DECODED_LIMIT } from "../../src/events/content-encoding.js";
import { hexDump } from "../../src/events/hex.js";
import { prettyJson } from "../../src/events/pretty-json.js";

const { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } = zlib;
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };

describe("pretty JSON", () => {
  it("stands as JSON.stringify would write it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        expect(prettyJson(text)).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it("ends a string at its own quote, whatever is escaped in it", () => {
    const strings = ['""', '"\\\\"', '"\\\""', '"\\\\\\""', '"a\\\\\\\\b\\\\"', '"{[,:]}"', '"\\u0022"'];

    expect(prettyJson(`[${strings.join(",")}]`)).toBe(`[\n  ${strings.join(",\n  ")}\n]`);
  });

  it("keeps tokens that a parser would change", () => {
    const text = '{"big":12345678901234567890,"one":1.0,"e":1E+5,"a":1,"a":2,"u":"\\u00e9\\"","__proto__":{}}';

    expect(prettyJson(text)?.replaceAll(/\n */g, "").replaceAll(": ", ":")).toBe(text);
  });

  it("takes 100,000 levels, and grows no faster than its text", () => {
    const text = "[".repeat(100_000) + "]".repeat(100_000);

    const pretty = prettyJson(text) ?? "";

    expect(pretty.length).toBeLessThan(text.length + 10_000);
    expect(pretty.replaceAll(/\s/g, "")).toBe(text);
  });

  it.each(["", "{", '{"a":1,}', "\ufeff{}", "NaN", "'a'"])("is not made of %j", (text) => {
    expect(prettyJson(text)).toBeUndefined();
  });
});

describe("a body for people", () => {
  it("is its own text when it is not JSON", () => {
    expect(bodyText(Buffer.from("a=1&b=2"))).toEqual({ kind: "text", text: "a=1&b=2", hidden: 0, notes: [] });
    expect(bodyText(new Uint8Array(0))).toEqual({ kind: "empty", text: "", hidden: 0, notes: [] });
  });

  it("is a hex dump of its beginning when it is binary", () => {
    const body = Buffer.alloc(2000, 0);

    const { kind, text, hidden } = bodyText(body);

    expect({ kind, hidden, lines: text.split("\n").length }).toEqual({ kind: "binary", hidden: 976, lines: 64 });
  });

  it("is dumped as hexdump -C does", () => {
    expect(hexDump(Buffer.from("hello, world\n\u001b[31m\xff", "latin1"))).toBe(
      "00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 0a 1b 5b 33  |hello, world..[3|\n" +
        "00000010  31 6d ff                                          |1m.|",
    );
  });
});

const typed = (type: string, ...more: [string, string][]) => [["Content-Type", type] as const, ...more];
const coded = (coding: string) => [["Content-Encoding", coding] as const];

describe("a body with a content coding", () => {
  const json = Buffer.from('{"a":[1,2]}');
  const pretty = '{\n  "a": [\n    1,\n    2\n  ]\n}';

  it.each<[string, Buffer]>([
    ["gzip", gzipSync(json)],
    ["X-GZIP", gzipSync(json)],
    ["deflate", deflateSync(json)],
    ["deflate", deflateRawSync(json)],
    ["br", brotliCompressSync(json)],
    ["gzip, br", brotliCompressSync(gzipSync(json))],
    ["identity, gzip", gzipSync(json)],
  ])("of %s is read", (coding, body) => {
    const { kind, text, notes } = bodyText(body, coded(coding));

    expect([kind, text]).toEqual(["json", pretty]);
    expect(notes[0]).toMatch(/^decoded from (?:x-)?(?:gzip|deflate|br), \d+ bytes$/);
  });

  // Node 20 has no zstd: there the frame (RFC 8878, one raw block) stays as it is.
  it("of zstd is read where Node has it, and else said not to be", () => {
    const head = Buffer.from([
      0x28,
      0xb5,
      0x2f,
      0xfd,
      0x20,
      json.length,
      ((json.length << 3) | 1) & 0xff,
      json.length >> 5,
      0,
    ]);
    const { kind, text, notes } = bodyText(Buffer.concat([head, Buffer.from(json)]), coded("zstd"));

    if (zstdCompressSync === undefined) expect(notes.join()).toContain("not decoded");
    else expect([kind, text]).toEqual(["json", pretty]);
  });

  it("is known for gzip by its first bytes", () => {
    expect(bodyText(gzipSync(json), typed("application/json"))).toMatchObject({ kind: "json", text: pretty });
  });

  it.each(["gzip", "deflate", "br", "compress", "constructor", "gzip,".repeat(1000)])(
    "that it does not have stays as it is, and says so: %.20s",
    (coding) => {
      const { kind, text, notes } = bodyText(json, coded(coding));

      expect([kind, text]).toEqual(["json", pretty]);
      expect(notes).toHaveLength(1);
      expect(notes[0]).toContain("not decoded");
    },
  );

  it.each<[string, (body: Buffer) => Buffer]>([
    ["gzip", gzipSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
  ])("of %s is read as far as it goes when it breaks off or is damaged", (coding, compress) => {
    const lines = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `${n * 7919} line\n`).join(""));
    const whole = compress(lines);
    const damaged = Buffer.concat([whole.subarray(0, whole.length / 2), Buffer.alloc(whole.length / 2, 0xff)]);

    for (const body of [whole.subarray(0, whole.length / 2), damaged]) {
      const { kind, text, notes } = bodyText(body, coded(coding));
      expect(kind).toBe("text");
      expect(text.length).toBeGreaterThan(20_000);
      expect(lines.toString().startsWith(text.slice(0, 20_000))).toBe(true);
      expect(notes[0]).toMatch(/breaks off/);
    }
  });

  it.each<[string, (body: Buffer) => Buffer, number]>([
    ["gzip", gzipSync, 900_000],
    ["deflate", deflateSync, 900_000],
    ["br", (body) => brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }), 0],
  ])("that grows without end is cut at a mebibyte: %s", (coding, compress, atLeast) => {
    const bomb = compress(Buffer.alloc(120 * 2 ** 20, "a"));
    const twice = compress(bomb);
    global.gc?.();
    const before = process.memoryUsage().rss;
    const started = performance.now();

    const once = bodyText(bomb, coded(coding));
    const nested = bodyText(twice, coded(`${coding},${coding}`));

    expect(once.text.length).toBeLessThanOrEqual(DECODED_LIMIT * 1.01);
    expect(once.text.length).toBeGreaterThanOrEqual(atLeast);
    expect(once.notes[0]).toContain("decodes to more than");
    expect(nested.notes.at(-1)).toContain("decodes to more than");
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("a body in another charset", () => {
  it.each<[string, string, Buffer, string, string[]]>([
    [
      "latin1",
      "text/plain; charset=ISO-8859-1",
      Buffer.from("gr\xfc\xdfe", "latin1"),
      "grüße",
      ["read as windows-1252"],
    ],
    ["UTF-16", "text/plain; charset=utf-16le", Buffer.from("grüße", "utf16le"), "grüße", ["read as utf-16le"]],
    ["Japanese", 'text/plain; charset="Shift_JIS"', Buffer.from([0x93, 0xfa]), "日", ["read as shift_jis"]],
    ["an unknown one", "text/plain; charset=klingon", Buffer.from("grüße"), "grüße", []],
    ["UTF-8, said", "application/json; charset=UTF-8", Buffer.from("1"), "1", []],
    ["one that it is not in", "text/plain; charset=utf-16le", Buffer.from("abc"), "abc", []],
  ])("%s", (_name, type, body, text, notes) => {
    expect(bodyText(body, typed(type))).toMatchObject({ text, notes });
  });

  it("is read by its byte-order mark, which is told", () => {
    const marked = bodyText(Buffer.from("\ufeff{}"));
    const wide = bodyText(Buffer.from("\ufeff[1]", "utf16le"), typed("application/json"));

    expect(marked).toMatchObject({ kind: "json", text: "{}" });
    expect(marked.notes[0]).toContain("byte-order mark");
    expect(wide).toMatchObject({ kind: "json", text: "[\n  1\n]" });
    expect(wide.notes[1]).toBe("read as utf-16le");
  });

  it("is shown with the newlines of people's terminals", () => {
    expect(bodyText(Buffer.from("a\r\nb\rc")).text).toBe("a\nb\rc");
  });

  it("is binary when it holds NUL, whatever it is called", () => {
    expect(bodyText(Buffer.from("a\0b"), typed("text/plain; charset=latin1")).kind).toBe("binary");
  });
});

describe("a form", () => {
  const form = (text: string) => bodyText(Buffer.from(text), typed("application/x-www-form-urlencoded")).text;

  it("is its fields, decoded, in their order", () => {
    expect(form("b=2&a=1&b=x+y%20z%C3%BC&empty=&alone&bad=%ff%zz")).toBe(
      "b = 2\na = 1\nb = x y zü\nempty = \nalone\nbad = %ff%zz",
    );
  });

  it("shows JSON in a value with a member a line, as Slack sends it", () => {
    expect(form(`payload=${encodeURIComponent('{"type":"x","n":1.0}')}&t=1`)).toBe(
      'payload = {\n    "type": "x",\n    "n": 1.0\n  }\nt = 1',
    );
  });

  it("lets no value look like another field", () => {
    expect(form("a=1%0Aadmin+%3D+yes&b%0Ac=2")).toBe("a = 1\n  admin = yes\nb\\nc = 2");
  });

  it("shows a thousand fields of more, and says so", () => {
    const { text, notes } = bodyText(Buffer.from("a=1&".repeat(500_000)), typed("application/x-www-form-urlencoded"));

    expect(text.split("\n")).toHaveLength(1_000);
    expect(notes).toEqual(["form fields, decoded", "499000 more fields are not shown"]);
  });
});

describe("a multipart body", () => {
  const multipart = (boundary: string, ...parts: (string | Buffer)[]) =>
    Buffer.concat([
      ...parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), Buffer.from(part), Buffer.from("\r\n")]),
      Buffer.from(`--${boundary}--\r\n`),
    ]);

  it("is what FormData sends, part by part", async () => {
    const data = new FormData();
    data.set("title", "two\nlines");
    data.set("file", new Blob([Uint8Array.of(0x89, 0x50, 0)], { type: "image/png" }), 'a"b.png');
    data.set("json", new Blob(['{"a":1}'], { type: "application/json" }));
    const request = new Request("http://localhost", { method: "POST", body: data });
    const type = request.headers.get("content-type") ?? "";

    const { kind, text, notes } = bodyText(Buffer.from(await request.arrayBuffer()), typed(type));

    expect([kind, notes]).toEqual(["multipart", ["multipart, 3 parts"]]);
    expect(text).toContain('part 1 "title", ');
    expect(text).toContain("    two\n    lines\n");
    expect(text).toMatch(
      /part 2 "file", 3 bytes\n {2}Content-Disposition: form-data; .*png"\n {2}Content-Type: image\/png/,
    );
    expect(text).toContain("    00000000  89 50 00");
    expect(text).toContain('    {\n      "a": 1\n    }');
  });

  it("may nest, to a depth", () => {
    const inner = multipart("in", "Content-Type: application/xml\r\n\r\n<a><b/></a>");
    const outer = multipart(
      "out",
      Buffer.concat([Buffer.from("Content-Type: multipart/mixed; boundary=in\r\n\r\n"), inner]),
    );
    let deep = Buffer.from("x");
    for (let level = 0; level < 20; level += 1) {
      deep = multipart(
        `b${level}`,
        Buffer.concat([Buffer.from(`Content-Type: multipart/mixed; boundary=b${level - 1}\r\n\r\n`), deep]),
      );
    }

    expect(bodyText(outer, typed('multipart/related; boundary="out"')).text).toContain(
      "        <a>\n          <b/>\n        </a>",
    );
    expect(bodyText(deep, typed("multipart/mixed; boundary=b19")).text).toContain("--b15");
  });

  it("lets no part look like the head of another", () => {
    const { text } = bodyText(
      multipart("x", "\r\npart 2 forged\n--xy\n --x", "A: b\r\n\r\n"),
      typed("multipart/mixed; boundary=x"),
    );

    expect(text.split("\n").filter((line) => line.startsWith("part"))).toEqual(["part 1, 23 bytes", "part 2, 0 bytes"]);
  });

  it.each<[string, string, string]>([
    ["without a boundary", "multipart/form-data", "--x\n\na\n--x--"],
    ["with another one", "multipart/form-data; boundary=y", "--x\n\na\n--x--"],
    ["that does not end", "multipart/form-data; boundary=x", "--x\n\na"],
    ["with a boundary over 70 characters", `multipart/mixed; boundary=${"x".repeat(71)}`, "--x--"],
  ])("%s is shown as it is", (_name, type, body) => {
    expect(bodyText(Buffer.from(body), typed(type))).toMatchObject({ kind: "text", text: body });
  });

  it("of a million parts, or with a boundary on every byte, takes no time", () => {
    const started = performance.now();
    const many = bodyText(Buffer.from("--x\r\n".repeat(1_000_000) + "--x--"), typed("multipart/mixed; boundary=x"));
    const dense = bodyText(Buffer.from("--x".repeat(1_000_000)), typed("multipart/mixed; boundary=x"));

    expect(many.notes).toEqual(["multipart, 100 and more parts"]);
    expect(dense.kind).toBe("text");
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe("any body", () => {
  const types = fc.constantFrom(
    "application/json",
    "text/xml; charset=utf-16le",
    "application/x-www-form-urlencoded; charset=latin1",
    "multipart/form-data; boundary=x",
    "multipart/mixed; boundary=--",
    "",
    ";;;=",
  );

  it("is shown without an error", () => {
    fc.assert(
      fc.property(fc.uint8Array(), types, fc.constantFrom("", "gzip", "br,deflate"), (bytes, type, coding) => {
        expect(bodyText(bytes, [...typed(type), ...coded(coding)]).text).toBeTypeOf("string");
      }),
    );
  });
});
