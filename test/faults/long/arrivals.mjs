// An app in a network of its own: tells the port it got, then a line of JSON for each request: node arrivals.mjs
import { createServer } from "node:http";

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text) => (body += text));
  request.on("end", () => {
    response.end("ok");
    process.stdout.write(`${JSON.stringify({ id: JSON.parse(body).id })}\n`);
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
