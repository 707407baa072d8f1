import type { Cause, Fix } from "./explanation.js";
import type { Scheme } from "./scheme.js";

/** How the bytes of a body are had, framework by framework. */
export const RAW_BODY: readonly Fix[] = [
  {
    for: "Express",
    text: 'app.post("/webhook", express.raw({ type: "*/*" }), handler) before express.json(); req.body is then the bytes',
  },
  {
    for: "Fastify",
    text: 'fastify.addContentTypeParser("application/json", { parseAs: "buffer" }, (req, body, done) => done(null, body))',
  },
  { for: "NestJS", text: "NestFactory.create(AppModule, { rawBody: true }), then verify req.rawBody" },
  {
    for: "Next.js",
    text: "app router: await request.text(), not request.json(); pages router: export const config = { api: { bodyParser: false } } and read the stream",
  },
  { for: "Hono, Bun, Deno, Workers", text: "await request.arrayBuffer(), not request.json()" },
  { for: "Koa", text: "await getRawBody(ctx.req), of the package raw-body, before a body parser has read the request" },
  {
    for: "AWS Lambda",
    text: 'verify event.body as it is; Buffer.from(event.body, "base64") when event.isBase64Encoded',
  },
  { for: "Flask", text: "request.get_data() before request.json" },
  { for: "Django", text: "request.body, not request.POST or json.loads and json.dumps" },
  { for: "FastAPI", text: "await request.body() before the model is parsed" },
  { for: "Rails", text: "request.raw_post, not params" },
  { for: "Laravel", text: "$request->getContent(), not $request->all()" },
  { for: "Spring", text: "@RequestBody byte[] body" },
  { for: "Go", text: "io.ReadAll(r.Body) before json decoding" },
  { for: "ASP.NET Core", text: "Request.EnableBuffering(), then read Request.Body itself" },
];

const FORMS: readonly Fix[] = [
  { for: "curl", text: "--data-binary with the bytes that were signed: --data-urlencode escapes them" },
];

const CHARSETS: readonly Fix[] = [
  { for: "editors", text: "save as UTF-8 without a byte order mark; in PowerShell Set-Content -Encoding utf8NoBOM" },
];

const NEWLINES: readonly Fix[] = [
  { for: "curl", text: "--data-binary @body.json: -d and --data drop line ends" },
  { for: "shell", text: "printf '%s' \"$BODY\": echo adds a line end" },
  { for: "editors", text: "save without a final newline, and without changing line ends" },
  { for: "git", text: "body files need -text in .gitattributes, or autocrlf rewrites them" },
];

const SECRET_TEXT: readonly Fix[] = [
  { for: "shell", text: "printf '%s' \"$SECRET\" > file: echo adds a line end" },
  { for: ".env files", text: "no blanks around =, and quotes only where the loader removes them" },
  { for: "Kubernetes", text: "printf '%s' ... | base64: echo puts a line end into the secret" },
  { for: "code", text: "trim the value once where it is read" },
];

const SECRET_DECODING: readonly Fix[] = [
  { for: "Kubernetes", text: "data takes the secret in base64, once; stringData takes it as it is" },
  {
    for: "code",
    text: "decode the secret as the provider documents: Stripe uses whsec_... as text, Svix and Standard Webhooks decode what follows whsec_ from base64",
  },
  { for: "SDKs", text: "pass the secret as it is shown by the provider: the library decodes it" },
];

const PROXY: readonly Fix[] = [
  {
    for: "Express",
    text: 'app.set("trust proxy", 1), then build the URL from req.protocol, req.get("host") and req.originalUrl',
  },
  { for: "Fastify", text: "fastify({ trustProxy: true }), then request.protocol and request.host" },
  { for: "NestJS", text: 'app.set("trust proxy", 1) on a NestExpressApplication' },
  { for: "Next.js", text: "build the URL from x-forwarded-proto and x-forwarded-host: request.url is the inner one" },
  { for: "Flask", text: "app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)" },
  {
    for: "Django",
    text: 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") and USE_X_FORWARDED_HOST = True',
  },
  { for: "Rails", text: "config.assume_ssl = true, and the proxy sends X-Forwarded-Proto" },
  { for: "Laravel", text: '$middleware->trustProxies(at: "*")' },
  { for: "any", text: "verify against the URL exactly as it is configured at the provider, kept in the configuration" },
];

