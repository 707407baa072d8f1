import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { HeaderList } from "../../src/events/headers.js";

/*
 * Signatures that stand in the URL, amid other things of a header, or in a form of several parts; and tokens in bodies. A
 * request is written whole, and what of it is signed is told by changes: those that must be refused, and those that cannot be.
 */

export interface Whole {
  readonly url: string;
  readonly headers: HeaderList;
  readonly body: string;
}

export interface PlaceOracle {
  readonly scheme: string;
  readonly provider: string;
  readonly secret: string;
  readonly signingSecret?: string;
  /** Before it is signed. */
  readonly unsigned: Whole;
  readonly signed: Whole;
  /** Replacements anywhere in URL, headers and body. */
  readonly refused: readonly (readonly [from: string, to: string])[];
  readonly open: readonly (readonly [from: string, to: string])[];
  /** Signatures of which two are never written alike. */
  readonly isRandom?: true;
  /** Who is found by the request alone, where that is not the provider. */
  readonly detected?: string;
}

const SECRET = "a secret of some length";
const T = "1700000000";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const RSA = {
  secret: rsa.publicKey.export({ format: "pem", type: "spki" }).toString(),
  signingSecret: rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
};
const hex = (text: string) => createHmac("sha256", SECRET).update(text).digest("hex");
const JSON_TYPE = ["Content-Type", "application/json"] as const;
const FORM_TYPE = ["Content-Type", "application/x-www-form-urlencoded"] as const;
const EVENT = '{"operation":"create","data":{"title":"h\u00e9llo"}}';

/** A request that is signed by more in its URL. */
function inQuery(name: string, provider: string, query: string, signature: string): PlaceOracle {
  const rest = { headers: [JSON_TYPE], body: "{}" };
  return {
    scheme: `${provider}-${name}`,
    provider,
    secret: SECRET,
    unsigned: { ...rest, url: `https://example.com/hooks?${query}` },
    signed: { ...rest, url: `https://example.com/hooks?${query}&timestamp=${T}&${signature}` },
    refused: [
      ["shop=example", "shop=examplf"],
      [`timestamp=${T}`, "timestamp=1700000001"],
      ["&ids=1", ""],
      [signature, `${signature}0`],
    ],
    open: [["{}", "[]"]],
    detected: "none",
  };
}

/** With the environment that the header says. */
export function hygraph(environment: string): Whole {
  const content = `{"Body":${JSON.stringify(EVENT)},"EnvironmentName":"${environment}","TimeStamp":${T}000}`;
  const signature = createHmac("sha256", SECRET).update(content).digest("base64");
  return {
    url: "https://example.com/",
    headers: [JSON_TYPE, ["gcms-signature", `sign=${signature}, env=${environment}, t=${T}000`]],
    body: EVENT,
  };
}

/** As @atlassian/atlassian-jwt makes it for POST /hooks?b=2&a=1. */
const QSH = createHash("sha256").update("POST&/hooks&a=1&b=2").digest("hex");

function connect(algorithm: "HS256" | "RS256"): PlaceOracle {
  const parts = [
    { alg: algorithm, typ: "JWT" },
    { iss: "client", iat: 1_700_000_000, exp: 1_700_000_180, qsh: QSH },
  ];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature =
    algorithm === "HS256"
      ? createHmac("sha256", SECRET).update(text).digest("base64url")
      : sign("sha256", Buffer.from(text), rsa.privateKey).toString("base64url");
  const request = { url: "https://example.com/hooks?b=2&a=1", headers: [JSON_TYPE], body: "{}" };
  return {
    scheme: algorithm === "HS256" ? "atlassian-connect-jwt" : "atlassian-connect-rs256",
    provider: "atlassian-connect",
    ...(algorithm === "HS256" ? { secret: SECRET } : RSA),
    unsigned: request,
    signed: { ...request, headers: [JSON_TYPE, ["Authorization", `JWT ${text}.${signature}`]] },
    refused: [
      ["b=2", "b=3"],
      ["/hooks", "/hook"],
      ["JWT ", "Bearer "],
    ],
    open: [
      ["{}", "[]"],
      ["b=2&a=1", "a=1&b=2"],
      ["b=2&a=1", "jwt=x&b=2&a=1"],
    ],
    isRandom: true,
  };
}

const PADDLE_FIELDS =
  'a:3:{s:10:"alert_name";s:16:"payment_refunded";s:13:"customer_name";s:6:"h\u00e9llo";s:6:"status";s:0:"";}';
