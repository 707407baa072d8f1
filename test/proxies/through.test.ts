import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createDeliverer } from "../../src/deliver/create.js";
import { parseTarget } from "../../src/deliver/target.js";
import { createDialer } from "../../src/proxies/dialer.js";
import { HttpGetError, httpGet } from "../../src/tunnel/http-get.js";
import { selfSigned } from "../helpers/certificate.js";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { startApp } from "../helpers/http-app.js";
import { openProxy } from "../helpers/proxy.js";
import { startServer } from "../helpers/tunnelled.js";
import { localtunnel } from "../../src/tunnel/localtunnel.js";
import { createProbe } from "../../src/tunnel/probe.js";
import { post } from "../tunnel/app.js";

const request = {
  method: "POST",
  path: "/hook?a=1",
  headers: [
    ["X-One", "1"],
    ["x-two", "2"],
    ["X-One", "3"],
    ["Content-Type", "application/json"],
  ] as [string, string][],
  trailers: [],
  body: Buffer.from('{ "a" : 1.0 }'),
};

async function proxyAndApp(options: Parameters<typeof startConnectProxy>[0] = {}) {
  const app = await startApp();
  onTestFinished(() => app.close());
  const proxy = await startConnectProxy(options);
  onTestFinished(() => proxy.close());
  return { app, proxy };
}

async function deliver(
  target: string,
  env: Record<string, string>,
  more: { insecure?: boolean; allowRemote?: boolean } = {},
) {
  const deliverer = createDeliverer({
    timeoutMs: 5_000,
    insecure: more.insecure === true,
    allowRemote: more.allowRemote ?? true,
    hostHeader: "target",
    headers: [],
    monotonic: () => performance.now(),
    dialer: await createDialer(env),
  });
  onTestFinished(() => deliverer.close());
  return deliverer.deliver({ request: request as never, target: parseTarget(target), forwarded: {} });
}

