import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose, expectCause, type Diagnosis } from "../causes/diagnosis.js";
import { deliver } from "../causes/seen.js";
import { send, type Signed } from "../causes/senders.js";
import { freePort, startServer, type Server } from "../causes/server.js";
import { selfSigned } from "../helpers/certificate.js";

const secret = "a9f2c7d1e8b34506";
const apps = fileURLToPath(new URL("../causes/apps", import.meta.url));
const fields = { From: "+15550100", Body: "Hello there", MessageSid: "SM0123456789abcdef0123456789abcdef" };

/** Each with its own name; all end TLS, as proxies before apps do. */
const LOCATIONS: Readonly<Record<string, string>> = {
  "scheme.example": "location / { proxy_pass http://APP; proxy_set_header Host $http_host; }",
  "forwarded.example":
    "location / { proxy_pass http://APP; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; }",
  "rfc7239.example":
    'location / { proxy_pass http://APP; proxy_set_header Forwarded "for=192.0.2.1;host=$http_host;proto=$scheme"; }',
  "port.example":
    "location / { proxy_pass http://APP; proxy_set_header Host $host; proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Proto $scheme; }",
  "prefix.example":
    "location /api/ { proxy_pass http://APP/; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Prefix /api; }",
  "rewritten.example":
    "location /api/ { proxy_pass http://APP/; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Original-URI $request_uri; }",
};

let folder: string;
let app: Server;
let nginx: ChildProcess;
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-causes-"));
  app = await startServer({
    command: "/usr/bin/python3",
    args: ["flask_app.py"],
    cwd: apps,
    says: /listening on (\d+)/,
  });
  port = await freePort();
  writeFileSync(join(folder, "key.pem"), selfSigned.key);
  writeFileSync(join(folder, "cert.pem"), selfSigned.cert);
  writeFileSync(join(folder, "nginx.conf"), configuration());
  // Debian's nginx stands in /usr/sbin, which is not everybody's PATH.
  const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
  nginx = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], { env, stdio: "inherit" });
  await listening();
});
afterAll(async () => {
  nginx.kill("SIGTERM");
  await once(nginx, "exit");
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

function configuration(): string {
  const tls = "ssl_certificate cert.pem; ssl_certificate_key key.pem;";
  const servers = Object.entries(LOCATIONS).map(
    ([name, location]) =>
      `server { listen 127.0.0.1:${port} ssl; server_name ${name}; ${tls} ${location.replace("APP", `127.0.0.1:${app.port}`)} }`,
  );
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off; pid ${folder}/pid; worker_processes 1; events {}
http { access_log off; ${places.join(" ")}
${servers.join("\n")}
}`;
}

async function listening(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      new Promise<boolean>((resolve) => socket.on("error", () => resolve(false))),
    ]);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx does not listen");
}

interface Call {
  /** As it is configured at the provider. */
  readonly url: string;
  readonly signed: Signed;
  readonly provider: string;
  readonly options?: readonly string[];
}

/** What is said of the URL that the app puts together. */
async function told({ url, signed, provider, options = [] }: Call): Promise<Diagnosis> {
  const { host, pathname, search } = new URL(url);
  const seen = await deliver(signed, { port, path: pathname + search, host, isSecure: true });
  expect(seen.url).not.toBe(url);
  return diagnose(seen, { secrets: [secret], options: ["--provider", provider, "--url", seen.url, ...options] });
}

const twilio = (url: string): Call => ({ url, signed: send.twilio(secret, fields, url), provider: "twilio" });
const square = (url: string): Call => ({
  url,
  signed: send.square(secret, '{"type":"payment.updated"}', url),
  provider: "square",
});
const rewritten = (says: RegExp) => ({ cause: "url_rewritten", says, fixFor: "Flask" }) as const;

describe("a proxy that ends TLS", () => {
  it("is named where the app sees http", async () => {
    const call = twilio("https://scheme.example/raw");

    expectCause(await told(call), rewritten(/https in place of http/));
  });

  it("is named where the app sees http, and the body is JSON", async () => {
    expectCause(await told(square("https://scheme.example/raw?shop=1")), rewritten(/https in place of http/));
  });

  it("is named where the app sees its own address for a host", async () => {
    expectCause(await told(square("https://forwarded.example/raw")), rewritten(/X-Forwarded-Host/));
    expectCause(await told(square("https://rfc7239.example/raw")), rewritten(/Forwarded/));
  });

  it("is named where the public port is lost", async () => {
    expectCause(await told(square(`https://port.example:${port}/raw`)), rewritten(/port/));
  });

  it.each(["prefix.example", "rewritten.example"])(
    "is named where it takes a prefix off the path: %s",
    async (host) => {
      expectCause(await told(square(`https://${host}/api/raw?id=1`)), rewritten(/\/api|prefix/));
    },
  );

  it("is named where Flask shows the query in other words", async () => {
    expectCause(await told(square("https://scheme.example/raw?name=Zo%C3%AB")), rewritten(/query/));
  });
});

describe("a proxy that drops headers", () => {
  it("is named where the signature's header has an underscore", async () => {
    const { headers, body } = send.own(secret, '{"id":1}');
    const signed = { body, headers: { webhook_signature: headers["x-signature"] ?? "" } };
    const options = ["--signature-header", "webhook_signature"];
    const diagnosis = await told({ url: "https://scheme.example/raw", signed, provider: "generic", options });

    expect(diagnosis).toMatchObject({ code: 1, valid: false, reason: "missing_header" });
    expect(diagnosis.printed).toContain("underscores_in_headers");
  });
});
