import { createRequire } from "node:module";

/** A package's exports as CommonJS gives them: loaded only when a judge is opened. */
export const load = createRequire(import.meta.url);

/** The request as the fetch API has it. */
export function asFetchRequest({ method, url, headers, body }) {
  return new Request(url, { method, headers, body });
}

/** True, for a check that throws, or rejects, where it refuses. */
export async function holds(check) {
  await check();
  return true;
}

/** The answer's status, of an app made of a handler of node:http, called without a socket. */
export async function statusOf(handler, { method, url, headers, body }) {
  const { IncomingMessage, ServerResponse } = await import("node:http");
  const { Duplex } = await import("node:stream");
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const request = Object.assign(new IncomingMessage(socket), { method, url: new URL(url).pathname, headers });
  request.push(body);
  request.push(null);
  request.complete = true;
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  const ended = new Promise((resolve) => response.once("finish", resolve));
  handler(request, response);
  await ended;
  return response.statusCode;
}
