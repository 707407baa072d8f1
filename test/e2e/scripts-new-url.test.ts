import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startApp } from "../helpers/http-app.js";
import { startFront, type Front } from "../helpers/front.js";
import type { LocaltunnelServer } from "../helpers/localtunnel-server.js";
import type { RunningListen } from "../helpers/program.js";
import { takeName } from "../helpers/tunnel-service.js";
import { listenIn, publicUrl, startAround, startServer } from "../helpers/tunnelled.js";

/** Notes what the env file says when it runs, and that it ran. */
const NOTE = `
  const fs = require("fs");
  const env = fs.readFileSync(".env", "utf8").match(/^HOOKCLI_URL=(.*)$/m)[1];
  fs.appendFileSync("told", JSON.stringify([process.env.HOOKCLI_URL, env, fs.existsSync("ready.json")]) + "\\n");
  void fetch(process.env.SERVICE + "/on-url?url=" + encodeURIComponent(process.env.HOOKCLI_URL));`;

/** While the tunnel is down somebody else takes its names. */
async function takeAway(
  names: readonly string[],
  { server, front, listen }: { server: LocaltunnelServer; front: Front; listen: RunningListen },
): Promise<void> {
  front.mode = "refuse";
  await server.kill();
  await listen.waitForCount("tunnel", 2, 30_000);
  await server.restart();
  for (const name of names) onTestFinished(await takeName(server.port, name));
  front.mode = "pass";
}

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

  await takeAway(["ludwig"], { server, front, listen });
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

it("a new URL that the service does not take ends the run with its error where the service has to, and is a warning elsewhere", async () => {
  const server = await startServer(onTestFinished);
  const front = await startFront("pass", server.port);
  onTestFinished(() => front.close());
  const { app, sandbox } = await startAround(onTestFinished);
  const service = await startApp();
  onTestFinished(() => service.close());
  service.answer = (_request, response) =>
    void response.writeHead(service.requests.length > 1 ? 403 : 200).end('{"id":"first"}');
  const other = await startApp();
  onTestFinished(() => other.close());
  other.answer = (_request, response) => void response.writeHead(other.requests.length > 1 ? 403 : 200).end();
  writeFileSync(join(sandbox.folder, "child.cjs"), "setInterval(() => {}, 1_000);");
  const at = `http://127.0.0.1:${service.port}/hooks`;
  const argv = [String(app.port), "--tunnel-host", front.host, "-s"];
  const required = ["--register", at, "--unregister", `${at}/{id}`, "--require-register", "--json"];
  const command = ["--", process.execPath, "child.cjs"];
  const listen = await listenIn(sandbox, [...argv, "ludwig", ...required, ...command], { finish: onTestFinished });
  const goesOn = await listenIn(sandbox, [...argv, "maria", "--register", `http://127.0.0.1:${other.port}/hooks`], {
    finish: onTestFinished,
  });
  await expect.poll(() => other.requests.length, { timeout: 30_000 }).toBe(1);
  await expect.poll(() => service.requests.length, { timeout: 30_000 }).toBe(1);
  await takeAway(["ludwig", "maria"], { server, front, listen });
  const ended = await listen.ended();
  await expect.poll(() => other.requests.length, { timeout: 90_000 }).toBe(2);
  await expect.poll(() => goesOn.stderr(), { timeout: 30_000 }).toContain("warning: ");
  const stopped = await goesOn.stop("SIGINT");

  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(
    `error: 127.0.0.1:${service.port} did not take the public URL: it answered 403\nhookcli: hint: `,
  );
  expect(listen.messages.at(-1)).toMatchObject({ type: "done", reason: "register", childExitCode: 143, exitCode: 1 });
  expect(service.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "POST /hooks",
    "POST /hooks",
    "DELETE /hooks/first",
  ]);
  expect(stopped.stderr).toContain(`warning: 127.0.0.1:${other.port} did not take the public URL: it answered 403`);
  expect(stopped.code).toBe(130);
}, 240_000);
