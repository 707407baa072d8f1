import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startApp } from "../helpers/http-app.js";
import { startFront } from "../helpers/front.js";
import { takeName } from "../helpers/tunnel-service.js";
import { listenIn, publicUrl, startAround, startServer } from "../helpers/tunnelled.js";

/** Notes what the env file says when it runs, and that it ran. */
const NOTE = `
  const fs = require("fs");
  const env = fs.readFileSync(".env", "utf8").match(/^HOOKCLI_URL=(.*)$/m)[1];
  fs.appendFileSync("told", JSON.stringify([process.env.HOOKCLI_URL, env, fs.existsSync("ready.json")]) + "\\n");
  void fetch(process.env.SERVICE + "/on-url?url=" + encodeURIComponent(process.env.HOOKCLI_URL));`;

it("each that is told the public URL is told the new one once, in order, and the old one is taken back", async () => {
  const server = await startServer(onTestFinished);
  const front = await startFront("pass", server.port);
  onTestFinished(() => front.close());
  const { app, sandbox } = await startAround(onTestFinished);
  const service = await startApp();
  onTestFinished(() => service.close());
  const ids = ["first", "second", "third"];
  service.answer = ({ method }, response) =>
    void response.end(JSON.stringify(method === "POST" ? { id: ids.shift() } : {}));
  const at = `http://127.0.0.1:${service.port}`;
  writeFileSync(join(sandbox.folder, "note.cjs"), NOTE);
  const told = ["--write-env", ".env", "--ready-file", "ready.json", "--on-url", `"${process.execPath}" note.cjs`];
  const registered = ["--register", `${at}/hooks`, "--unregister", `${at}/hooks/{id}?url={url}`];
  const argv = [String(app.port), "--tunnel-host", front.host, "-s", "ludwig", ...told, ...registered];
  const listen = await listenIn(sandbox, argv, { finish: onTestFinished, env: { SERVICE: at } });
  const ready = join(sandbox.folder, "ready.json");
  const readyUrl = () =>
    existsSync(ready) ? (JSON.parse(readFileSync(ready, "utf8")) as { url: unknown }).url : undefined;
  const old = publicUrl("ludwig", server);
  await expect.poll(readyUrl, { timeout: 30_000 }).toBe(old);

  front.mode = "refuse";
  await server.kill();
  await listen.waitForCount("tunnel", 2, 30_000);
  await server.restart();
  const release = await takeName(server.port, "ludwig");
  onTestFinished(release);
  front.mode = "pass";
  const url = String((await listen.waitForCount("tunnel", 3, 90_000))[2]?.["url"]);
  await expect.poll(readyUrl, { timeout: 30_000 }).toBe(url);
  const env = readFileSync(join(sandbox.folder, ".env"), "utf8");
  const ended = await listen.stop("SIGINT");

  const asked = service.requests.map(({ method, url: path, body }) => [
    `${method} ${decodeURIComponent(path)}`,
    body.toString(),
  ]);
  expect(url).not.toBe(old);
  expect(asked).toEqual([
    ["POST /hooks", JSON.stringify({ url: old })],
    [`GET /on-url?url=${old}`, ""],
    ["POST /hooks", JSON.stringify({ url })],
    [`DELETE /hooks/first?url=${old}`, ""],
    [`GET /on-url?url=${url}`, ""],
    [`DELETE /hooks/second?url=${url}`, ""],
  ]);
  expect(
    readFileSync(join(sandbox.folder, "told"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    [old, old, false],
    [url, url, true],
  ]);
  expect(env).toBe(`HOOKCLI_URL=${url}\nHOOKCLI_LOCAL_URL=${listen.localUrl}\n`);
  expect(existsSync(ready)).toBe(false);
  expect(ended.code).toBe(130);
}, 240_000);
