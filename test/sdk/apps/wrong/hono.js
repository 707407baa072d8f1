// Ways in which Hono apps, and other handlers of a web Request, lose the bytes that were signed: one route is one way.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { ready } from "../../report.js";
import { seen } from "../../seen.js";

const ways = {
  "/parsed": async ({ req }) => JSON.stringify(await req.json()),
  "/form": async ({ req }) => new URLSearchParams(await req.parseBody()).toString(),
  "/object": async ({ req }) => JSON.stringify(Object.fromEntries(await req.formData())),
};

const app = new Hono();
for (const [path, hashed] of Object.entries(ways))
  app.post(path, async (context) =>
    context.json(seen(await hashed(context), { headers: [...context.req.raw.headers], url: context.req.url })),
  );

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => ready(port));
