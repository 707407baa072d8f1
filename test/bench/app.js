// The app under development: reads the body, answers 200 with 200 bytes. Prints its port.
import { createServer } from "node:http";

const answer = Buffer.from(JSON.stringify({ ok: true, note: "x".repeat(178) }));
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": answer.length });
    response.end(answer);
  });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
