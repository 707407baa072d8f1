// Ways in which Koa apps lose the bytes that were signed: one route is one way.
import { createServer } from "node:http";
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import { ready } from "../../report.js";
import { headerPairs, seen } from "../../seen.js";

const ways = {
  "/parsed": ({ request }) => JSON.stringify(request.body),
  "/form": ({ request }) => new URLSearchParams(request.body).toString(),
};

const app = new Koa();
app.use(bodyParser());
app.use((context) => {
  const { protocol, host, originalUrl } = context;
  context.body = seen(ways[context.path](context), {
    headers: headerPairs(context.req),
    url: `${protocol}://${host}${originalUrl}`,
  });
});

const server = createServer(app.callback()).listen(0, "127.0.0.1", () => ready(server.address().port));
