import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { certificates } from "../helpers/certificates.js";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";

const TRUE = ["--", process.execPath, "-e", ""];
/** Credentials of a proxy, as in its URL and as it gets them. */
const CREDENTIALS = "robot:pr0xy-s3cret";
const BASIC = `Basic ${Buffer.from(CREDENTIALS).toString("base64")}`;

let sandbox: Sandbox;
let service: TestApp;

beforeEach(async () => {
  sandbox = createSandbox();
  service = await startApp((_request, response) => void response.end('{"id":"hook-1"}'));
});

afterEach(async () => {
  await service.close();
  sandbox.remove();
});

function listen(argv: readonly string[], env: Record<string, string> = {}) {
  return runProgram(["listen", "--no-tunnel", ...argv, ...TRUE], { sandbox, env, limitMs: 60_000 });
}

/** A proxy with credentials that takes every name for this machine's `port`. */
async function startProxy(port: number, status = 200) {
  const proxy = await startConnectProxy({ portOf: () => port, status: () => status });
  onTestFinished(() => proxy.close());
  return { proxy, url: proxy.url.replace("//", `//${CREDENTIALS}@`) };
}

const NAME = "hooks.example.test";
const asked = ({ requests }: TestApp) => requests.map(({ method, url }) => `${method} ${url}`);

