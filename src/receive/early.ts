import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HeaderList } from "../events/headers.js";
import { refusalBody, refusalHeaders, type Refusal } from "./refusal.js";

/** What `node:http` reports of a request that it could not parse, as an answer. */
const PARSE_FAULTS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: "head_too_large", message: "the request's head is over 64 KiB" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: "body_too_large", message: "the chunk extensions are too long" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "head_too_slow", message: "the request's head took too long" },
};

/** The answer to a request that could not be parsed; `code` is the parser's. */
export function parseFault(code: string | undefined): Refusal {
  return PARSE_FAULTS[code ?? ""] ?? { status: 400, code: "malformed_request", message: "the request is malformed" };
}

/**
 * Answers on a bare socket, then closes it. What the sender still sends is read and dropped for `lingerMs`: closing at
 * once would reset the connection, and the sender might never see the answer.
 */
export function answerSocket(
  socket: Duplex,
  refusal: Refusal,
  options: { lingerMs: number; headers?: HeaderList },
): void {
  socket.on("error", () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = refusalBody(refusal.code, refusal.message);
  const headers = refusalHeaders(body, [...(options.headers ?? []), ["Connection", "close"]]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}\r\n${lines}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head, "latin1"), body]));
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), options.lingerMs).unref();
  socket.once("end", () => socket.destroy());
  socket.once("close", () => clearTimeout(timer));
}
