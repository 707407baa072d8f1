// The least that a proxy in Node can be: node:http in front, undici behind, nothing stored, nothing looked at. Prints its port.
import { createServer } from "node:http";
import { Pool } from "undici";

const app = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 512, pipelining: 1 });
const ownHeaders = new Set(["host", "connection", "content-length", "transfer-encoding"]);

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.once("end", () => forward(request, Buffer.concat(chunks), response));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));

function forward(request, body, response) {
  const headers = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index];
    if (!ownHeaders.has(name.toLowerCase())) headers.push(name, request.rawHeaders[index + 1]);
  }
  app.dispatch(
    { path: request.url, method: request.method, headers, body },
    {
      onConnect() {},
      onHeaders(status, raw) {
        response.writeHead(
          status,
          raw.map(String).filter((_, index) => !ownHeader(raw, index)),
        );
        return true;
      },
      onData(chunk) {
        response.write(chunk);
        return true;
      },
      onComplete: () => response.end(),
      onError: () => (response.headersSent ? response.destroy() : response.writeHead(502).end()),
    },
  );
}

/** Connection headers, which node:http writes itself. */
function ownHeader(raw, index) {
  const name = String(raw[index - (index % 2)]).toLowerCase();
  return name === "connection" || name === "keep-alive" || name === "transfer-encoding";
}
