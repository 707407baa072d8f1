import { describe, expect, it } from "vitest";
import { diagnose, expectCause, expectWrongSecret } from "../causes/diagnosis.js";
import { mac, send, type Signed } from "../causes/senders.js";

const right = "a9f2c7d1e8b34506";
const wrong = "0b1d6e4f92c8a753";
const dashboard = "whsec_5WbXUKPKtxmqFKyDpvcK1kmbw2kVYjVx";
/** As `stripe listen` prints them: 64 hex digits. */
const command = "whsec_91d2a7c05b3e48f6a1c97d20e4b85f3691d2a7c05b3e48f6a1c97d20e4b85f36";
const text = '{"id":1,"type":"paid","name":"Zo\u00eb","amount":2.5}';

const seenOf = ({ headers, body }: Signed) => ({ headers: Object.entries(headers), body });

describe("a wrong secret", () => {
  it.each<readonly [provider: string, signed: Signed, options: readonly string[]]>([
    ["stripe", send.stripe(right, text), []],
    ["github", send.github(right, text), []],
    ["shopify", send.shopify(right, text), []],
    ["slack", send.slack(right, "command=%2Fdeploy&text=now"), []],
    ["standard-webhooks", send.standard(Buffer.from(right), text), []],
    [
      "twilio",
      send.twilio(right, { From: "+15550100", Body: "Hi" }, "https://hooks.example/sms"),
      ["--url", "https://hooks.example/sms"],
    ],
    ["square", send.square(right, text, "https://hooks.example/square"), ["--url", "https://hooks.example/square"]],
    ["generic", send.own(right, text), []],
    [
      "meta",
      {
        ...send.github(right, text),
        headers: { "x-hub-signature-256": `sha256=${mac("sha256", right, text).toString("hex")}` },
      },
      [],
    ],
    [
      "woocommerce",
      { headers: { "x-wc-webhook-signature": mac("sha256", right, text).toString("base64") }, body: Buffer.from(text) },
      [],
    ],
  ])("is said to be most likely the cause: %s", async (provider, signed, options) => {
    const secret =
      provider === "standard-webhooks" ? `whsec_${Buffer.from(wrong.repeat(2)).toString("base64")}` : wrong;

    expectWrongSecret(
      await diagnose(seenOf(signed), { secrets: [secret], options: ["--provider", provider, ...options] }),
    );
  });

  it("is said to be most likely the cause when the body was parsed too", async () => {
    const body = Buffer.from(JSON.stringify(JSON.parse(text)));

    expectWrongSecret(await diagnose({ ...seenOf(send.github(right, text)), body }, { secrets: [wrong] }));
  });
});

describe("two secrets of Stripe", () => {
  const signed = send.stripe(command, text);

  it("are told apart: the one of the command line made the signature", async () => {
    const diagnosis = await diagnose(seenOf(signed), { secrets: [dashboard, command] });

    expect(diagnosis).toMatchObject({ valid: true, code: 0, secretIndex: 1 });
    expect(diagnosis.printed).toContain("secret 2");
  });

  it("are told apart where the body was parsed and written again", async () => {
    const indented = send.stripe(command, JSON.stringify(JSON.parse(text), null, 2));
    const body = Buffer.from(JSON.stringify(JSON.parse(text)));
    const diagnosis = await diagnose({ ...seenOf(indented), body }, { secrets: [dashboard, command] });

    expectCause(diagnosis, { cause: "body_reserialised", says: /2 spaces/, fixFor: "Express" });
    expect(diagnosis.explanation?.secretIndex).toBe(1);
  });

  it("are not mixed up: with the dashboard's alone, another secret is the likeliest cause", async () => {
    expectWrongSecret(await diagnose(seenOf(signed), { secrets: [dashboard] }));
  });

  it("are known by their looks: the command line's does not sign for the dashboard's endpoint", async () => {
    const diagnosis = await diagnose(seenOf(send.stripe(dashboard, text)), { secrets: [command] });

    expectWrongSecret(diagnosis);
    expect(diagnosis.explanation?.hints.join("\n")).toContain("stripe listen");
  });

  it("are no API keys", async () => {
    const diagnosis = await diagnose(seenOf(signed), { secrets: ["sk_test_51H8QxXyzAbCdEfGh"] });

    expectWrongSecret(diagnosis);
    expect(diagnosis.explanation?.hints.join("\n")).toContain("Stripe API key");
  });
});
