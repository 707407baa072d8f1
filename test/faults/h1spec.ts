/** A case of h1spec (github.com/uNetworking/h1spec): bytes, and the statuses that a sound server answers them with. */
export interface H1Case {
  readonly name: string;
  readonly bytes: string;
  /** Lowest and highest status; empty: the server waits for more. */
  readonly statuses: readonly (readonly [number, number])[];
  /** The body that must have been understood, when the status is 200. */
  readonly body?: string;
}

/** Beginnings of a request: nothing is answered before its end. */
const FRAGMENTS = [
  "G",
  "GET ",
  "GET /hello",
  "GET /hello ",
  "GET /hello HTTP",
  "GET /hello HTTP/1.1",
  "GET /hello HTTP/1.1\r",
  "GET /hello HTTP/1.1\r\n",
  "GET /hello HTTP/1.1\r\nHos",
  "GET /hello HTTP/1.1\r\nHost:",
  "GET /hello HTTP/1.1\r\nHost: ",
  "GET /hello HTTP/1.1\r\nHost: localhost",
  "GET /hello HTTP/1.1\r\nHost: localhost\r",
  "GET /hello HTTP/1.1\r\nHost: localhost\r\n",
  "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r",
];

const OK = [[200, 299]] as const;
const CLIENT = [[400, 499]] as const;
const ERROR = [[400, 599]] as const;
const get = (...lines: readonly string[]) => `GET / HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const post = (lines: readonly string[], body: string) =>
  `POST / HTTP/1.1\r\nHost: example.com\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
const HOST = "Host: example.com";
const CHUNKS = "c\r\nHellO world1\r\n0\r\n\r\n";

/** Its 33 cases. */
export const H1_CASES: readonly H1Case[] = [
  ...FRAGMENTS.map((bytes) => ({ name: `the fragment ${JSON.stringify(bytes)}`, bytes, statuses: [] })),
  { name: "no HTTP version", bytes: "GET / \r\n\r\n", statuses: ERROR },
  { name: "an Expect header", bytes: get(HOST, "Expect: 100-continue"), statuses: [[100, 100], ...OK] },
  { name: "a valid GET", bytes: get(HOST), statuses: OK },
  { name: "a valid GET with odd spelling", bytes: get("hoSt:\texample.com", "empty:"), statuses: OK },
  { name: "characters that no header name has", bytes: get(HOST, "X-Invalid[]: test"), statuses: CLIENT },
  { name: "no Host header", bytes: get("Content-Length: 5"), statuses: CLIENT },
  { name: "two Host headers", bytes: get(HOST, "Host: example.org"), statuses: CLIENT },
  {
    name: "a length far below zero",
    bytes: get(HOST, "Content-Length: -123456789123456789123456789"),
    statuses: CLIENT,
  },
  { name: "a length below zero", bytes: get(HOST, "Content-Length: -1234"), statuses: CLIENT },
  { name: "a length that is no number", bytes: get(HOST, "Content-Length: abc"), statuses: CLIENT },
  { name: "an empty header value", bytes: get(HOST, "X-Empty-Header: "), statuses: OK },
  { name: "a control character in a header", bytes: get(HOST, "X-Bad-Control-Char: test\x07"), statuses: CLIENT },
  { name: "HTTP/9.9", bytes: "GET / HTTP/9.9\r\nHost: example.com\r\n\r\n", statuses: ERROR },
  { name: "words before the method", bytes: `Extra line${get(HOST)}`, statuses: ERROR },
  { name: "a lone CR before a header", bytes: get(HOST, "\rSome-Header: Test"), statuses: CLIENT },
  { name: "a POST with a length", bytes: post(["Content-Length: 5"], "hello"), statuses: OK, body: "hello" },
  { name: "a POST in chunks", bytes: post(["Transfer-Encoding: chunked"], CHUNKS), statuses: OK, body: "HellO world1" },
  {
    name: "a length and chunks at once",
    bytes: post(["content-LengtH: 5", "TransFer-Encoding: chunked"], CHUNKS),
    statuses: [...CLIENT, ...OK],
    body: "HellO world1",
  },
];
