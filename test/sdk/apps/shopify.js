// https://github.com/Shopify/shopify-app-js, webhooks.validate: signature and the headers that Shopify always sends.
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, LogSeverity, shopifyApi } from "@shopify/shopify-api";
import express from "express";
import { rawBody, ready, received, setting } from "../report.js";

const shopify = shopifyApi({
  apiKey: "no-call-is-made",
  apiSecretKey: setting("WEBHOOK_SECRET"),
  apiVersion: Object.values(ApiVersion).at(-2),
  hostName: "127.0.0.1",
  isEmbeddedApp: false,
  logger: { log: () => {}, level: LogSeverity.Error },
});
const app = express();

app.post("/{*path}", express.raw({ type: () => true, limit: "25mb" }), async (request, response) => {
  const { valid } = await shopify.webhooks.validate({
    rawBody: rawBody(request).toString("utf8"),
    rawRequest: request,
    rawResponse: response,
  });
  received(rawBody(request), valid);
  response.status(valid ? 200 : 401).end();
});

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