const PADDLE_FORM = "status=&alert_name=payment_refunded&customer_name=h%C3%A9llo";
const PADDLE_SIGNATURE = sign("sha1", Buffer.from(PADDLE_FIELDS), rsa.privateKey).toString("base64");

/** A token that stands in the body. */
function inBody(provider: string, before: string, after: string): PlaceOracle {
  const request = { url: "https://example.com/", headers: [JSON_TYPE] };
  return {
    scheme: `${provider}-token`,
    provider,
    secret: SECRET,
    unsigned: { ...request, body: `${before}""${after}` },
    signed: { ...request, body: `${before}${JSON.stringify(SECRET)}${after}` },
    refused: [
      [SECRET, `${SECRET} `],
      [SECRET, ""],
    ],
    open: [["example", "examplf"]],
  };
}

const TOKEN = "0123456789".repeat(5);
const mailgunPart = (name: string, value: string) =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const mailgunParts = (time: string, signature: string) => ({
  url: "https://example.com/",
  headers: [["Content-Type", "multipart/form-data; boundary=x"]] as const,
  body: `${mailgunPart("event", "opened")}${mailgunPart("timestamp", time)}${mailgunPart("token", TOKEN)}${mailgunPart("signature", signature)}--x--\r\n`,
});

export const placeOracles: readonly PlaceOracle[] = [
  inQuery(
    "app-proxy",
    "shopify",
    "shop=example.myshopify.com&ids=1&ids=2&path_prefix=%2Fapps%2Fx",
    `signature=${hex(`ids=1,2path_prefix=/apps/xshop=example.myshopify.comtimestamp=${T}`)}`,
  ),
  inQuery(
    "oauth",
    "shopify",
    "shop=example.myshopify.com&ids=1&state=a+b%2F",
    `hmac=${hex(`ids=1&shop=example.myshopify.com&state=a+b%2F&timestamp=${T}`)}`,
  ),
  {
    scheme: "event-grid-code",
    provider: "event-grid",
    secret: "an/other+secret",
    unsigned: { url: "https://example.com/?a=1", headers: [JSON_TYPE, ["aeg-event-type", "Notification"]], body: "[]" },
    signed: {
      url: "https://example.com/?a=1&code=an%2Fother%2Bsecret",
      headers: [JSON_TYPE, ["aeg-event-type", "Notification"]],
      body: "[]",
    },
    refused: [
      ["an%2F", "An%2F"],
      ["code=", "cod="],
    ],
    open: [["[]", "{}"]],
    isRandom: true,
  },
  {
    scheme: "hygraph-hmac-sha256",
    provider: "hygraph",
    secret: SECRET,
    unsigned: { ...hygraph("master"), headers: [JSON_TYPE] },
    signed: hygraph("master"),
    refused: [
      ["create", "delete"],
      ["env=master", "env=other"],
      [`t=${T}000`, `t=${T}001`],
    ],
    open: [[", env=master", ""]],
  },
  connect("HS256"),
  connect("RS256"),
  {
    scheme: "paddle-classic-rsa-sha1",
    provider: "paddle-classic",
    ...RSA,
    unsigned: { url: "https://example.com/", headers: [FORM_TYPE], body: PADDLE_FORM },
    signed: {
      url: "https://example.com/",
      headers: [FORM_TYPE],
      body: `${PADDLE_FORM}&p_signature=${encodeURIComponent(PADDLE_SIGNATURE)}`,
    },
    refused: [
      ["status=", "status=1"],
      ["payment_refunded", "payment_succeeded"],
      ["status=&", ""],
      ["status=&", "status=&x=1&"],
    ],
    open: [["status=&alert_name=payment_refunded", "alert_name=payment_refunded&status="]],
  },
  inBody("figma", '{"event_type":"FILE_UPDATE","passcode":', ',"webhook_id":"1","file_name":"example"}'),
  inBody(
    "microsoft-graph",
    '{"value":[{"subscriptionId":"1","changeType":"created","clientState":',
    ',"resource":"example"}]}',
  ),
  {
    scheme: "mailgun-parts",
    provider: "mailgun",
    secret: SECRET,
    unsigned: mailgunParts("", ""),
    signed: mailgunParts(T, hex(T + TOKEN)),
    refused: [
      ["0123456789", "0123456788"],
      [T, "1700000001"],
    ],
    open: [["opened", "clicked"]],
  },
];
