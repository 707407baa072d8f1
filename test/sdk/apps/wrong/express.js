// Ways in which Express apps lose the bytes or the URL that were signed: one route is one way.
import { parse, stringify } from "node:querystring";
import express from "express";
import rawBody from "raw-body";
import { ready } from "../../report.js";
import { headerPairs, seen } from "../../seen.js";

const any = { type: () => true };

const ways = {
  "/parsed": [express.json(), (request) => JSON.stringify(request.body)],
  "/interpolated": [express.json(), (request) => `${request.body}`],
  "/sorted": [express.json(), ({ body }) => JSON.stringify(body, Object.keys(body).toSorted())],
  "/text": [express.text(any), (request) => request.body],
  "/latin1-text": [express.text({ ...any, defaultCharset: "iso-8859-1" }), (request) => request.body],
  "/trimmed": [express.text(any), (request) => request.body.trim()],
  "/buffer-as-json": [express.raw(any), (request) => JSON.stringify(request.body)],
  "/ascii": [express.raw(any), (request) => request.body.toString("ascii")],
  "/raw": [express.raw(any), (request) => request.body],
  "/raw-json-only": [express.raw({ type: "application/json" }), (request) => String(request.body)],
  "/form": [express.urlencoded(), (request) => new URLSearchParams(request.body).toString()],
  "/form-querystring": [express.text(any), (request) => stringify(parse(request.body))],
  "/form-as-json": [express.urlencoded(), (request) => JSON.stringify(request.body)],
  "/payload": [express.urlencoded(), (request) => request.body.payload],
  "/unread": [unread, (request) => request.body],
  "/concatenated": [concatenated, (request) => request.body],
};

/** The stream as it came, with nothing undone. */
async function unread(request, _response, next) {
  request.body = await rawBody(request);
  next();
}

/** As many examples do: each chunk becomes text of its own. */
function concatenated(request, response, next) {
  let text = "";
  request.on("data", (chunk) => (text += chunk));
  request.on("end", () => {
    request.body = text;
    next();
  });
}

const app = express();
if (process.env.TRUST_PROXY) app.set("trust proxy", "loopback");
for (const [path, [read, hashed]] of Object.entries(ways))
  app.post(path, read, (request, response) => {
    const url = `${request.protocol}://${request.get("host")}${request.originalUrl}`;
    response.json(seen(hashed(request), { headers: headerPairs(request), url }));
  });

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
