import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose, expectCause, type Diagnosis, type Expected } from "../causes/diagnosis.js";
import { deliver } from "../causes/seen.js";
import { mac, send, type Signed } from "../causes/senders.js";
import { freePort, startServer, type Server, type ServerOptions } from "../causes/server.js";

const secret = "a9f2c7d1e8b34506";
const apps = fileURLToPath(new URL("../causes/apps", import.meta.url));
const listening = /listening on (\d+)/;

const servers: Readonly<Record<string, () => ServerOptions | Promise<ServerOptions>>> = {
  // Debian's Python: the one that Debian's packages are for.
  Flask: () => ({ command: "/usr/bin/python3", args: ["flask_app.py"], says: listening }),
  Django: () => ({ command: "/usr/bin/python3", args: ["django_app.py"], says: listening }),
  FastAPI: () => ({
    command: "/usr/bin/python3",
    args: ["-m", "uvicorn", "--port", "0", "fastapi_app:app"],
    says: /http:\/\/127\.0\.0\.1:(\d+)/,
  }),
  Gunicorn: () => ({
    command: "/usr/bin/gunicorn",
    args: ["--bind", "127.0.0.1:0", "--workers", "1", "flask_app:app"],
    says: /Listening at: http:\/\/127\.0\.0\.1:(\d+)[^]*Booting worker/,
  }),
  PHP: async () => {
    const port = await freePort();
    return {
      command: "php",
      args: ["-S", `127.0.0.1:${port}`, "wrong.php"],
      says: /Development Server.*started/,
      port,
    };
  },
  Rails: () => ({ command: "ruby", args: ["rails_app.rb"], says: listening }),
};

const running = new Map<string, Server>();
beforeAll(async () => {
  const started = Object.entries(servers).map(async ([name, options]) => {
    running.set(name, await startServer({ cwd: apps, ...(await options()) }));
  });
  await Promise.all(started);
});
afterAll(() => Promise.all([...running.values()].map((server) => server.close())));

interface Way {
  /** Which app, and its path: `Flask /get_json`. */
  readonly app: string;
  readonly signed: Signed;
  readonly options?: readonly string[];
  readonly pieces?: readonly Uint8Array[];
}

async function told({ app, signed, options = [], pieces }: Way): Promise<Diagnosis> {
  const [name = "", path = ""] = app.split(" ");
  const { port = 0 } = running.get(name) ?? {};
  const seen = await deliver(signed, { port, path, ...(pieces === undefined ? {} : { pieces }) });
  return diagnose(seen, { secrets: [secret], options });
}

const reserialised = (says: RegExp, fixFor: string): Expected => ({ cause: "body_reserialised", says, fixFor });
const encoding = (says: RegExp, fixFor: string): Expected => ({ cause: "body_encoding", says, fixFor });
const form = (says: RegExp, fixFor: string): Expected => ({ cause: "body_form", says, fixFor });

const compact = '{"id":1,"type":"paid","amount":2.5,"url":"https://example.com/a","name":"Zo\u00eb"}';
const slackForm = "token=x&command=%2Fdeploy&text=now%20or%20never&user_name=zo%C3%AB";
const paid = '{"id":1,"type":"paid","amount":2.5}';

