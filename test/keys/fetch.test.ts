import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { newKey } from "../../src/keys/new-key.js";
import { selfSigned } from "../../src/keys/self-signed.js";
import { providerNamed } from "../../src/providers/index.js";
import { signRequest } from "../../src/signatures/sign.js";
import { startConnectProxy } from "../helpers/connect-proxy.js";
import { createSandbox, runProgram } from "../helpers/program.js";
import { runCli } from "../helpers/run.js";

const NOW = Date.UTC(2026, 0, 31);
const HOST = "sns.us-east-1.amazonaws.com";
const PINNED = `https://${HOST}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`;
const [scheme] = providerNamed("sns").schemes;
if (scheme === undefined) throw new Error("no scheme of SNS");
const pair = newKey(scheme);

/** A message signed with the key of `pair`, whatever it names as its certificate. */
function message(SigningCertURL: unknown, region = "us-east-1"): string {
  const body = JSON.stringify({
    Type: "Notification",
    MessageId: "1",
    TopicArn: `arn:aws:sns:${region}:123456789012:orders`,
    Message: "hello",
    Timestamp: new Date(NOW).toISOString(),
    SignatureVersion: "2",
    Signature: "",
    SigningCertURL,
  });
  const request = { headers: [], body: Buffer.from(body) };
  if (scheme === undefined) throw new Error("no scheme of SNS");
  return Buffer.from(signRequest({ scheme, request, key: pair.key, now: NOW }).body ?? "").toString();
}

/** Counts connections, and answers none. */
async function startSink(): Promise<{ readonly port: number; count: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on("error", () => {}).destroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, count: () => count };
}

/** URLs that some receiver has fetched from, or might; `PORT` is the sink's. */
const HOSTILE: readonly string[] = [
  "https://127.0.0.1:PORT/SimpleNotificationService-0123.pem",
  "http://127.0.0.1:PORT/SimpleNotificationService-0123.pem",
  "https://localhost:PORT/SimpleNotificationService-0123.pem",
  "https://[::ffff:7f00:1]:PORT/SimpleNotificationService-0123.pem",
  "https://2130706433:PORT/SimpleNotificationService-0123.pem",
  "https://0x7f.1:PORT/SimpleNotificationService-0123.pem",
  "https://169.254.169.254/SimpleNotificationService-0123.pem",
  `http://${HOST}/SimpleNotificationService-0123.pem`,
  `https://${HOST}:443/SimpleNotificationService-0123.pem`,
  `https://${HOST}:PORT/SimpleNotificationService-0123.pem`,
  `https://${HOST}:8443/SimpleNotificationService-0123.pem`,
  `https://user@${HOST}/SimpleNotificationService-0123.pem`,
  `https://user:pass@${HOST}/SimpleNotificationService-0123.pem`,
  `https://${HOST}@127.0.0.1:PORT/SimpleNotificationService-0123.pem`,
  `https://${HOST}%40evil.example/SimpleNotificationService-0123.pem`,
  "https://s3.amazonaws.com/bucket/SimpleNotificationService-0123.pem",
  "https://s3.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem",
  "https://bucket.s3.amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.s3.amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.us-east-1.s3.amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.evil.com/SimpleNotificationService-0123.pem",
  "https://sns.us-east-1.evil.com/SimpleNotificationService-0123.pem",
  `https://${HOST}.evil.example/SimpleNotificationService-0123.pem`,
  `https://${HOST}.cn.evil.example/SimpleNotificationService-0123.pem`,
  `https://evil-${HOST}/SimpleNotificationService-0123.pem`,
  `https://evil.${HOST}/SimpleNotificationService-0123.pem`,
  "https://sns-us-east-1-amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.us-east-1.amazonaws.com./SimpleNotificationService-0123.pem",
  "https://sns.us-east-1.amazonaws.co/SimpleNotificationService-0123.pem",
  "https://sns..amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.us_east_1.amazonaws.com/SimpleNotificationService-0123.pem",
  "https://SNS.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.us-east-1.am\u0430zonaws.com/SimpleNotificationService-0123.pem",
  "https://sns.us-east-1\u3002amazonaws.com/SimpleNotificationService-0123.pem",
  "https://sns%2eus-east-1.amazonaws.com/SimpleNotificationService-0123.pem",
  `https://${HOST}/%2e%2e/SimpleNotificationService-0123.pem`,
  `https://${HOST}/../SimpleNotificationService-0123.pem`,
  `https://${HOST}/x/SimpleNotificationService-0123.pem`,
  `https://${HOST}/SimpleNotificationService-01%323.pem`,
  `https://${HOST}/SimpleNotificationService-.pem`,
  `https://${HOST}/SimpleNotificationService-0123.pem?x=1`,
  `https://${HOST}/SimpleNotificationService-0123.pem#x`,
  `https://${HOST}/?Action=ConfirmSubscription&Token=1&x=/SimpleNotificationService-0123.pem`,
  `https://${HOST}/SimpleNotificationService-0123.pem/`,
  `https://${HOST}\\@127.0.0.1:PORT/SimpleNotificationService-0123.pem`,
  `https:/${HOST}/SimpleNotificationService-0123.pem`,
  `//${HOST}/SimpleNotificationService-0123.pem`,
  ` https://${HOST}/SimpleNotificationService-0123.pem`,
  `https://${HOST}/SimpleNotificationService-0123.pem\n`,
  `ht\ttps://${HOST}/SimpleNotificationService-0123.pem`,
  "file:///etc/passwd",
  "data:text/plain,SimpleNotificationService-0123.pem",
  `ftp://${HOST}/SimpleNotificationService-0123.pem`,
  `https://${HOST}/SimpleNotificationService-${"0".repeat(100_000)}.pem`,
  "",
];

