import type { EventRequest } from "./event.js";
import { headerValue, type HeaderList } from "./headers.js";

/**
 * A request as the text of an HTTP/1.1 message with CRLF: what `parseRawRequest` reads back as the same request. The body
 * stands as it is, so Content-Length takes the place of a transfer coding. Trailers need chunks, and are not in it.
 */
export function rawRequest({ method, path, headers, body }: EventRequest): Uint8Array {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...framed(headers, body.byteLength).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}

function framed(headers: HeaderList, bytes: number): HeaderList {
  const length = ["Content-Length", String(bytes)] as const;
  const hasLength = headerValue(headers, "content-length") !== undefined;
  const hasCoding = headerValue(headers, "transfer-encoding") !== undefined;
  if (!hasCoding) return hasLength || bytes === 0 ? headers : [...headers, length];
  const kept = headers.filter(([name]) => name.toLowerCase() !== "transfer-encoding");
  return hasLength ? kept : [...kept, length];
}