describe.each<readonly [title: string, way: Way, expected: Expected]>([
  [
    "request.get_json() and json.dumps",
    { app: "Flask /get_json", signed: send.github(secret, compact) },
    reserialised(/compact/, "Flask"),
  ],
  [
    "json.dumps with separators but \\u escapes",
    { app: "Flask /compact", signed: send.github(secret, compact) },
    reserialised(/escape/, "Flask"),
  ],
  [
    "json.dumps with ensure_ascii off",
    { app: "Flask /readable", signed: send.shopify(secret, compact) },
    reserialised(/compact/, "Flask"),
  ],
  [
    "jsonify, which sorts keys and adds a line end",
    { app: "Flask /jsonify", signed: send.own(secret, paid) },
    reserialised(/order/, "Flask"),
  ],
  [
    "str() of what was parsed",
    { app: "Flask /str", signed: send.own(secret, '{"id":1,"paid":true,"note":null,"name":"Zo\u00eb"}') },
    reserialised(/Python/, "Flask"),
  ],
  ["str() of the bytes", { app: "Flask /str-of-bytes", signed: send.own(secret, compact) }, encoding(/b'/, "Flask")],
  ["request.form encoded again", { app: "Flask /form", signed: send.slack(secret, slackForm) }, form(/%20/, "Flask")],
  [
    "request.form as JSON",
    { app: "Flask /form-json", signed: send.slack(secret, slackForm.replaceAll("%20", "+")) },
    form(/form/, "Flask"),
  ],
])("Flask: %s", (_, way, expected) => {
  it("is named", async () => expectCause(await told(way), expected));
});

describe.each<readonly [title: string, way: Way, expected: Expected]>([
  [
    "json.loads and json.dumps",
    { app: "Django /loads", signed: send.github(secret, compact) },
    reserialised(/compact/, "Django"),
  ],
  [
    "request.body.decode('latin1')",
    { app: "Django /latin1", signed: send.github(secret, compact) },
    encoding(/latin1/, "Django"),
  ],
  ["request.POST.urlencode()", { app: "Django /post", signed: send.slack(secret, slackForm) }, form(/%20/, "Django")],
  [
    "request.POST.dict() as JSON",
    { app: "Django /dict", signed: send.slack(secret, slackForm.replaceAll("%20", "+")) },
    form(/form/, "Django"),
  ],
  ["str(request.body)", { app: "Django /str", signed: send.own(secret, compact) }, encoding(/b'/, "Django")],
  [
    "request.body.strip()",
    { app: "Django /strip", signed: send.own(secret, `${compact}\n`) },
    { cause: "body_newline", says: /newline/, fixFor: "Django" },
  ],
])("Django: %s", (_, way, expected) => {
  it("is named", async () => expectCause(await told(way), expected));
});

describe.each<readonly [title: string, way: Way, expected: Expected]>([
  [
    "a dict as the body",
    { app: "FastAPI /dict", signed: send.own(secret, compact) },
    reserialised(/compact/, "FastAPI"),
  ],
  [
    "a model as the body, which makes 3 of 3.0",
    { app: "FastAPI /model", signed: send.own(secret, '{"id":1,"type":"paid","amount":3}') },
    reserialised(/number|\.0/, "FastAPI"),
  ],
])("FastAPI: %s", (_, way, expected) => {
  it("is named", async () => expectCause(await told(way), expected));
});

describe.each<readonly [title: string, way: Way, expected: Expected]>([
  [
    "json_encode of what json_decode made",
    { app: "PHP /decoded", signed: send.github(secret, compact) },
    reserialised(/escape|\\\//, "Laravel"),
  ],
  [
    "json_encode, where 1.0 became 1",
    { app: "PHP /decoded", signed: send.own(secret, '{"url":"https://example.com","score":1.0}') },
    reserialised(/\.0/, "Laravel"),
  ],
  [
    "json_encode, where {} became []",
    { app: "PHP /decoded", signed: send.own(secret, '{"id":1,"metadata":{},"items":[]}') },
    reserialised(/\{\}/, "Laravel"),
  ],
  [
    "json_encode without escapes",
    { app: "PHP /readable", signed: send.own(secret, '{"name":"Zo\\u00eb","url":"https:\\/\\/example.com"}') },
    reserialised(/\\u/, "Laravel"),
  ],
  [
    "JSON_PRETTY_PRINT",
    { app: "PHP /pretty", signed: send.own(secret, '{"id":1,"items":[1,2],"name":"Zo\u00eb"}') },
    reserialised(/compact/, "Laravel"),
  ],
  ["http_build_query of $_POST", { app: "PHP /post", signed: send.slack(secret, slackForm) }, form(/%20/, "Laravel")],
  [
    "http_build_query by RFC 3986",
    { app: "PHP /post-rfc3986", signed: send.slack(secret, slackForm.replaceAll("%20", "+")) },
    form(/URLSearchParams|\+/, "Laravel"),
  ],
  [
    "$_POST, which makes _ of dots in names",
    { app: "PHP /post", signed: send.slack(secret, "user.name=zoe&text=now") },
    form(/dot|_/, "Laravel"),
  ],
  [
    "$_POST as JSON",
    { app: "PHP /post-json", signed: send.slack(secret, "command=deploy&text=now") },
    form(/form/, "Laravel"),
  ],
  [
    "utf8_encode of what is UTF-8",
    { app: "PHP /utf8-encode", signed: send.own(secret, compact) },
    encoding(/latin1/, "Laravel"),
  ],
  ["utf8_decode", { app: "PHP /utf8-decode", signed: send.own(secret, compact) }, encoding(/latin1/, "Laravel")],
  [
    "htmlspecialchars",
    { app: "PHP /html", signed: send.own(secret, '{"title":"Salt & Pepper <b>"}') },
    encoding(/HTML/, "Laravel"),
  ],
  [
    "trim",
    { app: "PHP /trim", signed: send.own(secret, `${compact}\r\n`) },
    { cause: "body_newline", fixFor: "Laravel" },
  ],
])("PHP: %s", (_, way, expected) => {
  it("is named", async () => expectCause(await told(way), expected));
});

describe.each<readonly [title: string, way: Way, expected: Expected]>([
  [
    "to_json, which escapes < > &",
    { app: "Rails /to_json", signed: send.shopify(secret, '{"title":"Salt & Pepper","html":"<b>"}') },
    reserialised(/escape/, "Rails"),
  ],
  [
    "JSON.generate, which drops blanks",
    {
      app: "Rails /generate",
      signed: send.stripe(secret, '{\n  "id": "evt_1",\n  "data": {\n    "amount": 1\n  }\n}'),
    },
    reserialised(/2 spaces/, "Rails"),
  ],
  [
    "JSON.pretty_generate",
    { app: "Rails /pretty", signed: send.own(secret, compact) },
    reserialised(/compact/, "Rails"),
  ],
  [
    "to_query, which sorts",
    { app: "Rails /to_query", signed: send.slack(secret, "token=x&command=%2Fdeploy&text=now") },
    form(/order/, "Rails"),
  ],
  [
    "the text of a hash",
    { app: "Rails /inspect", signed: send.own(secret, '{"id":1,"note":null,"name":"Zo\u00eb"}') },
    reserialised(/Ruby/, "Rails"),
  ],
])("Rails: %s", (_, way, expected) => {
  it("is named", async () => expectCause(await told(way), expected));
});

describe("bodies that are not there any more", () => {
  const lost = (fixFor: string, says = /Content-Length says/): Expected => ({
    cause: "body_lost",
    says,
    fixFor,
  });

  it("are named where Flask has read the form before request.data", async () => {
    const diagnosis = await told({ app: "Flask /data-after-form", signed: send.slack(secret, slackForm) });

    expectCause(diagnosis, lost("Flask"));
  });

  it("are whole behind Gunicorn, in chunks too", async () => {
    const signed = send.own(secret, compact);
    const pieces = [signed.body.subarray(0, 20), signed.body.subarray(20)];

    expect(await told({ app: "Gunicorn /raw", signed, pieces })).toMatchObject({ valid: true, code: 0 });
  });

  it("are named where wsgiref does not know chunks", async () => {
    const signed = send.own(secret, compact);
    const pieces = [signed.body.subarray(0, 20), signed.body.subarray(20)];

    expectCause(await told({ app: "Django /raw", signed, pieces }), lost("Django", /empty/));
  });
});

describe("senders in PHP and Python", () => {
  it("are named that put base64 around the hex digest", async () => {
    const hex = mac("sha256", secret, compact).toString("hex");
    const signed = {
      ...send.own(secret, compact),
      headers: { "content-type": "application/json", "x-signature": Buffer.from(hex).toString("base64") },
    };

    expectCause(await told({ app: "PHP /raw", signed }), {
      cause: "signature_encoding",
      says: /base64.*hex/,
      fixFor: "code",
    });
  });

  it("are named that sign what they then compress", async () => {
    const signed = send.own(secret, compact, { "content-type": "application/json", "content-encoding": "gzip" });

    expectCause(
      await told({ app: "PHP /raw", signed: { ...signed, body: gzipSync(compact) } }),
      encoding(/compress/, "Laravel"),
    );
  });

  it("are named that sign what they have compressed", async () => {
    const signed = send.own(secret, gzipSync(compact), {
      "content-type": "application/json",
      "content-encoding": "gzip",
    });

    expectCause(await told({ app: "PHP /gzdecode", signed }), encoding(/compress/, "Laravel"));
  });
});