describe("listen --register through a proxy", () => {
  it.each(["HTTP_PROXY", "http_proxy"])(
    "of %s reaches the service, there and back, and tells no credentials",
    async (name) => {
      const { proxy, url } = await startProxy(service.port);
      const ended = await listen(
        [
          "-v",
          "--require-register",
          "--register",
          `http://${NAME}:8080/hooks`,
          "--unregister",
          `http://${NAME}:8080/hooks/{id}`,
        ],
        { [name]: url },
      );

      expect([ended.code, ended.stderr.includes(`registered with ${NAME}:8080`)]).toEqual([0, true]);
      expect(asked(service)).toEqual(["POST /hooks", "DELETE /hooks/hook-1"]);
      expect(new Set(proxy.asked)).toEqual(new Set([`${NAME}:8080`]));
      expect(new Set(proxy.credentials)).toEqual(new Set([BASIC]));
      expect(ended.stdout + ended.stderr).not.toMatch(/s3cret|robot|Basic/);
    },
  );

  it("of HTTPS_PROXY reaches a service behind TLS", async () => {
    const bodies: string[] = [];
    const secure = createTlsServer({ key: certificates.key, cert: certificates.good }, (request, response) => {
      request.on("data", (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on("end", () => response.end("{}"));
    });
    await once(secure.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void secure.close());
    writeFileSync(join(sandbox.folder, "ca.pem"), certificates.root);
    const { proxy, url } = await startProxy((secure.address() as AddressInfo).port);
    const argv = ["--require-register", "--register", `https://${NAME}/hooks`];
    const trusted = await listen(argv, { HTTPS_PROXY: url, NODE_EXTRA_CA_CERTS: join(sandbox.folder, "ca.pem") });
    const strange = await listen(argv, { HTTPS_PROXY: url });

    expect([trusted.code, strange.code]).toEqual([0, 4]);
    expect(bodies).toEqual([expect.stringMatching(/^\{"url":"http:\/\/localhost:\d+"\}$/)]);
    expect(proxy.asked).toEqual([`${NAME}:443`, `${NAME}:443`]);
    expect(strange.stderr).toContain(
      `error: ${NAME} did not take the public URL: TLS failed, as where its certificate`,
    );
    expect([trusted, strange].map(({ stdout, stderr }) => stdout + stderr).join("")).not.toMatch(/s3cret|robot/);
  });

  it("is not asked for what NO_PROXY names, nor for this computer", async () => {
    const { proxy, url } = await startProxy(service.port);
    const excepted = await listen(["--require-register", "--register", `http://${NAME}/hooks`], {
      HTTP_PROXY: url,
      NO_PROXY: "example.test",
    });
    const here = await listen(["--require-register", "--register", `http://localhost:${service.port}/hooks`], {
      HTTP_PROXY: url,
    });

    expect([excepted.code, here.code]).toEqual([4, 0]);
    expect(excepted.stderr).toContain(`error: ${NAME} did not take the public URL: `);
    expect(proxy.asked).toEqual([]);
  });

  it("that refuses is told, without its credentials", async () => {
    const { url } = await startProxy(service.port, 407);
    const refused = await listen(["--require-register", "--register", `http://${NAME}/hooks`], { HTTP_PROXY: url });
    const goesOn = await listen(["--register", `http://${NAME}/hooks`], { HTTP_PROXY: url });

    expect([refused.code, goesOn.code]).toEqual([4, 0]);
    expect(refused.stderr).toContain(`error: ${NAME} did not take the public URL: the proxy refused`);
    expect(goesOn.stderr).toContain(`warning: ${NAME} did not take the public URL: the proxy refused`);
    expect(refused.stderr + goesOn.stderr).not.toMatch(/s3cret|robot/);
  });
});

describe("a service that", () => {
  const hooks = () => `http://127.0.0.1:${service.port}/hooks`;

  it("answers 500, or sends elsewhere, is told in a line, and is an error where it is required", async () => {
    const elsewhere = await startApp();
    onTestFinished(() => elsewhere.close());
    service.answer = (_request, response) => void response.writeHead(500).end();
    const failing = await listen(["--register", hooks()]);
    const required = await listen(["--require-register", "--register", hooks()]);
    service.answer = (_request, response) =>
      void response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/other` }).end();
    const moved = await listen(["--require-register", "--register", hooks()]);

    expect([failing.code, required.code, moved.code]).toEqual([0, 1, 1]);
    expect(failing.stderr).toContain("did not take the public URL: it answered 500\n");
    expect(required.stderr.match(/hookcli: error: .*/g)).toEqual([
      `hookcli: error: 127.0.0.1:${service.port} did not take the public URL: it answered 500`,
    ]);
    expect(moved.stderr).toContain("did not take the public URL: it answered 307, and a redirect is not followed");
    expect(elsewhere.requests).toEqual([]);
  });

  it("never answers is waited for no longer than ten seconds, and is late (3)", async () => {
    service.answer = () => {};
    const [goesOn, required] = await Promise.all([
      listen(["--register", hooks()]),
      listen(["--require-register", "--register", hooks()]),
    ]);

    expect([goesOn.code, required.code]).toEqual([0, 3]);
    for (const { stderr } of [goesOn, required])
      expect(stderr).toContain("did not take the public URL: no answer within 10 s");
  });

  it("refuses to take it back is told, and changes no exit code", async () => {
    service.answer = ({ method }, response) =>
      void response.writeHead(method === "DELETE" ? 500 : 200).end('{"id":"hook-1"}');
    const ended = await listen(["--register", hooks(), "--unregister", `${hooks()}/{id}`]);

    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain("warning: the service did not take the URL back: it answered 500");
  });

  it("takes the URL while others are told keeps the order: env file, service, command, ready file", async () => {
    let seen: unknown[] = [];
    service.answer = (_request, response) => {
      const read = (name: string) => {
        try {
          return readFileSync(join(sandbox.folder, name), "utf8");
        } catch {
          return undefined;
        }
      };
      seen = [read(".env")?.includes("HOOKCLI_URL="), read("ran"), read("r.json")];
      response.end("{}");
    };
    const onUrl = `"${process.execPath}" -e "require('fs').writeFileSync('ran', String(require('fs').existsSync('r.json')))"`;
    const running = await startListen(
      ["--no-tunnel", "--write-env", ".env", "--ready-file", "r.json", "--on-url", onUrl, "--register", hooks()],
      { sandbox },
    );
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(3);
    await expect.poll(() => running.child.exitCode === null && sandboxHas("r.json"), { timeout: 20_000 }).toBe(true);
    await running.stop();

    expect(seen).toEqual([true, undefined, undefined]);
    expect(readFileSync(join(sandbox.folder, "ran"), "utf8")).toBe("false");
  });
});

function sandboxHas(name: string): boolean {
  try {
    return readFileSync(join(sandbox.folder, name), "utf8") !== "";
  } catch {
    return false;
  }
}
