// What API Gateway does before a function: each request becomes an event of the payload format 2.0, the body as text or as base64.
import { createServer } from "node:http";

/** Starts the gateway before a handler. Every second body goes over as base64. */
export function startGateway(handler) {
  let count = 0;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    count += 1;
    const isBase64Encoded = count % 2 === 0;
    const body = Buffer.concat(chunks).toString(isBase64Encoded ? "base64" : "utf8");
    const { url, headers } = request;
    const event = {
      version: "2.0",
      routeKey: "POST /webhook",
      rawPath: url,
      rawQueryString: "",
      headers,
      body,
      isBase64Encoded,
    };
    const { statusCode } = await handler(event);
    response.writeHead(statusCode).end();
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`listening on ${server.address().port}\n`));
}
