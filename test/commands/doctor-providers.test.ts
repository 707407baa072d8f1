import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { newKey } from "../../src/keys/new-key.js";
import { providerNamed, providers, type Provider } from "../../src/providers/index.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { credentialsFor } from "../../src/signatures/credentials.js";
import { parseKey } from "../../src/signatures/key.js";
import { runCli } from "../helpers/run.js";
import { openTestApp } from "../helpers/verifying-app.js";

/** Those whose signature or time stands in events of their own form, or who sign what is configured there, get no probe. */
const UNFIT = [
  "adyen",
  "braintree",
  "dropbox-sign",
  "figma",
  "linear",
  "mailgun",
  "microsoft-graph",
  "paddle-classic",
  "paypal",
  "pubsub",
  "sns",
  "unisender",
];
const signing = providers.filter(({ name, schemes }) => schemes.length > 0 && !UNFIT.includes(name));

/** A secret, or a private key, that the first scheme of a provider takes. */
function credentialOf({ schemes }: Provider): { text: string; isKey: boolean } {
  const [scheme] = schemes;
  if (scheme === undefined) throw new Error("it signs nothing");
  if (scheme.secret.kind === "key") return { text: newKey(scheme).privateText, isKey: true };
  const bytes = Buffer.alloc(32, 7);
  const forms = [
    `whsec_${bytes.toString("base64")}`,
    bytes.toString("hex"),
    bytes.toString("base64"),
    "user:s3cret",
    "s3cret",
  ];
  const fits = (text: string) => {
    try {
      credentialsFor(scheme, [Buffer.from(text)], []);
      return true;
    } catch {
      return false;
    }
  };
  const text = [...forms, ...forms.map((form) => form.replace("whsec_", "polar_whs_"))].find(fits);
  if (text === undefined) throw new Error(`no secret fits ${scheme.name}`);
  return { text, isKey: false };
}

describe("the signed probe of hookcli doctor", () => {
  it.each(UNFIT)("is not sent as %s, and doctor says why", async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "hookcli-doctor-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { text, isKey } = credentialOf(providerNamed(name));
    writeFileSync(join(folder, "credential"), text);
    const app = await openTestApp(() => ({ status: 200 }));
    onTestFinished(() => app.close());

    const argv = ["doctor", `${app.port}/hook`, "--provider", name, isKey ? "--key" : "--secret", "@credential"];
    const { stdout } = await runCli([...argv, "--only", "app-verifies", "--json"], { cwd: folder });

    expect(stdout).toMatch(/events of its own form|configured there/);
  });

  it.each(signing.map((provider) => [provider.name, provider] as const))(
    "is accepted by an app that verifies as %s does",
    async (name, provider) => {
      const folder = mkdtempSync(join(tmpdir(), "hookcli-doctor-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const { text, isKey } = credentialOf(provider);
      writeFileSync(join(folder, "credential"), text);
      const app = await openTestApp((request) => {
        const verdict = verifyProvider({
          provider,
          request: {
            method: request.method,
            url: `http://localhost:${app.port}${request.path}`,
            headers: request.headers,
            body: request.body,
          },
          secrets: isKey ? [] : [Buffer.from(text)],
          keys: isKey ? [parseKey(Buffer.from(text))] : [],
          now: Date.now(),
        });
        return { status: verdict.valid ? 200 : 401 };
      });
      onTestFinished(() => app.close());

      const argv = ["doctor", `${app.port}/hook`, "--provider", name, isKey ? "--key" : "--secret", "@credential"];
      const { stdout, stderr } = await runCli([...argv, "--only", "raw-body,app-verifies", "--json"], { cwd: folder });

      const findings =
        stdout === "" ? stderr : (JSON.parse(stdout) as { findings: { name: string; status: string }[] }).findings;
      expect(findings).toMatchObject([
        { name: "app-verifies", status: "ok" },
        { name: "raw-body", status: "ok" },
      ]);
    },
  );
});
