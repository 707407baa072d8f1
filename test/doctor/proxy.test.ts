import { describe, expect, it } from "vitest";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { closedPort, makePatient, probe } from "./patient.js";
import { onTestFinished } from "vitest";

const SAFE = "localhost,127.0.0.1,::1";
const PROXY = "http://proxy.test:3128";

const found = async (env: Record<string, string>) => probe("proxy", await makePatient({ env }));

describe("proxy", () => {
  it("is well when no proxy is named, or an exception alone", async () => {
    expect(await found({})).toMatchObject({ status: "ok", message: "no proxy is named" });
    expect((await found({ NO_PROXY: "*", HTTP_PROXY: "" })).status).toBe("ok");
  });

  it("is well with a proxy that leaves loopback out", async () => {
    expect(await found({ HTTPS_PROXY: PROXY, NO_PROXY: SAFE })).toMatchObject({
      status: "ok",
      message: `HTTPS_PROXY ${PROXY}, but not for ${SAFE}`,
    });
  });

  it("is a warning when ALL_PROXY alone names one", async () => {
    expect(await found({ all_proxy: "socks5://me:s3cret@proxy.test:1080" })).toMatchObject({
      status: "warning",
      message: "all_proxy is set, which hookcli does not read",
    });
    expect((await found({ ALL_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: SAFE })).status).toBe("ok");
  });

  it("never shows credentials, whole or malformed", async () => {
    const values = [
      "http://me:s3cret-of-mine@proxy.test:3128",
      "me:s3cret-of-mine@proxy.test:3128",
      "socks5://me:s3cret-of-mine@proxy.test:1080",
      "http://me:s3cret-of-mine@not a host",
      "https:/me:s3cret-of-mine@proxy.test",
    ];

    for (const value of values) {
      for (const env of [
        { HTTP_PROXY: value },
        { HTTP_PROXY: value, http_proxy: PROXY },
        { HTTP_PROXY: value, NO_PROXY: SAFE },
      ]) {
        expect(JSON.stringify(await found(env))).not.toContain("s3cret-of-mine");
      }
    }
  });

  it.each([
    ["http://", "is not the URL of a proxy"],
    ["http://proxy.test:99999", "is not the URL of a proxy"],
    ["ftp://proxy.test", "is not the URL of a proxy"],
    ["socks5://proxy.test:1080", "which hookcli does not speak"],
  ])("is broken when a variable is %s", async (value, message) => {
    expect(await found({ https_proxy: value, NO_PROXY: SAFE })).toMatchObject({
      status: "broken",
      message: expect.stringContaining(message),
    });
  });

  it("is a warning when the two spellings of a variable differ", async () => {
    expect(await found({ HTTP_PROXY: PROXY, http_proxy: "http://other.test", NO_PROXY: SAFE })).toMatchObject({
      status: "warning",
      message: expect.stringContaining("HTTP_PROXY and http_proxy differ"),
    });
    expect((await found({ HTTP_PROXY: PROXY, NO_PROXY: SAFE, no_proxy: "*" })).message).toContain(
      "NO_PROXY and no_proxy",
    );
    expect((await found({ HTTP_PROXY: PROXY, http_proxy: PROXY, NO_PROXY: SAFE })).status).toBe("ok");
  });

  it("is a warning when NO_PROXY lacks loopback, and the fix is the whole variable", async () => {
    const lacking = await found({ HTTP_PROXY: PROXY, NO_PROXY: "example.test localhost" });

    expect(lacking).toMatchObject({ status: "warning", fix: ["export NO_PROXY=example.test,localhost,127.0.0.1"] });
    expect((await found({ HTTP_PROXY: PROXY, NO_PROXY: "example.test,localhost,127.0.0.1" })).status).toBe("ok");
    expect((await found({ HTTP_PROXY: PROXY })).status).toBe("warning");
    expect((await found({ HTTP_PROXY: PROXY, NO_PROXY: "*" })).status).toBe("ok");
  });
});

describe("proxy-server", () => {
  const server = async (env: Record<string, string>) => probe("proxy-server", await makePatient({ env }));

  it("is skipped without a proxy", async () => {
    expect((await server({})).status).toBe("skipped");
  });

  it("is well when the proxy can be connected to", async () => {
    const proxy = await startConnectProxy();
    onTestFinished(() => proxy.close());

    expect(await server({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url })).toMatchObject({
      status: "ok",
      message: `${proxy.url} can be connected to`,
    });
  });

  it("is broken when nothing listens there, and shows no credentials", async () => {
    const port = await closedPort();

    const gone = await server({ HTTP_PROXY: `http://me:s3cret@127.0.0.1:${port}` });

    expect(gone).toMatchObject({
      status: "broken",
      message: `http://127.0.0.1:${port} is not reachable: the connection was refused`,
    });
  });
});
