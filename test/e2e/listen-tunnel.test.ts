import { createHash, createHmac, randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFront } from "../helpers/front.js";
import { launch, type Launched } from "../helpers/launch.js";
import { createSandbox, runProgram, type Sandbox } from "../helpers/program.js";
import { sendPublic } from "../helpers/public-client.js";
import {
  eventsIn,
  listenIn,
  publicUrl,
  startAround,
  startServer,
  startTunnelled,
  tunnelStates,
  type Tunnelled,
} from "../helpers/tunnelled.js";

/** How soon `listen` must be gone after Ctrl-C, milliseconds: its grace for answers on their way, with room to spare. */
const PROMPT_MS = 8_000;
/** "At once" for an answer that must not wait for any time-out, milliseconds: the shortest of those is 5 s. */
const AT_ONCE_MS = 4_000;

describe("an event through the tunnel", () => {
  it("reaches the app and the store byte for byte, as from the tunnel and from no known address", async () => {
    const { app, sandbox, listen, url } = await startTunnelled("alice", onTestFinished);
    const body = randomBytes(3_000);
    const hash = createHash("sha256").update(body).digest("hex");

    const answer = await sendPublic(url, {
      path: "/hook?a=1",
      body,
      headers: { "content-type": "application/octet-stream" },
    });

    expect(answer).toMatchObject({ status: 200, body: "ok" });
    expect(listen.publicUrl).toBe(url);
    expect(app.requests).toMatchObject([{ method: "POST", url: "/hook?a=1", bodySha256: hash }]);
    expect(await eventsIn(sandbox)).toMatchObject([
      { source: "tunnel", remoteIp: null, path: "/hook?a=1", bodySha256: hash, state: "delivered", size: 3_000 },
    ]);
    const shown = await runProgram(["events", "show", "last", "--json"], { sandbox });
    expect(Buffer.from((JSON.parse(shown.stdout) as { bodyBase64: string }).bodyBase64, "base64").equals(body)).toBe(
      true,
    );
  });

  it("tells the app under which host and protocol it was called", async () => {
    const { app, url } = await startTunnelled("bertha", onTestFinished);

    await sendPublic(url, { body: "x" });

    const headers = (app.requests[0]?.rawHeaders ?? []).map((text) => text.toLowerCase());
    expect(headers[headers.indexOf("x-forwarded-host") + 1]).toBe(new URL(url).host);
    expect(headers[headers.indexOf("x-forwarded-proto") + 1]).toBe("http");
    expect(headers[headers.indexOf("host") + 1]).toBe(`localhost:${app.port}`);
  });

  it("is answered 502 at once while the app is down, and kept with the cause", async () => {
    const { app, sandbox, url } = await startTunnelled("carla", onTestFinished);
    await app.close();

    const answers = await Promise.all(Array.from({ length: 15 }, () => sendPublic(url, { body: "{}" })));

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 502));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(AT_ONCE_MS);
    const events = await eventsIn(sandbox);
    expect(events).toHaveLength(15);
    expect(events.every(({ state }) => state === "failed")).toBe(true);
    const shown = await runProgram(["events", "show", "last", "--json"], { sandbox });
    expect(JSON.parse(shown.stdout)).toMatchObject({ attempts: [{ status: null, error: "refused" }] });
  });

  it("that the probe sends is nowhere: not in the app, not in the messages, not in the store", async () => {
    const { app, sandbox, listen, url } = await startTunnelled("dora", onTestFinished);
    await sendPublic(url, { path: "/real", body: "x" });
    const ended = await listen.stop("SIGINT");

    expect(app.requests.map(({ url: path }) => path)).toEqual(["/real"]);
    expect((await eventsIn(sandbox)).map(({ path }) => path)).toEqual(["/real"]);
    expect(ended.stdout).not.toContain("probe");
    expect(ended.stdout).toContain('"events":1');
  });

  it("is made by send --through-tunnel, once", async () => {
    const { app, sandbox, listen, url } = await startTunnelled("edgar", onTestFinished, {
      env: () => ({ HOOKCLI_SECRET: "s3cret" }),
    });

    const sent = await runProgram(["send", "message.created", "--through-tunnel"], {
      sandbox,
      env: { HOOKCLI_SECRET: "s3cret" },
    });

    expect(sent).toMatchObject({ code: 0 });
    expect(sent.stderr).toContain(url);
    expect(app.requests).toHaveLength(1);
    expect(await eventsIn(sandbox)).toMatchObject([{ source: "tunnel", signature: { status: "valid" } }]);
    expect(tunnelStates(listen.messages)).toEqual(["up"]);
  });
});

