import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { rawRequest } from "../../src/events/export-http.js";
import { parseRawRequest } from "../../src/events/raw-http.js";
import { anyEvent } from "../helpers/any-event.js";

describe("a request as raw HTTP", () => {
  it("reads back as method, path, headers and body that went in", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const headers = event.headers.map(([name, value]) => [name, value.replace(/^[\t ]+|[\t ]+$/g, "")] as const);
        const given = { ...event, headers: [...headers, ["Content-Length", String(event.body.byteLength)] as const] };

        const { method, path, headers: read, body, notes } = parseRawRequest(rawRequest(given));

        expect({ method, path, headers: read, notes }).toEqual({
          method: given.method,
          path: given.path,
          headers: given.headers,
          notes: [],
        });
        expect(Buffer.from(body).equals(Buffer.from(event.body))).toBe(true);
      }),
    );
  });

  it("gets a Content-Length in the place of a transfer coding, and none where there is no body", () => {
    const request = { method: "POST", path: "/", trailers: [], body: Buffer.from("ab") };
    const text = (value: Parameters<typeof rawRequest>[0]) => Buffer.from(rawRequest(value)).toString("latin1");

    expect(text({ ...request, headers: [["transfer-encoding", "chunked"]] })).toBe(
      "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab",
    );
    expect(text({ ...request, headers: [], body: new Uint8Array(0) })).toBe("POST / HTTP/1.1\r\n\r\n");
  });
});
