import { createHash, createHmac } from "node:crypto";
import type { Oracle, Sent } from "./oracles.js";

/*
 * Signatures, and times, that stand in the body.
 */

const SECRET = "a secret of some length";
const ADYEN_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

const mac = (text: string) => createHmac("sha256", SECRET).update(text).digest("hex");

/** A number where the time is one, as the provider writes it. */
const milliseconds = (time: string) => (/^\d+$/.test(time) ? `${time}000` : JSON.stringify(time));

function linearBody({ body, time }: Sent): Buffer {
  const text = Buffer.from(body).toString("latin1");
  return Buffer.from(`${text.slice(0, -1)},"webhookTimestamp":${milliseconds(time)}}`, "latin1");
}

/** A JSON body in a form: the signature is put where the JSON has this mark. */
const MARK = "SIGNATURE";

function placed(body: Uint8Array, signature: string): Buffer {
  return Buffer.from(Buffer.from(body).toString("latin1").replace(MARK, signature), "latin1");
}

/** Base64 in lines, as Ruby writes it. */
const BRAINTREE_PAYLOAD = `${Buffer.from("<notification><kind>check</kind></notification>").toString("base64")}\n`;

const ADYEN_ITEM =
  '{"pspReference":"7914073381342284","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704",' +
  '"amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true","additionalData":{"hmacSignature":"SIGNATURE"}}';

export const bodyOracles: readonly Oracle[] = [
  {
    scheme: "linear-hmac-sha256",
    provider: "linear",
    secret: SECRET,
    signatureHeader: "Linear-Signature",
    timeInBody: /,"webhookTimestamp":\d+/,
    signedBody: linearBody,
    headers: (sent) => [["Linear-Signature", createHmac("sha256", SECRET).update(linearBody(sent)).digest("hex")]],
  },
  {
    scheme: "adyen-item",
    provider: "adyen",
    secret: ADYEN_KEY,
    covers: "fields",
    signatureInBody: /"hmacSignature":"([^"]+)"/,
    sends: `{"live":"false","notificationItems":[{"NotificationRequestItem":${ADYEN_ITEM}}]}`,
    headers: () => [],
    signedBody: ({ body }) =>
      placed(
        body,
        createHmac("sha256", Buffer.from(ADYEN_KEY, "hex"))
          .update("7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true")
          .digest("base64"),
      ),
  },
  {
    scheme: "mailgun-hmac-sha256",
    provider: "mailgun",
    secret: SECRET,
    covers: "fields",
    signatureInBody: /"signature":"([^"]+)"/,
    timeInBody: /"timestamp":"\d+",/,
    sends:
      '{"signature":{"token":"0123456789abcdef","timestamp":"TIME","signature":"SIGNATURE"},"event-data":{"event":"opened","id":"ev_1"}}',
    headers: () => [],
    signedBody: ({ body, time }) =>
      Buffer.from(
        placed(body, mac(`${time}0123456789abcdef`))
          .toString()
          .replace('"TIME"', () => JSON.stringify(time)),
      ),
  },
  {
    scheme: "mailgun-form",
    provider: "mailgun",
    secret: SECRET,
    covers: "fields",
    signatureInBody: /signature=([^&]+)/,
    timeInBody: /&timestamp=[^&]*/,
    sends: `token=${"0123456789".repeat(5)}&event=opened`,
    headers: () => [],
    signedBody: ({ body, time }) =>
      Buffer.from(
        `${Buffer.from(body).toString()}&timestamp=${encodeURIComponent(time)}&signature=${mac(`${time}${"0123456789".repeat(5)}`)}`,
      ),
  },
  {
    scheme: "braintree-hmac-sha1",
    provider: "braintree",
    secret: SECRET,
    covers: "fields",
    signatureInBody: /bt_signature=public_key%7C([0-9a-f]{40})/,
    sends: `other=1&bt_payload=${encodeURIComponent(BRAINTREE_PAYLOAD)}`,
    headers: () => [],
    signedBody: ({ body }) => {
      const key = createHash("sha1").update(SECRET).digest();
      const signature = createHmac("sha1", key).update(BRAINTREE_PAYLOAD).digest("hex");
      return Buffer.from(`${Buffer.from(body).toString()}&bt_signature=public_key%7C${signature}`);
    },
  },
  {
    scheme: "unisender-md5",
    provider: "unisender",
    secret: SECRET,
    signatureInBody: /"auth":"([^"]+)"/,
    sends:
      '{"auth":"SIGNATURE", "events_by_user":[{"user_id":1,"events":[{"event_name":"transactional_email_status"}]}]}',
    headers: () => [],
    signedBody: ({ body }) =>
      placed(body, createHash("md5").update(Buffer.from(body).toString().replace(MARK, SECRET)).digest("hex")),
  },
  {
    scheme: "dropbox-sign-hmac-sha256",
    provider: "dropbox-sign",
    secret: SECRET,
    covers: "fields",
    signatureInBody: /event_hash%22%3A%22([^%]+)%22/,
    sends: `json=${encodeURIComponent('{"event":{"event_time":"1700000000","event_type":"signature_request_sent","event_hash":"SIGNATURE"}}')}`,
    headers: () => [],
    signedBody: ({ body }) => placed(body, mac("1700000000signature_request_sent")),
  },
];