describe("a signature over the public URL", () => {
  const env = () => ({ TWILIO_WEBHOOK_SECRET: "twilio-token", SQUARE_WEBHOOK_SECRET: "square-key" });

  it("of Twilio is valid, and one over the local URL is not", async () => {
    const { listen, url } = await startTunnelled("frida", onTestFinished, { env });
    const sign = (base: string) =>
      createHmac("sha1", "twilio-token").update(`${base}/sms?x=1BodyhelloFrom+15005550006`).digest("base64");
    const send = (base: string) =>
      sendPublic(url, {
        path: "/sms?x=1",
        body: "From=%2B15005550006&Body=hello",
        headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": sign(base) },
      });

    await send(url);
    await send(listen.localUrl);

    expect(await statuses(listen)).toEqual(["twilio valid", "twilio invalid"]);
  });

  it("of Square is valid, and one over the local URL is not", async () => {
    const { listen, url } = await startTunnelled("gisela", onTestFinished, { env });
    const body = '{"type":"payment.created","event_id":"e-1"}';
    const sign = (base: string) => createHmac("sha256", "square-key").update(`${base}/square${body}`).digest("base64");
    const send = (base: string) =>
      sendPublic(url, {
        path: "/square",
        body,
        headers: { "content-type": "application/json", "x-square-hmacsha256-signature": sign(base) },
      });

    await send(url);
    await send(listen.localUrl);

    expect(await statuses(listen)).toEqual(["square valid", "square invalid"]);
  });

  it.each(["twilio/message.received", "square/payment.created"])(
    "of %s is made by send --through-tunnel, and let in by --require-signature",
    async (fixture) => {
      const { app, sandbox } = await startTunnelled("hanna", onTestFinished, { env, argv: ["--require-signature"] });

      const sent = await runProgram(["send", fixture, "--through-tunnel"], { sandbox, env: env() });

      expect(sent).toMatchObject({ code: 0 });
      expect(app.requests).toHaveLength(1);
    },
  );

  async function statuses(listen: Tunnelled["listen"]): Promise<string[]> {
    const events = await listen.waitForCount("event", 2);
    return events.map(({ event }) => {
      const { provider, signature } = event as { provider: string; signature: { status: string } };
      return `${provider} ${signature.status}`;
    });
  }
});

