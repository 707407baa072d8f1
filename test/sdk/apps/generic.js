// The default of hookcli, and of most home-made senders: X-Signature is the hex HMAC-SHA256 of the body.
import { createHmac, timingSafeEqual } from "node:crypto";
import express from "express";
import { rawBody, ready, received, setting } from "../report.js";

const secret = setting("WEBHOOK_SECRET");
const app = express();

app.post("/{*path}", express.raw({ type: () => true, limit: "25mb" }), (request, response) => {
  const expected = createHmac("sha256", secret).update(rawBody(request)).digest();
  const given = Buffer.from(request.get("x-signature") ?? "", "hex");
  const accepted = given.length === expected.length && timingSafeEqual(given, expected);
  received(rawBody(request), accepted);
  response.status(accepted ? 204 : 401).end();
});

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
