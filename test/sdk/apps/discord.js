// https://docs.discord.com/developers/interactions/overview: verifyKey, 401 on a bad signature, PONG to a PING.
import { InteractionResponseType, InteractionType, verifyKey } from "discord-interactions";
import Fastify from "fastify";
import { ready, received, setting } from "../report.js";

const publicKey = setting("WEBHOOK_PUBLIC_KEY");
const app = Fastify({ bodyLimit: 25 * 2 ** 20 });
app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

app.post("/*", async (request, reply) => {
  const signature = request.headers["x-signature-ed25519"] ?? "";
  const timestamp = request.headers["x-signature-timestamp"] ?? "";
  const accepted = await verifyKey(request.body, signature, timestamp, publicKey);
  received(request.body, accepted);
  if (!accepted) return reply.code(401).send("Bad request signature");
  const { type } = JSON.parse(request.body.toString("utf8"));
  if (type === InteractionType.PING) return { type: InteractionResponseType.PONG };
  return reply.code(204).send();
});

await app.listen({ port: 0, host: "127.0.0.1" });
ready(app.server.address().port);
