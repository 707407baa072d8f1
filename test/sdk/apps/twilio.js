// https://www.twilio.com/docs/usage/security: forms by their parameters, JSON by the bodySHA256 of the query.
import express from "express";
import twilio from "twilio";
import { publicUrl, ready, received, setting } from "../report.js";

const authToken = setting("WEBHOOK_SECRET");
const app = express();
app.set("trust proxy", "loopback");

const keepRawBody = (request, _response, bytes) => {
  request.rawBytes = bytes;
  request.rawBody = bytes.toString("utf8");
};
app.use(express.urlencoded({ extended: false, verify: keepRawBody, limit: "25mb" }));
app.use(express.json({ verify: keepRawBody, limit: "25mb" }));

app.post("/{*path}", (request, response) => {
  const accepted = twilio.validateExpressRequest(request, authToken, { url: publicUrl(request) });
  received(request.rawBytes, accepted);
  if (accepted) response.type("text/xml").send("<Response/>");
  else response.status(403).send("Twilio Request Validation Failed.");
});

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
