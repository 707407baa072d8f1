import { describe, expect, it } from "vitest";
import { certificates } from "../helpers/certificates.js";
import { closedPort, makeApp, makePatient, probe, serve, serveTcp, serveTls } from "./patient.js";

const ok = (_request: unknown, response: { end: (text: string) => unknown }) => void response.end("ok");

describe("app-port", () => {
  it("says on which addresses somebody answers", async () => {
    const port = await serve(ok);

    const found = await probe("app-port", await makePatient({ app: makeApp(`localhost:${port}`) }));

    expect(found).toMatchObject({
      status: "ok",
      message: `port ${port} answers on 127.0.0.1, not on ::1 (hookcli tries both)`,
    });
  });

  it("finds an app that listens on ::1 alone", async () => {
    const port = await serve(ok, { host: "::1" });

    const found = await probe("app-port", await makePatient({ app: makeApp(`localhost:${port}`) }));

    expect(found.message).toContain("answers on ::1, not on 127.0.0.1");
  });

  it("is broken when nothing listens", async () => {
    const port = await closedPort();

    const found = await probe("app-port", await makePatient({ app: makeApp(`127.0.0.1:${port}`) }));

    expect(found).toMatchObject({
      status: "broken",
      message: `nothing listens on port ${port} of 127.0.0.1: the connection was refused`,
      fix: ["start the app, or name the port that it listens on"],
    });
  });

  it("is broken when a socket takes connections and never answers", async () => {
    const port = await serveTcp(() => {});

    const patient = await makePatient({ app: makeApp(`127.0.0.1:${port}`) });
    const found = await probe("app-port", { ...patient, limits: { ...patient.limits, answerMs: 200 } });

    expect(found).toMatchObject({
      status: "broken",
      message: expect.stringContaining("takes connections, and does not answer"),
    });
  });
});

describe("localhost", () => {
  it("is well when one program has the port", async () => {
    const port = await serve(ok);

    expect((await probe("localhost", await makePatient({ app: makeApp(`localhost:${port}`) }))).status).toBe("ok");
  });

  it("is well when both addresses answer alike", async () => {
    const port = await serve(ok);
    await serve(ok, { host: "::1", port });

    const found = await probe("localhost", await makePatient({ app: makeApp(`localhost:${port}`) }));

    expect(found).toMatchObject({ status: "ok", message: "127.0.0.1 and ::1 answer alike" });
  });

  it("is a warning when two programs share the port", async () => {
    const port = await serve(ok);
    await serve((_request, response) => void response.writeHead(404, { server: "other" }).end(), { host: "::1", port });

    const found = await probe("localhost", await makePatient({ app: makeApp(`localhost:${port}`) }));

    expect(found).toMatchObject({
      status: "warning",
      fix: [`name the one that is meant: 127.0.0.1:${port} or [::1]:${port}`],
    });
  });
});

describe("app-protocol", () => {
  const found = async (target: string, parts: { insecure?: boolean; ca?: string } = {}) => {
    const patient = await makePatient({ app: makeApp(target, { insecure: parts.insecure === true }) });
    return probe("app-protocol", { ...patient, network: { ...patient.network, ca: parts.ca } });
  };

  it("is well with HTTP at an http target", async () => {
    expect(await found(`http://127.0.0.1:${await serve(ok)}`)).toMatchObject({
      status: "ok",
      message: "the app speaks HTTP",
    });
  });

  it("is well with a trusted certificate at an https target", async () => {
    const port = await serveTls({ key: certificates.key, cert: certificates.good });

    expect((await found(`https://localhost:${port}`, { ca: certificates.root })).status).toBe("ok");
  });

  it("is broken when a plain target speaks TLS", async () => {
    const port = await serveTls({ key: certificates.key, cert: certificates.good });

    expect(await found(`http://127.0.0.1:${port}/hook`)).toMatchObject({
      status: "broken",
      message: "the app speaks HTTPS, and the target says http",
      fix: [`hookcli doctor https://127.0.0.1:${port}/hook`],
    });
  });

  it("is broken when an https target speaks plain HTTP", async () => {
    const port = await serve(ok);

    expect(await found(`https://127.0.0.1:${port}`)).toMatchObject({
      status: "broken",
      message: "the app speaks plain HTTP, and the target says https",
      fix: [`hookcli doctor http://127.0.0.1:${port}`],
    });
  });

  it("is broken when the app's certificate is not trusted, and well with -k", async () => {
    const port = await serveTls({ key: certificates.key, cert: certificates.good });

    const strict = await found(`https://localhost:${port}`);

    expect(strict).toMatchObject({ status: "broken", message: expect.stringContaining("the app speaks HTTPS, but") });
    expect(strict.fix?.[0]).toContain("-k accepts it");
    expect((await found(`https://localhost:${port}`, { insecure: true })).status).toBe("ok");
  });

  it("is broken when another program has the port, which speaks neither", async () => {
    const port = await serveTcp((socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n"));

    expect(await found(`http://127.0.0.1:${port}`)).toMatchObject({
      status: "broken",
      message: `127.0.0.1:${port} answers, but neither HTTP nor TLS`,
    });
  });

  it("is skipped when nobody answers", async () => {
    expect((await found(`http://127.0.0.1:${await closedPort()}`)).status).toBe("skipped");
  });
});

describe("all findings of the app", () => {
  it("are skipped without a target, and where a proxy stands before it", async () => {
    const far = makeApp("http://127.0.0.1:9", { throughProxy: true, addresses: [] });

    for (const name of ["app-port", "localhost", "app-protocol"]) {
      expect((await probe(name, await makePatient())).message).toBe("no target is known");
      expect((await probe(name, await makePatient({ app: far }))).status).toBe("skipped");
    }
  });
});