const argv = ["verify", "--provider", "sns", "--body", "-"];

describe("verify --allow-fetch", () => {
  it("fetches nothing for a URL that is not a place of the provider's certificates", async () => {
    const sink = await startSink();
    const proxy = await startConnectProxy({ portOf: () => sink.port });
    onTestFinished(() => proxy.close());
    const env = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
    const check = (stdin: string) => runCli([...argv, "--allow-fetch", "--json"], { stdin, env, now: NOW });

    for (const url of HOSTILE) {
      const { code, stdout } = await check(message(url.replace("PORT", String(sink.port))));
      expect(JSON.parse(stdout), url).toMatchObject({ valid: false, reason: "key_not_trusted" });
      expect(code).toBe(1);
    }
    for (const odd of [null, 7, ["https://x"], { href: PINNED }])
      expect((await check(message(odd))).code, JSON.stringify(odd)).toBe(1);
    for (const region of ["eu-west-1", "", "us-east-1.evil", "US-EAST-1"])
      expect((await check(message(PINNED, region))).code, region).toBe(1);

    expect(HOSTILE.length).toBeGreaterThanOrEqual(40);
    expect(sink.count()).toBe(0);
    expect(proxy.asked).toEqual([]);

    // The sink does count: the provider's own place is asked for, and cannot be had from it.
    const { code, stderr } = await check(message(PINNED));
    expect(proxy.asked).toEqual([`${HOST}:443`]);
    expect(sink.count()).toBe(1);
    expect(code).toBe(4);
    expect(stderr).toContain("cannot get the keys of Amazon SNS");
  });

  it("is what it takes: without it nothing is fetched, and a certificate is asked for", async () => {
    const sink = await startSink();
    const proxy = await startConnectProxy({ portOf: () => sink.port });
    onTestFinished(() => proxy.close());

    const { code, stderr } = await runCli(argv, { stdin: message(PINNED), env: { HTTPS_PROXY: proxy.url }, now: NOW });

    expect(code).toBe(2);
    expect(stderr).toContain("verify --allow-fetch gets it");
    expect([sink.count(), proxy.asked.length]).toEqual([0, 0]);
  });

  it("says of a provider whose keys are not public that it has to be given them", async () => {
    const { code, stderr } = await runCli(
      ["verify", "--provider", "plaid", "--allow-fetch", "--header", "Plaid-Verification: a.b.c", "--body", "-"],
      { stdin: "{}", now: NOW },
    );

    expect(code).toBe(2);
    expect(stderr).toContain("Plaid publishes no keys that could be fetched");
    expect(stderr).toContain("/webhook_verification_key/get");
  });
});

