import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectChecked, printedRecipe, recipeEnv } from "../causes/recipe.js";
import { freePort, startServer, type Server } from "../causes/server.js";

const here = dirname(fileURLToPath(import.meta.url));
/** Below test/sdk, where the packages are found, and where git does not look. */
const folder = join(here, "node_modules/.recipes");
const listening = /listening on (\d+)/;
const say = (server: string) => `console.log("listening on " + ${server}.address().port)`;

/** What stands around a recipe: nothing of it is changed, only started. */
const STARTS: Readonly<Record<string, (code: string) => string>> = {
  express: (code) => `${code}\nconst server = app.listen(0, "127.0.0.1", () => ${say("server")});`,
  fastify: (code) => `${code}\nawait app.listen({ port: 0, host: "127.0.0.1" });\n${say("app.server")};`,
  koa: (code) => `${code}\nconst server = app.listen(0, "127.0.0.1", () => ${say("server")});`,
  hono: (code) => `import { serve } from "@hono/node-server";\n${code}\n${serving("app.fetch")}`,
  // A route handler takes a web Request and gives a web Response; the server around it makes them as Next.js does.
  next: (code) => `import { serve } from "@hono/node-server";\n${code}\n${serving("POST")}`,
  lambda: (code) =>
    `import { startGateway } from "${join(here, "recipes/gateway.js")}";\n${code}\nstartGateway(handler);`,
};

function serving(fetch: string): string {
  return `const server = serve({ fetch: ${fetch}, port: 0, hostname: "127.0.0.1" }, () => ${say("server")});`;
}

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function startRecipe(file: string, port?: number): Promise<Server> {
  const args = ["--import", join(here, "recipes/is-valid.js"), file];
  const env = { ...recipeEnv, ...(port === undefined ? {} : { PORT: String(port) }) };
  const says = port === undefined ? listening : /listening/;
  return startServer({ command: process.execPath, args, env, says, ...(port === undefined ? {} : { port }) });
}

describe("the recipe, as it is printed, checks what came", () => {
  it.each(Object.entries(STARTS))("in %s", async (framework, around) => {
    const file = join(folder, `${framework}.mjs`);
    writeFileSync(file, around(await printedRecipe(framework)));
    const server = await startRecipe(file);

    await expectChecked(server.port).finally(() => server.close());
  });

  it("in nest", async () => {
    const code = await printedRecipe("nest");
    const [, , main = "", , controller = ""] = code.split(/^\/\/ (\S+\.ts)\n/m);
    const files = {
      "main.ts": main,
      "webhooks.controller.ts": controller,
      "app.module.ts": `import { Module } from "@nestjs/common";
        import { WebhooksController } from "./webhooks.controller.js";
        @Module({ controllers: [WebhooksController] })
        export class AppModule {}`,
      "start.ts": 'import "reflect-metadata";\nawait import("./main.js");\nconsole.log("listening");',
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const outfile = join(folder, "nest.mjs");
    await build({
      entryPoints: [join(folder, "start.ts")],
      outfile,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    });
    const server = await startRecipe(outfile, await freePort());

    expect(main).toContain("rawBody: true");
    await expectChecked(server.port).finally(() => server.close());
  });
});
