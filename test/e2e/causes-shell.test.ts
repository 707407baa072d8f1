import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose, expectCause } from "../causes/diagnosis.js";
import { seenOf, type Seen } from "../causes/seen.js";
import { mac, seconds, send, type Signed } from "../causes/senders.js";

const secret = "a9f2c7d1e8b34506";
const event = '{"id":1,"type":"paid","name":"Zo\u00eb"}';
const indented = '{\n  "id": 1,\n  "type": "paid"\n}\n';

let folder: string;
let app: Server;
let url: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-causes-"));
  // An app that does nothing wrong: it answers with what came.
  app = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("base64");
      response.end(
        JSON.stringify({ body, headers: request.headers, url: `http://${request.headers.host}${request.url}` }),
      );
    });
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/hook`;
});
afterAll(() => {
  app.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a script in the folder, as people type it; SECRET and URL are set. */
function shell(script: string): Promise<string> {
  const { PATH = "" } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      "sh",
      ["-ec", script],
      { cwd: folder, env: { PATH, HOME: folder, SECRET: secret, URL: url } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}: ${stderr}`));
      },
    );
  });
}

function file(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content);
}

/** What somebody has who saved a request's body, with the headers that came with it. */
function saved(name: string, { headers }: Signed): Pick<Seen, "body" | "headers"> {
  return { body: readFileSync(join(folder, name)), headers: Object.entries(headers) };
}

const explained = (seen: Pick<Seen, "body" | "headers">, secrets = [secret], options: readonly string[] = []) =>
  diagnose(seen, { secrets, options });

describe("curl", () => {
  it("is named when -d dropped the line ends of a file that was signed", async () => {
    file("body.json", indented);
    const seen = seenOf(
      await shell(`
        MAC=$(openssl dgst -sha256 -hmac "$SECRET" -r body.json | cut -d ' ' -f 1)
        curl -s -H "X-Signature: $MAC" -d @body.json "$URL"`),
    );

    expectCause(await explained(seen), { cause: "body_newline", says: /line ends/, fixFor: "curl" });
  });

  it("is named when the file is checked against what -d had sent of it", async () => {
    file("body.json", indented);
    const sent = indented.replaceAll("\n", "");

    expectCause(await explained(saved("body.json", send.github(secret, sent))), {
      cause: "body_newline",
      says: /without any line ends/,
      fixFor: "curl",
    });
  });

  it("is named when --data-urlencode escaped what was signed", async () => {
    file("body.json", event);
    const seen = seenOf(
      await shell(`
        MAC=$(openssl dgst -sha256 -hmac "$SECRET" -r body.json | cut -d ' ' -f 1)
        curl -s -H "X-Signature: $MAC" --data-urlencode "payload@body.json" "$URL"`),
    );

    expectCause(await explained(seen), { cause: "body_form", says: /payload/, fixFor: "curl" });
  });
});

