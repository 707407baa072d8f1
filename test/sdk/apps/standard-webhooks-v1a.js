// The asymmetric form of https://www.standardwebhooks.com, which no JavaScript library checks: node:crypto written out.
import { createPublicKey, verify } from "node:crypto";
import express from "express";
import { rawBody, ready, received, setting } from "../report.js";

const toleranceSeconds = 5 * 60;
const publicKey = createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: base64Url(setting("WEBHOOK_PUBLIC_KEY").slice("whpk_".length)) },
  format: "jwk",
});
const app = express();

app.post("/{*path}", express.raw({ type: () => true, limit: "25mb" }), (request, response) => {
  const accepted = isValid(request.headers, rawBody(request));
  received(rawBody(request), accepted);
  response.status(accepted ? 204 : 401).end();
});

function isValid(headers, body) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !/^\d+$/.test(timestamp ?? "") || !signatures) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return signatures
    .split(" ")
    .filter((entry) => entry.startsWith("v1a,"))
    .some((entry) => verify(null, content, publicKey, Buffer.from(entry.slice("v1a,".length), "base64")));
}

function base64Url(base64) {
  return Buffer.from(base64, "base64").toString("base64url");
}

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
