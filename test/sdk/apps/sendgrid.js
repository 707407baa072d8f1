// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
import { EventWebhook, EventWebhookHeader } from "@sendgrid/eventwebhook";
import express from "express";
import { rawBody, ready, received, setting } from "../report.js";

const eventWebhook = new EventWebhook();
const publicKey = eventWebhook.convertPublicKeyToECDSA(setting("WEBHOOK_PUBLIC_KEY"));
const app = express();

app.post("/{*path}", express.raw({ type: "application/json", limit: "25mb" }), (request, response) => {
  const accepted = isValid(request);
  received(rawBody(request), accepted);
  response.status(accepted ? 204 : 403).end();
});

function isValid(request) {
  const signature = request.get(EventWebhookHeader.SIGNATURE());
  const timestamp = request.get(EventWebhookHeader.TIMESTAMP());
  try {
    return eventWebhook.verifySignature(publicKey, rawBody(request), signature, timestamp);
  } catch {
    // The SDK throws on a signature that is no DER.
    return false;
  }
}

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
