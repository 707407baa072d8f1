// Ways in which Fastify apps lose the bytes that were signed: one route is one way.
import fastify from "fastify";
import { ready } from "../../report.js";
import { headerPairs, seen } from "../../seen.js";

const app = fastify();
app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
  done(null, Object.fromEntries(new URLSearchParams(body))),
);

const ways = {
  "/parsed": (request) => JSON.stringify(request.body),
  "/form": (request) => new URLSearchParams(request.body).toString(),
};

for (const [path, hashed] of Object.entries(ways))
  app.post(path, (request, reply) => {
    const url = `${request.protocol}://${request.host}${request.url}`;
    reply.send(seen(hashed(request), { headers: headerPairs(request.raw), url }));
  });

await app.listen({ port: 0, host: "127.0.0.1" });
ready(app.server.address().port);
