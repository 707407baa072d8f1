import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { Oracle, Sent } from "./oracles.js";

/*
 * Signatures by keys that the provider publishes, as certificates or in sets.
 */

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const ed25519 = generateKeyPairSync("ed25519");
const rsaPublic = rsa.publicKey.export({ format: "pem", type: "spki" }).toString();
const rsaPrivate = rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const jwk = (key: typeof rsa.publicKey, kid: string) => ({ ...key.export({ format: "jwk" }), kid });

const TOPIC = "arn:aws:sns:us-east-1:123456789012:orders";

function snsMessage(version: string): string {
  return JSON.stringify({
    Type: "Notification",
    MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    TopicArn: TOPIC,
    Subject: "h\u00e9llo",
    Message: "line 1\nline 2",
    Timestamp: "2023-11-14T22:13:20.000Z",
    SignatureVersion: version,
    Signature: "SIGNATURE",
    SigningCertURL: "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
    UnsubscribeURL: "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
  });
}

/** The lines of a notification, as Amazon's documents list them. */
const SNS_SIGNED =
  "Message\nline 1\nline 2\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubject\nh\u00e9llo\n" +
  `Timestamp\n2023-11-14T22:13:20.000Z\nTopicArn\n${TOPIC}\nType\nNotification\n`;

function sns(version: "1" | "2"): Oracle {
  const hash = version === "1" ? "sha1" : "sha256";
  return {
    scheme: `sns-v${version}`,
    provider: "sns",
    secret: rsaPublic,
    signingSecret: rsaPrivate,
    covers: "fields",
    signatureInBody: /"Signature":"([^"]+)"/,
    sends: snsMessage(version),
    headers: () => [],
    signedBody: ({ body }) =>
      Buffer.from(
        Buffer.from(body)
          .toString()
          .replace('"SIGNATURE"', () =>
            JSON.stringify(sign(hash, Buffer.from(SNS_SIGNED), rsa.privateKey).toString("base64")),
          ),
      ),
  };
}

/** What Google says in a token of a push subscription. */
const PUBSUB_CLAIMS = {
  aud: "https://example.com/push",
  azp: "113774264463038321964",
  email: "push@project.iam.gserviceaccount.com",
  sub: "113774264463038321964",
  email_verified: true,
  iss: "https://accounts.google.com",
};

function googleToken({ time }: Sent): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const times = { iat: Number(time), exp: Number(time) + 3600 };
  const signed = `${part({ alg: "RS256", kid: "g1", typ: "JWT" })}.${part({ ...PUBSUB_CLAIMS, ...times })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), rsa.privateKey).toString("base64url")}`;
}

const EBAY_BODY =
  '{"metadata":{"topic":"MARKETPLACE_ACCOUNT_DELETION","schemaVersion":"1.0","deprecated":false},"notification":{"notificationId":"n1"}}';

export const keySetOracles: readonly Oracle[] = [
  sns("1"),
  sns("2"),
  {
    scheme: "pubsub-oidc",
    provider: "pubsub",
    secret: JSON.stringify(jwk(rsa.publicKey, "g1")),
    signingSecret: JSON.stringify(jwk(rsa.privateKey, "g1")),
    settings: { audience: PUBSUB_CLAIMS.aud, email: PUBSUB_CLAIMS.email },
    signatureHeader: "Authorization",
    isRandom: true,
    covers: "fields",
    headers: (sent) => [["Authorization", `Bearer ${googleToken(sent)}`]],
  },
  {
    scheme: "ebay-ecdsa",
    provider: "ebay",
    secret: JSON.stringify(jwk(p256.publicKey, "9936261a-7d7b-4621-a0f1-96ccb428af49")),
    signingSecret: JSON.stringify(jwk(p256.privateKey, "9936261a-7d7b-4621-a0f1-96ccb428af49")),
    signatureHeader: "x-ebay-signature",
    isRandom: true,
    covers: "fields",
    sends: EBAY_BODY,
    headers: ({ body }) => {
      const text = JSON.stringify(JSON.parse(Buffer.from(body).toString()));
      const signature = sign("sha1", Buffer.from(text), p256.privateKey).toString("base64");
      const said = { alg: "ecdsa", kid: "9936261a-7d7b-4621-a0f1-96ccb428af49", signature, digest: "SHA1" };
      return [["x-ebay-signature", Buffer.from(JSON.stringify(said)).toString("base64")]];
    },
  },
  {
    scheme: "fal-ed25519",
    provider: "fal",
    secret: JSON.stringify({
      keys: [{ kty: "OKP", crv: "Ed25519", x: ed25519.publicKey.export({ format: "jwk" }).x }],
    }),
    signingSecret: ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    signatureHeader: "X-Fal-Webhook-Signature",
    timestampHeader: "X-Fal-Webhook-Timestamp",
    beside: ({ id }) => [
      ["X-Fal-Webhook-Request-Id", id],
      ["X-Fal-Webhook-User-Id", "user_1"],
    ],
    headers: ({ body, time, id }) => {
      const lines = [id, "user_1", time, createHash("sha256").update(body).digest("hex")];
      return [
        ["X-Fal-Webhook-Timestamp", time],
        ["X-Fal-Webhook-Signature", sign(null, Buffer.from(lines.join("\n")), ed25519.privateKey).toString("hex")],
      ];
    },
  },
];