describe("a delivery to another machine", () => {
  it("goes through the proxy of HTTP_PROXY, with its header list and its body untouched", async () => {
    const { app, proxy } = await proxyAndApp();

    const delivery = await deliver(`http://app.example.test:${app.port}`, { HTTP_PROXY: proxy.url });

    expect(delivery).toMatchObject({ status: 200, error: null });
    expect(proxy.asked).toEqual([`app.example.test:${app.port}`]);
    const [seen] = app.requests;
    expect(
      pairs(seen?.rawHeaders ?? []).filter(([name]) => !/^(?:host|connection|content-length)$/i.test(name)),
    ).toEqual(request.headers);
    expect(seen?.body.equals(request.body)).toBe(true);
  });

  it("goes through the proxy with TLS inside, and checks the certificate for the target's own name", async () => {
    const server = createTlsServer(selfSigned, (_request, response) => void response.end("ok"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { proxy } = await proxyAndApp();

    const refused = await deliver(`https://app.example.test:${port}`, { HTTPS_PROXY: proxy.url });
    const accepted = await deliver(`https://app.example.test:${port}`, { HTTPS_PROXY: proxy.url }, { insecure: true });

    expect(refused.error).toBe("tls");
    expect(accepted.status).toBe(200);
    expect(proxy.asked).toHaveLength(2);
  });

  it("carries the proxy's user name and password, decoded", async () => {
    const { app, proxy } = await proxyAndApp();

    await deliver(`http://app.example.test:${app.port}`, { HTTP_PROXY: `http://me:p%40ss@127.0.0.1:${proxy.port}` });

    expect(proxy.credentials).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });

  it.each([403, 407, 502])("fails at the proxy when that answers %i", async (status) => {
    const { app, proxy } = await proxyAndApp({ status: () => status });

    const delivery = await deliver(`http://app.example.test:${app.port}`, { HTTP_PROXY: proxy.url });

    expect(delivery).toMatchObject({ status: null, error: "proxy" });
    expect(app.requests).toEqual([]);
  });

  it("fails at the proxy when the variable names none", async () => {
    const { app } = await proxyAndApp();

    const delivery = await deliver(`http://app.example.test:${app.port}`, { HTTP_PROXY: "socks5://proxy.test:1080" });

    expect(delivery.error).toBe("proxy");
  });
});

describe("a WebSocket to another machine", () => {
  it("goes through the proxy", async () => {
    const { app, proxy } = await proxyAndApp();
    const sockets = new WebSocketServer({ server: app.server });
    sockets.on("connection", (socket) =>
      socket.on("message", (data: Buffer) => socket.send(`echo ${data.toString()}`)),
    );
    const receiver = await openProxy(`http://app.example.test:${app.port}`, {
      deliverer: { allowRemote: true, dialer: await createDialer({ HTTP_PROXY: proxy.url }) },
    });
    onTestFinished(() => receiver.close());

    const client = new WebSocket(`${receiver.receiver.localUrl.replace("http", "ws")}/socket`);
    onTestFinished(() => client.terminate());
    await once(client, "open");
    client.send("hello");
    const [message] = (await once(client, "message")) as [Buffer];

    expect(String(message)).toBe("echo hello");
    expect(proxy.asked).toEqual([`app.example.test:${app.port}`]);
  });
});

describe("a delivery to this machine", () => {
  it.each(["127.0.0.1", "localhost", "app.localhost"])("to %s never meets a proxy", async (host) => {
    const { app, proxy } = await proxyAndApp();

    const delivery = await deliver(`http://${host}:${app.port}`, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });

    expect(delivery.status).toBe(200);
    expect(proxy.asked).toEqual([]);
  });

  it("is all there is without --allow-remote: a proxy does not get to resolve a name", async () => {
    const { app, proxy } = await proxyAndApp();

    const env = { HTTP_PROXY: proxy.url };
    const delivery = await deliver(`http://app.example.test:${app.port}`, env, { allowRemote: false });

    expect(delivery.status).toBeNull();
    expect(proxy.asked).toEqual([]);
  });
});

describe("a GET of the tunnel", () => {
  const get = async (url: string, env: Record<string, string>, timeoutMs = 5_000) =>
    httpGet(new URL(url), {
      timeoutMs,
      limitBytes: 1_000,
      signal: new AbortController().signal,
      dialer: await createDialer(env),
    });

  it("goes through the proxy, and around it for what NO_PROXY names", async () => {
    const { app, proxy } = await proxyAndApp();
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: "direct.test" };

    const answer = await get(`http://service.test:${app.port}/x`, env);

    expect(answer.body.toString()).toBe("ok");
    await expect(get(`http://direct.test:${app.port}/x`, env)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    expect(proxy.asked).toEqual([`service.test:${app.port}`]);
  });

  it("says what the proxy answered", async () => {
    const { proxy } = await proxyAndApp({ status: () => 407 });

    await expect(get("http://service.test/", { HTTP_PROXY: proxy.url })).rejects.toThrow(
      `the proxy ${proxy.url} answered 407 to CONNECT service.test:80 (it wants a user name and a password)`,
    );
  });

  it("ends in time when the proxy never answers", async () => {
    const silent = createServer((socket) => void socket.on("error", () => {}));
    await once(silent.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;

    const failure = await get("http://service.test/", { HTTP_PROXY: `http://127.0.0.1:${port}` }, 200).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(HttpGetError);
    expect(failure).toMatchObject({ timedOut: true });
  });
});

describe("the probe of a tunnel", () => {
  it("goes out to the public URL through the proxy", async () => {
    const { app, proxy } = await proxyAndApp();
    app.answer = (_request, response) => void response.writeHead(204).end();
    const dialer = await createDialer({ HTTP_PROXY: proxy.url });

    const result = await createProbe(
      "/secret",
      2_000,
      dialer,
    )(`http://a.test:${app.port}`, new AbortController().signal);

    expect(result).toEqual({ found: "through" });
    expect(proxy.asked).toEqual([`a.test:${app.port}`]);
  });
});

describe("a localtunnel service behind a proxy", () => {
  it("is registered with, and carries events, through the proxy", async () => {
    const service = await startServer((cleanup) => onTestFinished(cleanup));
    const { app, proxy } = await proxyAndApp();

    const open = await openTunnel(service.port, app.port, { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
    const answer = await post(`http://${open.name}.localhost:${service.port}`, "/hook", Buffer.from("x"));

    expect(answer).toEqual({ status: 200, body: "ok" });
    expect(proxy.asked[0]).toBe(`tunnel.test:${service.port}`);
    expect(proxy.asked.slice(1).every((authority) => /^tunnel\.test:\d+$/.test(authority))).toBe(true);
    expect(proxy.asked.length).toBeGreaterThan(2);
  });

  it("is reached around a proxy that allows no other ports", async () => {
    const service = await startServer((cleanup) => onTestFinished(cleanup));
    const status = (authority: string) => (authority.endsWith(`:${service.port}`) ? 200 : 403);
    const { app, proxy } = await proxyAndApp({ status });
    const dialer = await createDialer({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
    // The service is this machine, but not for the rules: a name that only the proxy knows could not be reached around it.
    const blind = { ...dialer!, proxyFor: async () => new URL(proxy.url) };

    const open = await localtunnel.open({
      port: app.port,
      host: `http://127.0.0.1:${service.port}`,
      subdomain: undefined,
      signal: new AbortController().signal,
      dialer: blind,
    });
    onTestFinished(() => open.close());
    const answer = await post(`http://${open.name}.localhost:${service.port}`, "/hook", Buffer.from("x"));

    expect(answer.status).toBe(200);
    expect(proxy.asked.filter((authority) => !authority.endsWith(`:${service.port}`)).length).toBeGreaterThan(0);
  });
});

async function openTunnel(servicePort: number, port: number, env: Record<string, string>) {
  const open = await localtunnel.open({
    port,
    host: `http://tunnel.test:${servicePort}`,
    subdomain: undefined,
    signal: new AbortController().signal,
    dialer: await createDialer(env),
  });
  onTestFinished(() => open.close());
  return open;
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as [string, string]] : []));
}
