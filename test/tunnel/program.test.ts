import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { readLines } from "../../src/programs/lines.js";
import { startProgram } from "../../src/programs/start.js";
import { findTunnel, tunnelKinds } from "../../src/tunnel/kinds.js";
import { cloudflared, ssh, type ProgramRow } from "../../src/tunnel/program-rows.js";
import type { OpenTunnel } from "../../src/tunnel/tunnel.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A kind whose program is the fake one, in a mode; `calls` gives the words it was started with. */
async function fakeKind(name: "cloudflared" | "ssh", mode: string) {
  const dir = mkdtempSync(join(tmpdir(), "hookcli-program-"));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  const bin = join(dir, "bin");
  mkdirSync(bin);
  copyFileSync(fileURLToPath(new URL("fake-program.cjs", import.meta.url)), join(bin, name));
  chmodSync(join(bin, name), 0o755);
  const log = join(dir, "log");
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, FAKE_MODE: mode, FAKE_LOG: log };
  const tunnel = await findTunnel(name)?.load({ startProgram, readLines, env, cwd: dir });
  if (tunnel === undefined) throw new Error(`no kind ${name}`);
  const open = async (
    options: { host?: string; subdomain?: string; signal?: AbortSignal } = {},
  ): Promise<OpenTunnel> => {
    const { host = "", subdomain, signal = new AbortController().signal } = options;
    const opened = await tunnel.open({ port: 5000, host, subdomain, signal });
    cleanups.push(() => opened.close());
    return opened;
  };
  const calls = () =>
    readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as string[]);
  return { open, calls };
}

describe("cloudflared", () => {
  test("gives the URL it prints, once its connection is registered", async () => {
    const { open, calls } = await fakeKind("cloudflared", "cloudflared");

    const tunnel = await open();

    expect(tunnel).toMatchObject({ url: "https://calm-blue-sky.trycloudflare.com", name: undefined, checkable: true });
    expect(calls()).toEqual([
      ["cloudflared", "tunnel", "--no-autoupdate", "--config", devNull, "--url", "http://127.0.0.1:5000"],
    ]);
  });

  test("that cannot reach its service is an error with its own last words, and no URL is taken from them", async () => {
    const { open, calls } = await fakeKind("cloudflared", "refused");

    await expect(open()).rejects.toThrow(
      /^cloudflared ended with status 1: failed to request quick Tunnel: .*no route to host$/,
    );
    expect(calls()).toHaveLength(1);
  });

  test("that dies tells so", async () => {
    const { open } = await fakeKind("cloudflared", "dies");

    const tunnel = await open();

    expect(await tunnel.ended).toBe("cloudflared ended with status 1");
  });

  test("whose opening is aborted is ended", async () => {
    const { open, calls } = await fakeKind("cloudflared", "unregistered");
    const stop = new AbortController();
    const opening = open({ signal: stop.signal });
    opening.catch(() => undefined);
    await expect.poll(() => tryCount(calls)).toBe(1);

    stop.abort();

    await expect(opening).rejects.toThrow("cloudflared ended with SIGTERM");
  });

  test("that ignores SIGTERM is killed when the tunnel is closed", { timeout: 15_000 }, async () => {
    const { open } = await fakeKind("cloudflared", "stubborn");
    const tunnel = await open();

    await tunnel.close();

    expect(await tunnel.ended).toBe("cloudflared ended with SIGKILL");
  });

  test("that is not installed is an error with a hint", async () => {
    const tunnel = await findTunnel("cloudflared")?.load({
      startProgram,
      readLines,
      env: { PATH: "/nonexistent" },
      cwd: "/",
    });
    const opening = tunnel?.open({ port: 1, host: "", subdomain: undefined, signal: new AbortController().signal });

    await expect(opening).rejects.toMatchObject({
      message: "cloudflared is not installed",
      hint: "install cloudflared, or take another --via",
      exitCode: 4,
    });
  });
});

