// https://www.standardwebhooks.com, npm standardwebhooks, in a Fastify app with fastify-raw-body.
import Fastify from "fastify";
import fastifyRawBody from "fastify-raw-body";
import { Webhook } from "standardwebhooks";
import { ready, received, setting } from "../report.js";

const webhook = new Webhook(setting("WEBHOOK_SECRET"));
const app = Fastify({ bodyLimit: 25 * 2 ** 20 });
await app.register(fastifyRawBody, { encoding: false, runFirst: true });

app.post("/*", async (request, reply) => {
  try {
    webhook.verify(request.rawBody, request.headers);
    received(request.rawBody, true);
    return await reply.code(204).send();
  } catch (error) {
    received(request.rawBody, false);
    return reply.code(401).send({ error: error.message });
  }
});

await app.listen({ port: 0, host: "127.0.0.1" });
ready(app.server.address().port);