/** Amazon's place, played by a server of this computer behind a proxy. */
async function startPlace(answer: RequestListener) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const years = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2120, 0, 1), serial: Buffer.from([1]) };
  const cert = selfSigned({ privateKey, publicKey, name: HOST, ...years });
  const asked: string[] = [];
  const server = createTlsServer(
    { cert, key: privateKey.export({ format: "pem", type: "pkcs8" }) },
    (request, response) => {
      asked.push(request.url ?? "");
      answer(request, response);
    },
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const proxy = await startConnectProxy({ portOf: () => (server.address() as AddressInfo).port });
  const sandbox = createSandbox({ HTTPS_PROXY: proxy.url });
  writeFileSync(join(sandbox.folder, "ca.pem"), cert);
  onTestFinished(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
    sandbox.remove();
  });
  const verify = async (body = message(PINNED), extra: readonly string[] = []) =>
    runProgram([...argv, "--allow-fetch", "--json", "--now", "2026-01-31T00:00:00Z", ...extra], {
      sandbox,
      stdin: body,
      env: { NODE_EXTRA_CA_CERTS: join(sandbox.folder, "ca.pem") },
    });
  return { asked, proxy, sandbox, verify };
}

describe("a certificate from the provider's own place", () => {
  it("checks the signature, is named in the verdict, and is kept in files of the user alone", async () => {
    const place = await startPlace((_request, response) => {
      response.writeHead(200, { "Cache-Control": "max-age=600" }).end(pair.publicText);
    });

    const first = await place.verify();
    const second = await place.verify();

    expect(first.stderr).toContain(`the keys are those of ${PINNED}`);
    for (const { code, stdout } of [first, second]) {
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        valid: true,
        provider: "sns",
        secretIndex: 0,
        key: {
          certificate: {
            names: ["sns.amazonaws.com"],
            fingerprint: expect.stringMatching(/^[0-9A-F:]{95}$/) as string,
          },
        },
      });
    }
    expect(place.asked).toEqual(["/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"]);
    expect(place.proxy.asked).toEqual([`${HOST}:443`]);
    const folder = join(place.sandbox.folder, "keys");
    const [name = "", ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("is fetched again when it is older than was allowed, and when what was kept is damaged", async () => {
    const place = await startPlace((_request, response) => {
      response.writeHead(200, { "Cache-Control": "max-age=600" }).end(pair.publicText);
    });
    await place.verify();
    const later = await place.verify(message(PINNED), ["--now", "2026-01-31T00:00:01Z"]);
    const folder = join(place.sandbox.folder, "keys");
    const path = join(folder, readdirSync(folder)[0] ?? "");
    const kept = JSON.parse(readFileSync(path, "utf8")) as { fetchedAt: number };
    writeFileSync(path, JSON.stringify({ ...kept, fetchedAt: kept.fetchedAt - 601_000 }));
    const aged = await place.verify();
    writeFileSync(path, "{");
    const damaged = await place.verify();

    expect([later, aged, damaged].map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(place.asked.length).toBe(3);
  });

  it("is not followed elsewhere, not read over 64 KiB, and not kept where the provider says so", async () => {
    const sink = await startSink();
    const answers: RequestListener[] = [
      (_request, response) => response.writeHead(302, { Location: `https://127.0.0.1:${sink.port}/` }).end(),
      (_request, response) => response.writeHead(200).end(Buffer.alloc(10 * 2 ** 20, "A")),
      (_request, response) => response.writeHead(200).end("<html>"),
      (_request, response) => response.writeHead(200).end(pair.privateText),
      (_request, response) => response.writeHead(404).end(pair.publicText),
      (_request, response) => response.writeHead(200, { "Cache-Control": "no-store" }).end(pair.publicText),
      (_request, response) => response.writeHead(200, { "Cache-Control": "no-store" }).end(pair.publicText),
    ];
    const place = await startPlace((request, response) => answers[place.asked.length - 1]?.(request, response));

    const codes: (number | null)[] = [];
    for (const _answer of answers) codes.push((await place.verify()).code);

    expect(codes).toEqual([4, 4, 4, 4, 4, 0, 0]);
    expect(sink.count()).toBe(0);
  });

  it("is given up after five seconds", async () => {
    const place = await startPlace((_request, response) => void response.writeHead(200).write("-----BEGIN"));

    const { code, stderr } = await place.verify();

    expect(code).toBe(4);
    expect(stderr).toContain("no answer within 5 s");
  });

  it("does not make a changed message count", async () => {
    const place = await startPlace((_request, response) => response.writeHead(200).end(pair.publicText));

    const { code, stdout } = await place.verify(message(PINNED).replace("hello", "hullo"), ["--no-explain"]);

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });
});
