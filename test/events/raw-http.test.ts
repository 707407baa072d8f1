import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors.js";
import { parseRawRequest } from "../../src/events/raw-http.js";

const parse = (text: string) => parseRawRequest(Buffer.from(text, "latin1"));
const bodyOf = (text: string) => Buffer.from(parse(text).body).toString("latin1");

describe("a raw HTTP request", () => {
  it.each([
    ["CRLF", "\r\n"],
    ["LF", "\n"],
  ])("is read with %s line ends, headers in order with case and repeats", (_, eol) => {
    const text = ["POST /hook?a=1&b=%20 HTTP/1.1", "Host: example.com", "X-Two: 1", "x-two:2", "", '{"a":1}'].join(eol);

    const request = parse(text);

    expect(request.method).toBe("POST");
    expect(request.path).toBe("/hook?a=1&b=%20");
    expect(request.headers).toEqual([
      ["Host", "example.com"],
      ["X-Two", "1"],
      ["x-two", "2"],
    ]);
    expect(Buffer.from(request.body).toString()).toBe('{"a":1}');
    expect(request.notes).toEqual([]);
  });

  it("keeps every byte of a body, newlines of both kinds, NUL and non-UTF-8 among them", () => {
    expect(bodyOf("POST / HTTP/1.1\nA: b\n\nx\r\ny\n\0\xff\xfe\n\nz")).toBe("x\r\ny\n\0\xff\xfe\n\nz");
  });

  it("keeps a body's final newline when no Content-Length contradicts it", () => {
    expect(bodyOf("POST / HTTP/1.1\nA: b\n\nx\n")).toBe("x\n");
    expect(bodyOf("POST / HTTP/1.1\nContent-Length: 2\n\nx\n")).toBe("x\n");
  });

  it.each(["\n", "\r\n", "\n\n"])("drops %j beyond Content-Length and says so", (newline) => {
    const request = parse(`POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc${newline}`);

    expect(Buffer.from(request.body).toString()).toBe("abc");
    expect(request.notes).toEqual(["a final newline beyond Content-Length was dropped from the body"]);
  });

  it("drops nothing but newlines beyond Content-Length", () => {
    const request = parse("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd\n");

    expect(Buffer.from(request.body).toString()).toBe("abcd\n");
    expect(request.notes).toEqual(["Content-Length says 3, the body has 5 bytes"]);
  });

  it("says that a body is shorter than Content-Length", () => {
    expect(parse("POST / HTTP/1.1\nContent-Length: 30\n\nabc").notes).toEqual([
      "Content-Length says 30, the body has 3 bytes",
    ]);
  });

  it("takes the body whole when Content-Length is no number, or several", () => {
    for (const lines of ["Content-Length: 0x3", "Content-Length: 3\nContent-Length: 4", "Content-Length: -1"]) {
      expect(bodyOf(`POST / HTTP/1.1\n${lines}\n\nabcdef\n`)).toBe("abcdef\n");
    }
  });

  it("reads a request without headers, without body, without a version", () => {
    expect(parse("GET /x")).toMatchObject({ method: "GET", path: "/x", headers: [] });
    expect(parse("DELETE /x HTTP/2\n\n").body).toHaveLength(0);
  });

  it("skips a byte order mark and blank lines before the request line", () => {
    expect(parse("\xef\xbb\xbf\r\n\nPOST / HTTP/1.1\nA: b\n\nx")).toMatchObject({
      method: "POST",
      headers: [["A", "b"]],
    });
  });

  it("joins folded header lines", () => {
    expect(parse("POST / HTTP/1.1\nStripe-Signature: t=1,\n v1=ab,\n\tv1=cd\n\n").headers).toEqual([
      ["Stripe-Signature", "t=1, v1=ab, v1=cd"],
    ]);
  });

  it("knows the URL of a target in absolute form", () => {
    const request = parse("POST HTTPS://User@example.com:8443/a?b=c HTTP/1.1\nX: y\n\n");

    expect(request).toMatchObject({ path: "/a?b=c", url: "https://User@example.com:8443/a?b=c" });
    expect(request.headers[0]).toEqual(["host", "User@example.com:8443"]);
    expect(parse("GET http://example.com HTTP/1.1\n\n").path).toBe("/");
    expect(parse("GET http://example.com?x=1 HTTP/1.1\n\n").path).toBe("/?x=1");
  });
});

