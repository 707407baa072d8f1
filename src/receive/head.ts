import type { HeaderList } from "../events/headers.js";
import type { Refusal } from "./refusal.js";

/** What `node:http` tells of a request's head. */
export interface RawHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMinor: number;
  readonly rawHeaders: readonly string[];
}

/** A request's head, read once. */
export interface Head {
  readonly method: string;
  /** Origin form: path with query, raw; `*` for `OPTIONS *`. */
  readonly path: string;
  readonly headers: HeaderList;
  /** Declared body bytes; `undefined` when none were declared. */
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
  /** Set when the head cannot be taken: two Host headers, a target that is no path, an unknown transfer coding. */
  readonly fault: Refusal | undefined;
}

/**
 * Reads a head that `node:http` has parsed. Stricter than its parser where that lets something doubtful pass: exactly one
 * Host (RFC 9112, 3.2), no transfer coding but chunked, no target but a path. The absolute form is taken for its path and
 * query, as RFC 9112 3.2.2 demands of servers.
 */
export function readHead(raw: RawHead): Head {
  const headers: [string, string][] = [];
  let hosts = 0;
  let contentLength: number | undefined;
  let coding: string | undefined;
  for (let index = 0; index + 1 < raw.rawHeaders.length; index += 2) {
    const name = raw.rawHeaders[index] ?? "";
    const value = raw.rawHeaders[index + 1] ?? "";
    headers.push([name, value]);
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
    else if (name.length === 14 && name.toLowerCase() === "content-length") contentLength = Number(value);
    else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") coding = `${coding ?? ""}${value}`;
  }
  const method = raw.method ?? "";
  const path = originForm(method, raw.url ?? "");
  const fault = headFault({ hosts, minor: raw.httpVersionMinor, path, coding, contentLength });
  return { method, path: path ?? raw.url ?? "", headers, contentLength, chunked: coding !== undefined, fault };
}

/** True for what RFC 6455 calls an opening handshake; any other Upgrade header belongs to an ordinary request. */
export function isWebSocketHandshake(raw: RawHead): boolean {
  if (raw.method !== "GET" || raw.httpVersionMinor < 1) return false;
  let webSocket = false;
  for (let index = 0; index + 1 < raw.rawHeaders.length; index += 2) {
    const name = (raw.rawHeaders[index] ?? "").toLowerCase();
    const value = raw.rawHeaders[index + 1] ?? "";
    if (name === "upgrade") webSocket ||= tokens(value).includes("websocket");
    else if (name === "transfer-encoding" || (name === "content-length" && value !== "0")) return false;
  }
  return webSocket;
}

function tokens(value: string): string[] {
  return value.split(",").map((token) => token.trim().toLowerCase());
}

function originForm(method: string, target: string): string | undefined {
  if (target.startsWith("/")) return target;
  if (target === "*") return method === "OPTIONS" ? target : undefined;
  const absolute = /^https?:\/\/[^/?#]+(.*)$/i.exec(target);
  if (absolute === null) return undefined;
  const rest = absolute[1] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function headFault(facts: {
  hosts: number;
  minor: number;
  path: string | undefined;
  coding: string | undefined;
  contentLength: number | undefined;
}): Refusal | undefined {
  if (facts.hosts > 1) return bad("bad_host", "more than one Host header");
  if (facts.hosts === 0 && facts.minor > 0) return bad("bad_host", "no Host header");
  if (facts.path === undefined) return bad("bad_target", "the request target is neither a path nor an http URL");
  if (facts.coding !== undefined && facts.contentLength !== undefined)
    return bad("bad_length", "both Content-Length and Transfer-Encoding");
  if (facts.coding !== undefined && facts.coding.trim().toLowerCase() !== "chunked")
    return { status: 501, code: "unknown_transfer_coding", message: "no transfer coding but chunked is understood" };
  return undefined;
}

function bad(code: string, message: string): Refusal {
  return { status: 400, code, message };
}