describe("ssh", () => {
  test("gives the https URL that a service prints into the session, not the links to its pages", async () => {
    const { open, calls } = await fakeKind("ssh", "service");

    const tunnel = await open({ host: "nokey@localhost.run" });

    expect(tunnel).toMatchObject({ url: "https://abc.lhr.life", name: undefined, checkable: true });
    expect(calls()[0]?.slice(-4)).toEqual(["-R", "80:127.0.0.1:5000", "--", "nokey@localhost.run"]);
    expect(calls()[0]).toEqual(
      expect.arrayContaining(["BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15"]),
    );
  });

  test("asks for a name by the address of the forwarding, and says whether it was granted", async () => {
    const { open, calls } = await fakeKind("ssh", "service");

    const granted = await open({ host: "serveo.net", subdomain: "abc" });
    const other = await open({ host: "serveo.net", subdomain: "alice" });

    expect([granted.name, other.name]).toEqual(["abc", undefined]);
    expect(calls().map((words) => words.at(-3))).toEqual(["abc:80:127.0.0.1:5000", "alice:80:127.0.0.1:5000"]);
  });

  test("takes http and the host's name for the URL when none is printed, as a guess", async () => {
    const { open, calls } = await fakeKind("ssh", "ownHost");

    const tunnel = await open({ host: "ssh://me@hooks.example.com:2222" });

    expect(tunnel).toMatchObject({ url: "http://hooks.example.com", name: undefined, checkable: false });
    expect(calls()[0]?.join(" ")).toMatch(/ -p 2222 .* -- me@hooks\.example\.com$/);
  });

  test("asks for no session where the account has none", async () => {
    const { open, calls } = await fakeKind("ssh", "noSession");

    const tunnel = await open({ host: "me@hooks.example.com" });

    expect(tunnel.url).toBe("http://hooks.example.com");
    expect(calls().map((words) => words.includes("-N"))).toEqual([false, true]);
  });

  test("that is refused is an error with the reason alone, tried once", async () => {
    const { open, calls } = await fakeKind("ssh", "denied");

    await expect(open({ host: "me@example.com" })).rejects.toThrow(
      "ssh ended with status 255: me@example.com: Permission denied (publickey).",
    );
    expect(calls()).toHaveLength(1);
  });

  test.each([
    "-oProxyCommand=touch /tmp/x",
    "-",
    "a b",
    "me@-host",
    "host;id",
    "host:99:99",
    "$(id)",
    "",
    "http://a/b",
    "a\nb",
  ])("refuses the host %j, and starts nothing", async (host) => {
    const { open, calls } = await fakeKind("ssh", "service");

    await expect(open({ host })).rejects.toMatchObject({ name: "CliError" });
    expect(tryCount(calls)).toBe(0);
  });
});

describe("the URL in a line", () => {
  const cases: [ProgramRow, string, string | undefined][] = [
    [cloudflared, "INF |  https://a-b-c.trycloudflare.com   |", "https://a-b-c.trycloudflare.com"],
    [cloudflared, 'Post "https://api.trycloudflare.com/tunnel": EOF', undefined],
    [cloudflared, "https://developers.cloudflare.com/", undefined],
    [ssh, "Forwarding HTTP traffic from https://abc.serveo.net", "https://abc.serveo.net"],
    [ssh, "\u001b[32mForwarding HTTP traffic from https://abc.serveo.net\u001b[0m", "https://abc.serveo.net"],
    [ssh, "http://rnabc-1-2-3-4.a.free.pinggy.link", "http://rnabc-1-2-3-4.a.free.pinggy.link"],
    [ssh, "HTTPS: https://abc.example.com:8443", "https://abc.example.com:8443"],
    [ssh, "see https://localhost.run/docs/faq", undefined],
    [ssh, "https://admin.localhost.run/", undefined],
    [ssh, "open http://127.0.0.1:5000 here", undefined],
    [ssh, "https://console.serveo.net/ssh/keys?add=abc", undefined],
  ];

  test.each(cases.map(([row, line, url]) => [row.kind, line, url, row] as const))(
    "of %s: %j is %s",
    (_, line, url, row) => {
      expect(row.url.exec(line)?.[0]).toBe(url);
    },
  );
});

describe("the kinds", () => {
  test.each(tunnelKinds.map((kind) => [kind.name, kind] as const))(
    "%s loads, and is what it says",
    async (name, kind) => {
      const tunnel = await kind.load({ startProgram, readLines, env: {}, cwd: "/" });

      expect(tunnel.kind).toBe(name);
      expect(findTunnel(name)).toBe(kind);
      expect(kind.summary).not.toBe("");
    },
  );

  test("begin with localtunnel, at the host that exists", () => {
    expect(tunnelKinds[0]).toMatchObject({ name: "localtunnel", defaultHost: "https://loca.lt" });
    expect(findTunnel("ngrok")).toBeUndefined();
  });
});

function tryCount(calls: () => string[][]): number {
  try {
    return calls().length;
  } catch {
    return 0;
  }
}
