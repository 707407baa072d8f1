// https://developer.squareup.com/docs/webhooks/step3validate: notification URL and raw body.
import express from "express";
import { WebhooksHelper } from "square";
import { publicUrl, rawBody, ready, received, setting } from "../report.js";

const signatureKey = setting("WEBHOOK_SECRET");
const app = express();
app.set("trust proxy", "loopback");

app.post("/{*path}", express.raw({ type: "application/json", limit: "25mb" }), async (request, response) => {
  const accepted = await WebhooksHelper.verifySignature({
    requestBody: rawBody(request).toString("utf8"),
    signatureHeader: request.get("x-square-hmacsha256-signature") ?? "",
    signatureKey,
    notificationUrl: publicUrl(request),
  });
  received(rawBody(request), accepted);
  response.status(accepted ? 200 : 403).end();
});

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
