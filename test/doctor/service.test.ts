import type { RequestListener } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { startServer } from "../helpers/tunnelled.js";
import { lookup } from "node:dns/promises";
import { closedPort, makePatient, makeService, probe, serve, serveTcp } from "./patient.js";
import { droppingPort } from "../helpers/dropping-port.js";
import type { Patient } from "../../src/doctor/patient.js";

const STATUS = JSON.stringify({ tunnels: 0, mem: {} });

/** A service that answers as a test wants, its port of events included. */
async function served(answer: RequestListener): Promise<Partial<Patient>> {
  return { service: await makeService(`http://127.0.0.1:${await serve(answer)}/`) };
}

async function real(): Promise<Partial<Patient>> {
  const server = await startServer((cleanup) => onTestFinished(cleanup));
  return { service: await makeService(`${server.host}/`) };
}

const found = async (name: string, parts: Partial<Patient>) => probe(name, await makePatient(parts));

describe("a real tunnel service", () => {
  it("is well in all that is looked at", async () => {
    const parts = await real();

    for (const name of ["tunnel-dns", "tunnel-service", "clock", "firewall"]) {
      expect(await found(name, parts), name).toMatchObject({ status: "ok" });
    }
  });
});

describe("tunnel-dns", () => {
  const network = (resolve: (hostname: string) => Promise<readonly string[]>) =>
    ({ lookup: resolve }) as Patient["network"];

  it("is well when the name resolves to a public address", async () => {
    const service = await makeService("https://tunnel.example.test/");

    expect(await found("tunnel-dns", { service })).toMatchObject({ message: "tunnel.example.test is 203.0.113.7" });
  });

  it("is broken when the name does not resolve", async () => {
    const service = await makeService("https://tunnel.invalid/");
    const resolve = async (hostname: string) => (await lookup(hostname, { all: true })).map(({ address }) => address);

    expect(await found("tunnel-dns", { service, network: network(resolve) })).toMatchObject({
      status: "broken",
      message: expect.stringMatching(/^tunnel\.invalid: the (?:name does not resolve|resolver does not answer)$/),
    });
  });

  it.each(["10.1.2.3", "192.168.1.1", "172.20.0.1", "169.254.1.1", "100.64.0.1", "fd00::1", "fe80::1"])(
    "is a warning when the name resolves to %s",
    async (address) => {
      const service = await makeService("https://tunnel.example.test/");

      expect((await found("tunnel-dns", { service, network: network(async () => [address]) })).status).toBe("warning");
    },
  );

  it("is left to the proxy where one stands between", async () => {
    const service = await makeService("https://tunnel.example.test/");
    const env = { HTTPS_PROXY: "http://127.0.0.1:9" };

    expect(await found("tunnel-dns", { service, env })).toMatchObject({
      status: "skipped",
      message: "the proxy resolves it",
    });
  });
});

describe("tunnel-service", () => {
  it("is of this computer at an IPv6 address, and never behind a proxy", async () => {
    const service = await makeService(`http://[::1]:${await closedPort()}/`);
    const env = { HTTP_PROXY: "http://127.0.0.1:9" };

    const { status, fix } = await found("tunnel-service", { service, env });

    expect(status).toBe("broken");
    expect(fix).toEqual(["try again later, or another one: --tunnel-host, or --via cloudflared"]);
  });

  it("is broken when nothing listens there", async () => {
    const service = await makeService(`http://127.0.0.1:${await closedPort()}/`);

    expect(await found("tunnel-service", { service })).toMatchObject({
      status: "broken",
      message: expect.stringContaining("is not reachable: the connection was refused"),
    });
  });

  it("is broken when it takes connections and never answers", async () => {
    const service = await makeService(`http://127.0.0.1:${await serveTcp(() => {})}/`);

    expect(await found("tunnel-service", { service })).toMatchObject({
      status: "broken",
      message: expect.stringContaining("no answer within 1 s"),
    });
  });

  it("is broken when it fails", async () => {
    const parts = await served((_request, response) => void response.writeHead(503).end());

    expect(await found("tunnel-service", parts)).toMatchObject({
      status: "broken",
      message: expect.stringContaining("answers 503"),
    });
  });

  it("is a warning when a captive portal answers in its place", async () => {
    const parts = await served(
      (_request, response) => void response.writeHead(302, { location: "http://login.hotel.test/" }).end(),
    );

    expect(await found("tunnel-service", parts)).toMatchObject({
      status: "warning",
      message: expect.stringContaining("points to http://login.hotel.test/"),
    });
  });

  it("is a warning when something else answers there", async () => {
    const parts = await served((_request, response) => void response.end("<html>hello</html>"));

    expect(await found("tunnel-service", parts)).toMatchObject({
      status: "warning",
      message: expect.stringContaining("not like a localtunnel service"),
    });
  });

  it("is broken when the proxy before it refuses, and says so", async () => {
    const proxy = await startConnectProxy({ status: () => 403 });
    onTestFinished(() => proxy.close());
    const env = { HTTPS_PROXY: proxy.url };
    const service = await makeService("https://tunnel.example.test/", env);

    const result = await found("tunnel-service", { service, env });

    expect(result.message).toContain(`the proxy ${proxy.url} answered 403 to CONNECT tunnel.example.test:443`);
    expect(result.fix).toEqual(["mend the proxy, or name the service in NO_PROXY"]);
  });
});

