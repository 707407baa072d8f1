// https://github.com/octokit/webhooks.js: verifyAndReceive checks the signature and hands the event to its handlers.
import express from "express";
import { Webhooks } from "@octokit/webhooks";
import { rawBody, ready, received, setting } from "../report.js";

const webhooks = new Webhooks({
  secret: setting("WEBHOOK_SECRET"),
  log: { debug() {}, info() {}, warn() {}, error() {} },
});
const handled = new Set();
webhooks.onAny(({ id, name }) => handled.add(`${name} ${id}`));

const app = express();

app.post("/{*path}", express.raw({ type: "application/json", limit: "25mb" }), async (request, response) => {
  const id = request.get("x-github-delivery");
  const name = request.get("x-github-event");
  try {
    await webhooks.verifyAndReceive({
      id,
      name,
      payload: rawBody(request).toString("utf8"),
      signature: request.get("x-hub-signature-256") ?? "",
    });
    // A handler ran with the event's name and id: headers that a real GitHub always sends.
    const accepted = id !== undefined && name !== undefined && handled.delete(`${name} ${id}`);
    received(rawBody(request), accepted);
    response.status(accepted ? 202 : 400).end();
  } catch {
    received(rawBody(request), false);
    response.status(401).send("Unauthorized");
  }
});

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