describe("a browser's copy of a request", () => {
  it("gives method, path and URL by its pseudo-headers, which are not headers", () => {
    const request = parse(
      ":authority: example.com\n:method: POST\n:path: /hook?x=1\n:scheme: https\naccept: */*\nx-id: a:b\n\nbody",
    );

    expect(request).toMatchObject({ method: "POST", path: "/hook?x=1", url: "https://example.com/hook?x=1" });
    expect(request.headers).toEqual([
      ["host", "example.com"],
      ["accept", "*/*"],
      ["x-id", "a:b"],
    ]);
  });

  it("is read with each value on the line after its name", () => {
    const request = parse(":authority:\nexample.com\n:method:\nPOST\n:path:\n/p\n:scheme:\nhttps\nx-id:\n7\n\nbody");

    expect(request).toMatchObject({ method: "POST", path: "/p", url: "https://example.com/p" });
    expect(request.headers).toContainEqual(["x-id", "7"]);
  });

  it("is refused when it tells no method", () => {
    expect(() => parse(":path: /x\naccept: */*\n\n")).toThrow("the request has no method");
  });
});

describe("a chunked dump", () => {
  const head = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";

  it("gives the body without its framing, extensions and trailers", () => {
    const request = parse(`${head}4\r\nabcd\r\n00A;name="x"\r\n0123\r\n6789\r\n0\r\nX-Sum: 1\r\n\r\n`);

    expect(Buffer.from(request.body).toString()).toBe("abcd0123\r\n6789");
    expect(request.notes).toEqual(["the chunk framing was removed from the body"]);
  });

  it("is read with LF line ends, and with an end that a copy cut short", () => {
    expect(bodyOf(`${head}4\nabcd\n0\n\n`)).toBe("abcd");
    expect(bodyOf(`${head}4\r\nabcd\r\n0`)).toBe("abcd");
    expect(bodyOf(`${head}0\r\n\r\n`)).toBe("");
  });

  it.each([
    '{"a":1}',
    "abc\nnot a chunk",
    "4\r\nabcd",
    "4\r\nabcdX\r\n0\r\n\r\n",
    "",
    "4",
    "-1\r\na\r\n0\r\n\r\n",
    "FFFFFFFFFFFFFFFF\r\na\r\n0\r\n\r\n",
    `${"1".repeat(5000)}\r\n`,
  ])("that is not framed, or broken, is kept as it is: %j", (body) => {
    const request = parse(head + body);

    expect(Buffer.from(request.body).toString("latin1")).toBe(body);
    expect(request.notes).toHaveLength(1);
    expect(request.isUnframed).toBe(true);
  });

  it("gives back any body that was cut into any chunks", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 }), (parts) => {
        const framed = parts.flatMap((part) => [
          Buffer.from(`${part.length.toString(16)}\r\n`),
          part,
          Buffer.from("\r\n"),
        ]);

        const request = parseRawRequest(Buffer.concat([Buffer.from(head), ...framed, Buffer.from("0\r\n\r\n")]));

        expect(Buffer.from(request.body).equals(Buffer.concat(parts))).toBe(true);
      }),
    );
  });
});

describe("text that is no request", () => {
  it.each([
    ["", "the request is empty"],
    ["\n\r\n\n", "the request is empty"],
    ["HTTP/1.1 200 OK\n\n", "this is a response, not a request"],
    ['{"a":1}', "is not a request line"],
    ["POST", "is not a request line"],
    ["POST / HTTP/1.1\nno colon here\n\n", 'line 2 of the request is not a header: "no colon here"'],
    ["POST / HTTP/1.1\nA: b\nbad name: x\n\n", 'line 3 of the request is not a header: "bad name: x"'],
    ["POST / HTTP/1.1\n: x\n\n", "line 2 of the request is not a header"],
    [`POST / HTTP/1.1\n${"A: b\n".repeat(300_000)}\n`, "no blank line ends the headers within 1 MiB"],
  ])("is a usage error: %j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(CliError);
  });

  it("never makes it throw anything else", () => {
    const piece = fc.constantFrom(
      "POST / HTTP/1.1",
      "\r\n",
      "\n",
      ":",
      " ",
      "\t",
      ":method: X",
      "A: b",
      "0",
      "5",
      "chunked",
      "Transfer-Encoding: chunked",
      "Content-Length: 3",
      "\0",
      "\xff",
      "abc",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(""), "latin1")),
        ),
        (bytes) => {
          try {
            expect(parseRawRequest(bytes).body.length).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(CliError);
          }
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ["folded lines", `POST / HTTP/1.1\nA: b\n${" c\n".repeat(300_000)}\n`],
    ["blanks", `POST / HTTP/1.1\nA:${" ".repeat(900_000)}x${" ".repeat(9_000)}\n\n`],
    ["a blank request line", `POST ${" ".repeat(900_000)}`],
    ["tiny chunks", `POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n${"1\na\n".repeat(250_000)}0\n\n`],
  ])("is read in linear time: %s", (_, text) => {
    const started = performance.now();

    try {
      parse(text);
    } catch (error) {
      expect(error).toBeInstanceOf(CliError);
    }

    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
