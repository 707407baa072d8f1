import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";

const SECRET = "correct horse battery";
const signed = '{"a": 1}';
const received = '{"a":1}';
const signature = createHmac("sha256", SECRET).update(signed).digest("hex");
const words = ["verify", "--provider", "generic", "--header", `X-Signature: ${signature}`];

const verify = (more: readonly string[], secret = SECRET) =>
  runCli([...words, ...more], { env: { HOOKCLI_SECRET: secret }, stdin: received });

describe("verify --framework", () => {
  it("shows the fix for that one alone", async () => {
    const { stdout } = await verify(["--framework", "flask"]);

    expect(stdout).toContain("request.get_data()");
    expect(stdout).not.toContain("express.raw");
    expect(stdout).not.toContain("--framework NAME");
  });

  it("is told of in the last line, where there are fixes for several", async () => {
    const { stdout } = await verify([]);

    expect(stdout.trimEnd().split("\n").at(-1)).toBe("  --framework NAME shows one");
    expect((await verify(["--json"])).stdout).not.toContain("--framework NAME");
  });

  it("is not told of, where fixes are for none", async () => {
    const { stdout } = await runCli(words, { env: { HOOKCLI_SECRET: `${SECRET}\n` }, stdin: signed });

    expect(stdout).toContain("secret 1 is right without the blanks or line ends around it");
    expect(stdout).not.toContain("--framework NAME");
  });

  it("refuses a name that is none, whatever the verdict", async () => {
    const { code, stderr } = await verify(["--framework", "cobol"]);

    expect(code).toBe(2);
    expect(stderr).toContain("no framework is named cobol");
  });
});

describe("verify", () => {
  it("names hex first, where base64 is wanted", async () => {
    const hex = createHmac("sha256", SECRET).update(received).digest("hex");
    const words = ["verify", "--provider", "shopify", "--header", `X-Shopify-Hmac-Sha256: ${hex}`];

    const { stdout } = await runCli(words, { env: { HOOKCLI_SECRET: SECRET }, stdin: received });

    expect(stdout).toMatch(
      /^invalid: signature_malformed: the signature is written in hex; the provider sends base64 /,
    );
    expect(stdout).toContain("the signature is right as hex");
    expect(stdout).not.toContain("SHA384");
  });

  it("says first that a Stripe secret lacks its whsec_", async () => {
    const time = "1700000000";
    const digest = createHmac("sha256", "whsec_abcdefgh12345678").update(`${time}.${received}`).digest("hex");
    const words = ["verify", "--provider", "stripe", "--header", `Stripe-Signature: t=${time},v1=${digest}`];

    const { stdout } = await runCli([...words, "--now", time, "--json"], {
      env: { HOOKCLI_SECRET: "abcdefgh12345678" },
      stdin: received,
    });

    expect(JSON.parse(stdout)).toMatchObject({
      explanation: {
        cause: "secret_encoding",
        fixes: [{ for: "the secret", text: expect.stringContaining("copy the secret with its whsec_") as string }],
      },
    });
  });
});

describe("verify --budget", () => {
  it("ends after so many hypotheses, and says that there is more to try", async () => {
    const { stdout } = await verify(["--budget", "40"], "quite another secret");

    expect(stdout).toContain("40 hypotheses were tried, as many as the budget allows");
    expect(stdout).toContain("--budget 10s looks longer");
  });

  it("takes a duration", async () => {
    expect((await verify(["--budget", "5s"])).stdout).toContain("in Python's style");
  });

  it.each(["0", "x", "-1", "1.5", "0s"])("refuses %s", async (budget) => {
    expect((await verify([`--budget=${budget}`])).code).toBe(2);
  });
});

describe("verify shows what was signed", () => {
  it("around the first byte that differs", async () => {
    const { stdout } = await verify([]);

    expect(stdout).toContain("the first byte that differs is number 5");
    expect(stdout).toContain('signed    {"a": 1}');
  });

  it("in JSON too, with which side changed the body", async () => {
    const { stdout } = await verify(["--json", "--header", `Content-Length: ${signed.length}`]);

    expect(JSON.parse(stdout)).toMatchObject({
      explanation: {
        cause: "body_reserialised",
        causes: ["body_reserialised"],
        difference: { offset: 5, received, signed },
        changedBy: "receiver",
        isComplete: true,
      },
    });
  });
});