describe("a shell that signs", () => {
  it("is named when echo signed a line end that was not sent", async () => {
    file("body.json", event);
    const seen = seenOf(
      await shell(`
        MAC=$(echo "$(cat body.json)" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d ' ' -f 1)
        curl -s -H "X-Signature: $MAC" -H 'content-type: application/json' --data-binary @body.json "$URL"`),
    );

    expectCause(await explained(seen), { cause: "body_newline", says: /newline/, fixFor: "shell" });
  });

  it("is named when it sent what openssl says around the digest", async () => {
    file("body.json", event);
    const seen = seenOf(
      await shell(`
        MAC=$(openssl dgst -sha256 -hmac "$SECRET" < body.json)
        curl -s -H "X-Signature: $MAC" -H 'content-type: application/json' --data-binary @body.json "$URL"`),
    );

    expectCause(await explained(seen), { cause: "signature_encoding", says: /openssl/, fixFor: "shell" });
  });

  it("is named when it sent base64 of the hex digest and its line end", async () => {
    file("body.json", event);
    const seen = seenOf(
      await shell(`
        MAC=$(openssl dgst -sha256 -hmac "$SECRET" -r < body.json | cut -d ' ' -f 1 | base64 -w 0)
        curl -s -H "X-Signature: $MAC" -H 'content-type: application/json' --data-binary @body.json "$URL"`),
    );

    expectCause(await explained(seen), { cause: "signature_encoding", says: /base64.*hex/, fixFor: "code" });
  });

  it("is named when tr wrote the digest in upper case, for a provider that sends lower case", async () => {
    file("body.json", event);
    const seen = seenOf(
      await shell(`
        MAC=$(openssl dgst -sha256 -hmac "$SECRET" -r < body.json | cut -d ' ' -f 1 | tr a-f A-F)
        curl -s -H "X-Hub-Signature-256: sha256=$MAC" -H 'X-GitHub-Event: push' --data-binary @body.json "$URL"`),
    );

    expectCause(await explained(seen, [secret], ["--provider", "github"]), {
      cause: "header_altered",
      says: /case/,
      fixFor: "code",
    });
  });
});

describe("a body that was saved", () => {
  it("is named when git's autocrlf wrote other line ends", async () => {
    file("event.json", indented);
    await shell(`
      git init -q repo && cp event.json repo/ && cd repo
      git -c user.name=a -c user.email=a@b.example add . && git -c user.name=a -c user.email=a@b.example commit -qm a
      rm event.json && git -c core.autocrlf=true checkout -q -- event.json`);

    expect(readFileSync(join(folder, "repo/event.json"), "utf8")).toContain("\r\n");
    expectCause(await explained(saved("repo/event.json", send.own(secret, indented))), {
      cause: "body_newline",
      says: /CRLF/,
      fixFor: "git",
    });
  });

  it("is named when it was made readable by python3 -m json.tool", async () => {
    file("event.json", event);
    await shell("python3 -m json.tool event.json > pretty.json");

    expectCause(await explained(saved("pretty.json", send.github(secret, event))), {
      cause: "body_reserialised",
      says: /compact/,
      fixFor: "Flask",
    });
  });

  it("is named when an editor put a line end after it", async () => {
    file("event.json", event);
    await shell("sed -i -e '$a\\' event.json");

    expectCause(await explained(saved("event.json", send.github(secret, event))), {
      cause: "body_newline",
      says: /final newline/,
      fixFor: "editors",
    });
  });

  it.each([
    ["UTF-16LE", "\\377\\376"],
    ["UTF-16BE", "\\376\\377"],
  ])("is named when PowerShell wrote it as %s", async (charset, mark) => {
    file("event.json", event);
    await shell(`{ printf '${mark}'; iconv -f UTF-8 -t ${charset} event.json; } > wide.json`);

    expectCause(await explained(saved("wide.json", send.github(secret, event))), {
      cause: "body_encoding",
      says: /UTF-16/,
      fixFor: "editors",
    });
  });

  it("is named when an editor put a byte order mark before it", async () => {
    file("event.json", event);
    await shell("{ printf '\\357\\273\\277'; cat event.json; } > marked.json");

    expectCause(await explained(saved("marked.json", send.github(secret, event))), {
      cause: "body_encoding",
      says: /byte order mark/,
      fixFor: "editors",
    });
  });

  it("is named when it is the base64 that API Gateway hands to a Lambda function", async () => {
    const body = Buffer.from(event).toString("base64");
    const seen = { headers: Object.entries(send.github(secret, event).headers), body: Buffer.from(body) };

    expectCause(await explained(seen), { cause: "body_encoding", says: /base64/, fixFor: "AWS Lambda" });
  });

  it("is named when it is the whole event of API Gateway", async () => {
    const signed = send.github(secret, event);
    const { headers } = signed;
    const wrapped = { version: "2.0", routeKey: "POST /hook", headers, body: event, isBase64Encoded: false };

    expectCause(await explained({ headers: Object.entries(headers), body: Buffer.from(JSON.stringify(wrapped)) }), {
      cause: "body_encoding",
      says: /body/,
      fixFor: "AWS Lambda",
    });
  });
});

