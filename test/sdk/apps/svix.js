// https://docs.svix.com/receiving/verifying-payloads/how: Fastify with the raw body as a Buffer.
import Fastify from "fastify";
import { Webhook } from "svix";
import { ready, received, setting } from "../report.js";

const webhook = new Webhook(setting("WEBHOOK_SECRET"));
const app = Fastify({ bodyLimit: 25 * 2 ** 20 });
app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

app.post("/*", async (request, reply) => {
  try {
    const event = webhook.verify(request.body, request.headers);
    received(request.body, true);
    return await reply.code(200).send({ type: event.type ?? null });
  } catch (error) {
    received(request.body, false);
    return reply.code(400).send({ error: error.message });
  }
});

await app.listen({ port: 0, host: "127.0.0.1" });
ready(app.server.address().port);
