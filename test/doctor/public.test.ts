import { describe, expect, it, onTestFinished } from "vitest";
import type { Patient } from "../../src/doctor/patient.js";
import { certificates } from "../helpers/certificates.js";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { closedPort, makePatient, probe, serve, serveTcp, serveTls } from "./patient.js";

const { key, root } = certificates;

/** hooks.example.test is this computer, as far as these tests see. */
const network = { lookup: async () => ["127.0.0.1"], ca: root } as unknown as Patient["network"];

async function found(name: string, url: string, parts: Partial<Patient> = {}) {
  return probe(name, await makePatient({ publicUrl: new URL(url), network, ...parts }));
}

describe("public-tls", () => {
  const at = async (cert: string, host = "hooks.example.test") => `https://${host}:${await serveTls({ key, cert })}`;

  it("is well with a certificate of a known authority, for the name, in its time", async () => {
    expect(await found("public-tls", await at(certificates.good))).toMatchObject({
      status: "ok",
      message: expect.stringContaining("a certificate of hookcli test root until 2126-01-01, TLSv1.3"),
    });
  });

  it("is well with a whole chain", async () => {
    const chain = certificates.chained + certificates.intermediate;

    expect((await found("public-tls", await at(chain))).status).toBe("ok");
  });

  it("is broken when a certificate between is missing from the chain", async () => {
    const result = await found("public-tls", await at(certificates.chained));

    expect(result.status).toBe("broken");
    expect(result.fix?.[0]).toContain("let the server send its whole chain");
  });

  it("is broken when the certificate has expired", async () => {
    expect(await found("public-tls", await at(certificates.expired))).toMatchObject({
      status: "broken",
      message: expect.stringContaining("has expired (2011-01-01)"),
      fix: ["renew the certificate, and load it anew"],
    });
  });

  it("is broken when the certificate is not valid yet", async () => {
    expect(await found("public-tls", await at(certificates.early))).toMatchObject({
      status: "broken",
      message: expect.stringContaining("not valid yet (from 2120-01-01)"),
    });
  });

  it("is broken when the certificate is for another name", async () => {
    expect(await found("public-tls", await at(certificates.other))).toMatchObject({
      status: "broken",
      message: expect.stringContaining("its certificate is for DNS:other.example.test"),
    });
  });

  it("is broken when nobody knows the authority", async () => {
    const strict = { ...network, ca: certificates.intermediate };

    expect((await found("public-tls", await at(certificates.good), { network: strict })).status).toBe("broken");
  });

  it("is a warning when the certificate ends within two weeks", async () => {
    const now = () => Date.UTC(2125, 11, 27);

    expect(await found("public-tls", await at(certificates.good), { now })).toMatchObject({
      status: "warning",
      message: expect.stringContaining("its certificate ends in 5 days (2126-01-01)"),
    });
  });

  it("is broken when there is no TLS at all", async () => {
    const port = await serve((_request, response) => void response.end("ok"));

    expect(await found("public-tls", `https://hooks.example.test:${port}`)).toMatchObject({
      status: "broken",
      message: expect.stringContaining("does not speak TLS"),
    });
  });

  it("is broken, in time, when the handshake never ends", async () => {
    const port = await serveTcp(() => {});

    expect((await found("public-tls", `https://hooks.example.test:${port}`)).status).toBe("broken");
  });

  it("is a warning for a public URL without TLS, and no matter on this computer", async () => {
    expect((await found("public-tls", "http://hooks.example.test")).status).toBe("warning");
    expect((await found("public-tls", "http://alice.localhost:4000")).status).toBe("skipped");
  });

  it("looks through the proxy where one stands between", async () => {
    const port = await serveTls({ key, cert: certificates.good });
    const proxy = await startConnectProxy();
    onTestFinished(() => proxy.close());
    const env = { HTTPS_PROXY: proxy.url };
    const { dialer } = (await makePatient({ env })).network;

    const result = await found("public-tls", `https://hooks.example.test:${port}`, {
      env,
      network: { ...network, dialer },
    });

    expect(result.status).toBe("ok");
    expect(proxy.asked).toEqual([`hooks.example.test:${port}`]);
  });
});

describe("public-url", () => {
  it("is well when it can be connected to", async () => {
    const port = await serve((_request, response) => void response.end("ok"));

    expect((await found("public-url", `http://127.0.0.1:${port}`)).status).toBe("ok");
  });

  it("makes no request, which a listen would capture", async () => {
    let requests = 0;
    const port = await serve((_request, response) => {
      requests += 1;
      response.end("ok");
    });

    for (const name of ["public-dns", "public-url", "public-tls"]) await found(name, `http://127.0.0.1:${port}`);

    expect(requests).toBe(0);
  });

  it("is broken when the connection is refused", async () => {
    expect(await found("public-url", `http://127.0.0.1:${await closedPort()}`)).toMatchObject({
      status: "broken",
      message: expect.stringContaining("is not reachable: the connection was refused"),
      fix: ["open the port in the firewall, and check that the server runs"],
    });
  });
});

describe("public-dns", () => {
  const resolving = (addresses: readonly string[]) => ({ network: { ...network, lookup: async () => addresses } });

  it("is well with a public address", async () => {
    expect((await found("public-dns", "https://hooks.example.test", resolving(["203.0.113.7"]))).status).toBe("ok");
    expect((await found("public-dns", "https://203.0.113.7")).status).toBe("ok");
  });

  it("is broken with an address of a local network", async () => {
    expect(await found("public-dns", "https://hooks.example.test", resolving(["192.168.1.20"]))).toMatchObject({
      status: "broken",
      message: expect.stringContaining("no provider can reach it"),
    });
    expect((await found("public-dns", "https://[fd12::1]")).status).toBe("broken");
  });

  it("is a warning with an address of this computer", async () => {
    expect((await found("public-dns", "http://alice.localhost:4000")).status).toBe("warning");
  });

  it("is broken when the name does not resolve", async () => {
    const lookup = () => Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }));

    expect(await found("public-dns", "https://hooks.invalid", { network: { ...network, lookup } })).toMatchObject({
      status: "broken",
      message: "hooks.invalid: the name does not resolve",
    });
  });
});