describe("a secret that was read", () => {
  const signed = send.github(secret, event);
  const seen = { headers: Object.entries(signed.headers), body: signed.body };
  const whitespace = (says: RegExp, fixFor: string) => ({ cause: "secret_whitespace", says, fixFor }) as const;

  it("is named when echo wrote it into the file that the app reads", async () => {
    await shell('echo "$SECRET" > secret');
    const read = readFileSync(join(folder, "secret"), "utf8");

    expectCause(await explained(seen, [read]), whitespace(/line end/, "shell"));
  });

  it("is named when echo and base64 made the secret of Kubernetes", async () => {
    const stored = (await shell('echo "$SECRET" | base64')).trim();
    // What the kubelet puts into the variable.
    const mounted = Buffer.from(stored, "base64").toString();

    expectCause(await explained(seen, [mounted]), whitespace(/line end/, "Kubernetes"));
  });

  it("is named when it was encoded for Kubernetes twice", async () => {
    const mounted = await shell('printf %s "$SECRET" | base64 -w 0');

    expectCause(await explained(seen, [mounted]), { cause: "secret_encoding", says: /base64/, fixFor: "Kubernetes" });
  });

  it("is named when a shell kept the quotes of an .env file", async () => {
    file(".env", `WEBHOOK_SECRET="${secret}"\n`);
    const read = await shell('export $(cat .env); printf %s "$WEBHOOK_SECRET"');

    expect(read).toBe(`"${secret}"`);
    expectCause(await explained(seen, [read]), whitespace(/quotes/, ".env files"));
  });

  it("is named when the .env file came from Windows", async () => {
    file(".env", `WEBHOOK_SECRET=${secret}\r\n`);
    const read = await shell('. ./.env; printf %s "$WEBHOOK_SECRET"');

    expect(read).toBe(`${secret}\r`);
    expectCause(await explained(seen, [read]), whitespace(/line end/, ".env files"));
  });

  it("is right when node reads the .env file", async () => {
    file(".env", `WEBHOOK_SECRET="${secret}"\n`);
    const read = execFileSync(process.execPath, ["--env-file=.env", "-p", "process.env.WEBHOOK_SECRET"], {
      cwd: folder,
      env: {},
      encoding: "utf8",
    });

    expect(await explained(seen, [read.trim()])).toMatchObject({ valid: true, code: 0 });
  });

  it("is named when a line of the .env file was taken whole", async () => {
    file(".env", `export WEBHOOK_SECRET='${secret}'\n`);

    expectCause(await explained(seen, [readFileSync(join(folder, ".env"), "utf8")]), whitespace(/NAME=/, ".env files"));
  });

  it("is named when it stands in a URL's escapes", async () => {
    const odd = "p@ss/word+1&2=3%";
    const other = send.github(odd, event);

    expectCause(
      await explained({ headers: Object.entries(other.headers), body: other.body }, [encodeURIComponent(odd)]),
      {
        cause: "secret_whitespace",
        says: /%/,
        fixFor: "code",
      },
    );
  });
});

