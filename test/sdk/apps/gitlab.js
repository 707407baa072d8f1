// https://docs.gitlab.com/user/project/integrations/webhooks: the secret token comes in X-Gitlab-Token; there is no SDK.
import { createHash, timingSafeEqual } from "node:crypto";
import express from "express";
import { rawBody, ready, received, setting } from "../report.js";

const secret = digest(setting("WEBHOOK_SECRET"));
const app = express();

app.post("/{*path}", express.raw({ type: "application/json", limit: "25mb" }), (request, response) => {
  const tokenMatches = timingSafeEqual(digest(request.get("x-gitlab-token") ?? ""), secret);
  const accepted = tokenMatches && Boolean(request.get("x-gitlab-event"));
  received(rawBody(request), accepted);
  response.status(accepted ? 200 : 401).end();
});

function digest(text) {
  return createHash("sha256").update(text).digest();
}

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