describe("what listen says of its tunnel", () => {
  it("is one up and one ready line with the URLs and the target", async () => {
    const { app, listen, url } = await startTunnelled("iris", onTestFinished);

    expect(listen.messages).toMatchObject([
      { type: "tunnel", state: "up", url },
      { type: "ready", url, localUrl: listen.localUrl, target: `http://localhost:${app.port}` },
    ]);
    expect(listen.localUrl).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it("is to people a banner with the public URL, and once that the way to the service is plain TCP", async () => {
    const server = await startServer(onTestFinished);
    const { app, sandbox } = await startAround(onTestFinished);
    const listen = launchIn(sandbox, ["listen", String(app.port), "--tunnel-host", server.host, "-s", "julia"]);
    await listen.says("Ctrl-C ends it");
    const ended = await listen.stop("SIGINT");

    expect(ended).toMatchObject({ code: 130, stdout: "" });
    expect(ended.stderr.split("\n")).toEqual([
      `public   ${publicUrl("julia", server)}`,
      expect.stringMatching(/^local {4}http:\/\/localhost:\d+$/),
      `target   http://localhost:${app.port}`,
      expect.stringMatching(/^note .*plain TCP/),
      expect.stringMatching(/^note .*signatures are not checked: set HOOKCLI_SECRET/),
      "         Ctrl-C ends it",
      "0 events captured",
      "",
    ]);
  });

  it("is the reason and what to do about it, where the program of the tunnel is not installed", async () => {
    const { sandbox } = await startAround(onTestFinished);
    const env = { PATH: sandbox.folder };

    const listen = await listenIn(sandbox, ["--via", "cloudflared"], { finish: onTestFinished, env });
    const local = await fetch(listen.localUrl, { method: "POST", body: "x" });
    const required = await runProgram(["listen", "--via", "cloudflared", "--require-tunnel"], { sandbox, env });

    expect(local.status).toBe(200);
    expect(listen.stderr()).toMatch(
      /^hookcli: warning: no tunnel: cloudflared .*\nhookcli: hint: .*cloudflared.*\n(?!.*hint)/,
    );
    expect(required.code).toBe(4);
    expect(required.stderr).toMatch(/^hookcli: error: no tunnel: cloudflared .*\nhookcli: hint: .*cloudflared.*\n$/);
  });

  it.each([
    ["a host that is no URL", ["--tunnel-host", "loca.lt"], "not the URL of a tunnel service: loca.lt"],
    ["--no-tunnel with --require-tunnel", ["--no-tunnel", "--require-tunnel"], "exclude each other"],
    [
      "--public-url with --require-tunnel",
      ["--public-url", "https://hooks.example", "--require-tunnel"],
      "exclude each other",
    ],
  ])("is a usage error for %s", async (_, argv, words) => {
    const sandbox = createSandbox();
    onTestFinished(() => sandbox.remove());

    const ended = await runProgram(["listen", "5000", ...argv], { sandbox });

    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(words);
  });
});

describe("a name", () => {
  it("that another listener has is told as not granted; both work", async () => {
    const first = await startTunnelled("karla", onTestFinished);
    const { app, sandbox } = await startAround(onTestFinished);
    const argv = [String(app.port), "--tunnel-host", first.server.host, "-s", "karla"];
    const second = await listenIn(sandbox, argv, { finish: onTestFinished });

    await sendPublic(first.url, { path: "/first", body: "x" });
    await sendPublic(second.publicUrl ?? "", { path: "/second", body: "x" });

    expect(second.publicUrl).not.toBe(first.url);
    expect(second.stderr()).toContain("the tunnel service did not give the name karla");
    expect(first.app.requests.map(({ url }) => url)).toEqual(["/first"]);
    expect(app.requests.map(({ url }) => url)).toEqual(["/second"]);
    expect(tunnelStates(first.listen.messages)).toEqual(["up"]);
    expect(tunnelStates(second.messages)).toEqual(["up"]);
  });
});

describe("Ctrl-C", () => {
  it("while the tunnel opens ends listen promptly, without a banner", async () => {
    const front = await startFront("silent");
    onTestFinished(() => front.close());
    const { app, sandbox } = await startAround(onTestFinished);
    const listen = launchIn(sandbox, ["listen", String(app.port), "--tunnel-host", front.host]);
    await front.connected;

    const { ended, durationMs } = await interrupt(listen);

    expect(ended).toEqual({ code: 130, signal: null, stdout: "", stderr: "0 events captured\n" });
    expect(durationMs).toBeLessThan(PROMPT_MS);
  });

  it("between two attempts to open ends listen promptly", async () => {
    const front = await startFront("refuse");
    onTestFinished(() => front.close());
    const { app, sandbox } = await startAround(onTestFinished);
    const listen = launchIn(sandbox, ["listen", String(app.port), "--tunnel-host", front.host]);
    await listen.says("Ctrl-C ends it");

    const { ended, durationMs } = await interrupt(listen);

    expect(ended.code).toBe(130);
    expect(ended.stderr.match(/no tunnel/g)).toHaveLength(1);
    expect(durationMs).toBeLessThan(PROMPT_MS);
  });

  it("while the tunnel is up answers what is on its way, and frees the name", async () => {
    const { server, app, listen, url } = await startTunnelled("moritz", onTestFinished);
    const asked = new Promise<() => void>((resolve) => {
      app.answer = (_request, response) => resolve(() => void response.end("late"));
    });
    const answer = sendPublic(url, { body: "x" });
    const release = await asked;

    const startedAt = performance.now();
    const ending = listen.stop("SIGINT");
    setTimeout(release, 300);

    expect(await answer).toMatchObject({ status: 200, body: "late" });
    expect(await ending).toMatchObject({ code: 130, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(PROMPT_MS);
    expect(listen.messages.at(-1)).toMatchObject({ type: "done", reason: "SIGINT", events: 1, exitCode: 130 });
    const status = async () => (await fetch(`${server.host}/api/tunnels/moritz/status`)).status;
    await expect.poll(status, { timeout: 10_000 }).toBe(404);
    expect((await sendPublic(url, { body: "x" })).status).toBe(404);
  });
});

function launchIn(sandbox: Sandbox, argv: readonly string[]): Launched {
  const launched = launch(argv, { sandbox });
  onTestFinished(async () => void (await launched.stop("SIGKILL")));
  return launched;
}

async function interrupt(listen: Launched) {
  const startedAt = performance.now();
  const ended = await listen.stop("SIGINT");
  return { ended, durationMs: performance.now() - startedAt };
}
