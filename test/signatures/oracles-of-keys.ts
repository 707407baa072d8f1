import { generateKeyPairSync, sign } from "node:crypto";
import type { Oracle } from "./oracles.js";

/*
 * Signatures by private keys.
 */

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed25519 = generateKeyPairSync("ed25519");
const publicPem = rsa.publicKey.export({ format: "pem", type: "spki" }).toString();
const privatePem = rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

/** The CRC-32 of ISO 3309, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const PAYPAL_TIME = "2023-11-14T22:13:20Z";

export const keyOracles: readonly Oracle[] = [
  {
    scheme: "paypal-rsa-sha256",
    provider: "paypal",
    secret: publicPem,
    signingSecret: privatePem,
    settings: { webhookId: "WH-1" },
    signatureHeader: "PAYPAL-TRANSMISSION-SIG",
    beside: ({ id }) => [
      ["PAYPAL-TRANSMISSION-ID", id],
      ["PAYPAL-TRANSMISSION-TIME", PAYPAL_TIME],
    ],
    headers: ({ id, body }) => [
      [
        "PAYPAL-TRANSMISSION-SIG",
        sign("sha256", Buffer.from(`${id}|${PAYPAL_TIME}|WH-1|${crc32(body)}`), rsa.privateKey).toString("base64"),
      ],
      ["PAYPAL-AUTH-ALGO", "SHA256withRSA"],
    ],
  },
  {
    scheme: "postal-rsa-sha1",
    provider: "postal",
    secret: publicPem,
    signingSecret: privatePem,
    signatureHeader: "X-Postal-Signature",
    headers: ({ body }) => [["X-Postal-Signature", sign("sha1", body, rsa.privateKey).toString("base64")]],
  },
  {
    scheme: "telnyx-ed25519",
    provider: "telnyx",
    secret: Buffer.from(ed25519.publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64"),
    signingSecret: ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    signatureHeader: "telnyx-signature-ed25519",
    timestampHeader: "telnyx-timestamp",
    headers: ({ body, time }) => [
      ["telnyx-timestamp", time],
      [
        "telnyx-signature-ed25519",
        sign(null, Buffer.concat([Buffer.from(`${time}|`), body]), ed25519.privateKey).toString("base64"),
      ],
    ],
  },
];