describe("clock", () => {
  const off = (ms: number) =>
    served(
      (_request, response) =>
        void response.writeHead(200, { date: new Date(Date.now() - ms).toUTCString() }).end(STATUS),
    );

  it.each([
    [0, "ok", "agree"],
    [20_000, "ok", "agree"],
    [120_000, "warning", "ahead of"],
    [-120_000, "warning", "behind"],
    [3_600_000, "broken", "60 min ahead of"],
    [-3_600_000, "broken", "60 min behind"],
  ])("that is %i ms ahead of the service's is %s", async (ms, status, text) => {
    expect(await found("clock", await off(ms))).toMatchObject({ status, message: expect.stringContaining(text) });
  });

  it("is skipped when the service does not tell the time, or does not answer", async () => {
    const silent = await served((_request, response) => {
      response.sendDate = false;
      response.end(STATUS);
    });
    const gone = { service: await makeService(`http://127.0.0.1:${await closedPort()}/`) };

    expect((await found("clock", silent)).status).toBe("skipped");
    expect((await found("clock", gone)).status).toBe("skipped");
  });
});

describe("firewall", () => {
  const withPort = (port: unknown) =>
    served((_request, response) => void response.end(JSON.stringify({ id: "x", port, url: "http://x.test" })));

  it("is broken when the port of events is refused", async () => {
    const port = await closedPort();

    expect(await found("firewall", await withPort(port))).toMatchObject({
      status: "broken",
      message: `127.0.0.1 port ${port} is refused: a firewall between, or the service, says no`,
    });
  });

  it.runIf(process.platform === "linux")("is broken when connections to the port of events are dropped", async () => {
    const port = await droppingPort();

    expect(await found("firewall", await withPort(port))).toMatchObject({
      status: "broken",
      message: `127.0.0.1 port ${port} does not answer: a firewall between drops the connection`,
    });
  });

  it.each(["70000", 0, 65_536, 1.5, null])("is skipped when the service gives %j for a port", async (port) => {
    expect((await found("firewall", await withPort(port))).status).toBe("skipped");
  });

  it("is well through a proxy that passes all ports", async () => {
    const proxy = await startConnectProxy();
    onTestFinished(() => proxy.close());
    const server = await startServer((cleanup) => onTestFinished(cleanup));
    const env = { HTTP_PROXY: proxy.url };

    const service = await makeService(`http://tunnel.test:${server.port}/`, env);

    expect((await found("firewall", { service, env })).status).toBe("ok");
    expect(proxy.asked.length).toBeGreaterThan(1);
  });

  it("is broken when the proxy passes no other ports and there is no way around it", async () => {
    const server = await startServer((cleanup) => onTestFinished(cleanup));
    const status = (authority: string) => (authority.endsWith(`:${server.port}`) ? 200 : 403);
    const proxy = await startConnectProxy({ status });
    onTestFinished(() => proxy.close());
    const env = { HTTP_PROXY: proxy.url };

    const service = await makeService(`http://tunnel.invalid:${server.port}/`, env);
    const result = await found("firewall", { service, env });

    expect(result.status).toBe("broken");
    expect(result.message).toMatch(
      /answered 403 to CONNECT tunnel\.invalid:\d+, and without the proxy the (?:name|resolver)/,
    );
  });
});

describe("without a tunnel service", () => {
  it("nothing of it is looked at", async () => {
    for (const name of ["tunnel-dns", "tunnel-service", "clock", "firewall"]) {
      expect(await found(name, { service: "there is no tunnel" })).toMatchObject({
        status: "skipped",
        message: "there is no tunnel",
      });
    }
  });
});