const SIGNATURE_TEXT: readonly Fix[] = [
  {
    for: "code",
    text: "decode both signatures to bytes and compare those in constant time; check which encoding the provider sends",
  },
];

const DIGEST_TEXT: readonly Fix[] = [
  {
    for: "shell",
    text: "openssl dgst -sha256 -hmac ... -r | cut -d ' ' -f 1: without -r it prints a name before the digest",
  },
];

const HEADER_TEXT: readonly Fix[] = [
  ...SIGNATURE_TEXT.filter((fix) => fix.for === "code"),
  { for: "AWS Lambda", text: "header names are lower case, and repeated ones come joined: use multiValueHeaders" },
  { for: "nginx", text: "underscores_in_headers on, where a header's name has an underscore" },
  { for: "forms and queries", text: "send base64 with + as %2B" },
];

const CLOCK: readonly Fix[] = [
  { for: "a captured request", text: "--tolerance off, or --now with the time of capture" },
  { for: "a server", text: "set its clock by NTP; compare seconds with seconds, not with milliseconds" },
  { for: "a queue before the check", text: "verify when the request arrives, not when it is worked on" },
];

const FIXES: Readonly<Record<Cause, readonly Fix[]>> = {
  timestamp: CLOCK,
  timestamp_text: [
    ...CLOCK.filter((fix) => fix.for === "a server"),
    { for: "code", text: "sign the timestamp exactly as its header has it: never parse it and write it again" },
  ],
  secret_whitespace: SECRET_TEXT,
  secret_encoding: SECRET_DECODING,
  signature_encoding: [...SIGNATURE_TEXT, ...DIGEST_TEXT],
  header_altered: HEADER_TEXT,
  body_newline: [...NEWLINES, ...RAW_BODY],
  body_encoding: [...RAW_BODY, ...CHARSETS],
  body_form: [...RAW_BODY, ...FORMS],
  body_lost: RAW_BODY,
  body_reserialised: RAW_BODY,
  url_rewritten: PROXY,
  other_algorithm: [{ for: "hookcli", text: "--scheme names another scheme of the provider" }],
  other_content: [{ for: "code", text: "sign what the provider documents, part by part, in its order" }],
  other_scheme: [{ for: "hookcli", text: "--provider names the provider that sent it" }],
  incomplete: [
    {
      for: "proxies",
      text: "let the provider's headers through as they are; nginx drops names with _ unless underscores_in_headers is on",
    },
  ],
  none: [],
  unknown: [],
};

/** How a cause is mended, framework by framework; for a generic scheme, the flags with which hookcli takes the one found. */
export function fixesFor(cause: Cause, scheme: Scheme, found?: Scheme): readonly Fix[] {
  const flags = isGeneric(scheme) && found !== undefined && cause !== "other_scheme" ? flagsFor(scheme, found) : [];
  if (flags.length === 0) return FIXES[cause];
  const others = FIXES[cause].filter((fix) => fix.for !== "hookcli");
  return [{ for: "hookcli", text: `pass ${flags.join(" ")}` }, ...others];
}

function isGeneric({ name }: Scheme): boolean {
  return name.startsWith("generic-hmac-");
}

/** The options of `verify` and `sign` in which two generic schemes differ; none where options cannot say it. */
function flagsFor(scheme: Scheme, found: Scheme): string[] {
  if (found.content !== scheme.content || found.signature.from !== "header") return [];
  const { parse } = found.signature;
  if (parse.kind !== "raw" && parse.kind !== "prefix") return [];
  const hash = hashOf(found);
  if (hash === "md5") return [];
  const flags = hash === hashOf(scheme) || hash === undefined ? [] : [`--hash ${hash}`];
  const encoding = found.encoding === "hexAnyCase" ? "hex" : found.encoding;
  if (found.encoding !== scheme.encoding) flags.push(`--encoding ${encoding}`);
  const prefix = parse.kind === "prefix" ? parse.prefix : "";
  if (prefix !== prefixOf(scheme)) flags.push(`--signature-prefix ${prefix === "" ? '""' : prefix}`);
  return flags;
}

function hashOf({ algorithm }: Scheme): string | undefined {
  return algorithm.family === "hmac" ? algorithm.hash : undefined;
}

function prefixOf({ signature }: Scheme): string {
  return signature.from === "header" && signature.parse.kind === "prefix" ? signature.parse.prefix : "";
}
