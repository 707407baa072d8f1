// https://docs.slack.dev/authentication/verifying-requests-from-slack, with the check of @slack/bolt's own receivers.
import bolt from "@slack/bolt";
import express from "express";
import { rawBody, ready, received, setting } from "../report.js";

const signingSecret = setting("WEBHOOK_SECRET");
const app = express();

app.post("/{*path}", express.raw({ type: () => true, limit: "25mb" }), (request, response) => {
  const accepted = bolt.isValidSlackRequest({
    signingSecret,
    body: rawBody(request).toString("utf8"),
    headers: {
      "x-slack-signature": request.headers["x-slack-signature"],
      "x-slack-request-timestamp": Number.parseInt(request.headers["x-slack-request-timestamp"], 10),
    },
  });
  received(rawBody(request), accepted);
  if (!accepted) response.status(401).end();
  else if (request.is("application/json")) answerEvent(JSON.parse(rawBody(request).toString("utf8")), response);
  else response.status(200).end();
});

function answerEvent(event, response) {
  if (event.type === "url_verification") response.json({ challenge: event.challenge });
  else response.status(200).end();
}

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