describe("time", () => {
  const stale = send.stripe(secret, event, seconds(900));
  const of = (signed: Signed) => ({ headers: Object.entries(signed.headers), body: signed.body });

  it("is named when a queue held the request for a quarter of an hour", async () => {
    const diagnosis = await explained(of(stale));

    expect(diagnosis).toMatchObject({ reason: "timestamp_too_old" });
    expectCause(diagnosis, { cause: "timestamp", fixFor: "a queue before the check" });
  });

  it("is named when a server's clock is an hour off", async () => {
    expectCause(await explained(of(send.stripe(secret, event, seconds(3_600)))), {
      cause: "timestamp",
      says: /1 h almost exactly/,
      fixFor: "a server",
    });
  });

  it("is named when a sender wrote milliseconds", async () => {
    expectCause(await explained(of(send.stripe(secret, event, Date.now()))), {
      cause: "timestamp",
      says: /millisecond/,
      fixFor: "a server",
    });
  });

  it("is named when the header holds milliseconds and seconds were signed", async () => {
    const signed = send.stripe(secret, event);
    const header = (signed.headers["stripe-signature"] ?? "").replace(/t=(\d+)/, "t=$1000");

    expectCause(await explained(of({ ...signed, headers: { ...signed.headers, "stripe-signature": header } })), {
      cause: "timestamp_text",
      says: /in seconds/,
      fixFor: "code",
    });
  });
});

describe("another signature than the one that is checked", () => {
  const of = (signed: Signed) => ({ headers: Object.entries(signed.headers), body: signed.body });

  it("is named when Shopify's base64 is compared with hex", async () => {
    const options = ["--provider", "generic", "--signature-header", "X-Shopify-Hmac-Sha256"];

    expectCause(await explained(of(send.shopify(secret, event)), [secret], options), {
      cause: "signature_encoding",
      says: /base64/,
      fixFor: "code",
    });
  });

  it("is named when the header of SHA-1 is compared with SHA-256", async () => {
    const { headers, body } = send.github(secret, event);
    const options = ["--provider", "generic", "--signature-header", "X-Hub-Signature"];

    expectCause(await explained({ headers: Object.entries(headers), body }, [secret], options), {
      cause: "other_algorithm",
      says: /SHA-?1/,
      fixFor: "hookcli",
    });
  });

  it("is named when a Slack request is checked as Stripe's", async () => {
    expectCause(await explained(of(send.slack(secret, "a=b")), [secret], ["--provider", "stripe"]), {
      cause: "other_scheme",
      says: /slack/,
      fixFor: "hookcli",
    });
  });

  it("is named when the timestamp was left out of what is signed", async () => {
    const time = seconds();
    const signature = `t=${time},v1=${mac("sha256", secret, event).toString("hex")}`;
    const headers = [["stripe-signature", signature]] as const;

    expectCause(await explained({ headers, body: Buffer.from(event) }), {
      cause: "other_content",
      says: /body alone/,
      fixFor: "code",
    });
  });

  it("is named when the text of a whsec_ secret was the key, where its base64 should be", async () => {
    const text = "whsec_5WbXUKPKtxmqFKyDpvcK1kmbw2kVYjVx";

    expectCause(await explained(of(send.standard(text, event)), [text]), {
      cause: "secret_encoding",
      says: /plain text/,
      fixFor: "code",
    });
  });

  it("is named when Stripe's whsec_ secret was decoded from base64, where its text should be", async () => {
    const text = "whsec_5WbXUKPKtxmqFKyDpvcK1kmbw2kVYjVx";
    const decoded = Buffer.from(text.slice("whsec_".length), "base64");

    expectCause(await explained(of(send.stripe(decoded, event)), [text]), {
      cause: "secret_encoding",
      says: /base64/,
      fixFor: "code",
    });
  });

  it("is named when a query or a form made blanks of the + in base64", async () => {
    // A body whose signature has a + in it.
    const bodies = Array.from({ length: 100 }, (_, id) => JSON.stringify({ id }));
    const body = bodies.find((text) => mac("sha256", secret, text).toString("base64").includes("+")) ?? "";
    const { headers } = send.shopify(secret, body);
    const query = new URLSearchParams(`hmac=${headers["x-shopify-hmac-sha256"]}`);

    expectCause(
      await explained({ headers: [["x-shopify-hmac-sha256", query.get("hmac") ?? ""]], body: Buffer.from(body) }),
      { cause: "header_altered", says: /\+/, fixFor: "forms and queries" },
    );
  });
});
