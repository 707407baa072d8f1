import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readyCommands, type ReadyCommands } from "../../src/commands/providers/ready.js";
import { secretVariable } from "../../src/config/secrets.js";
import { providerNamed, providers } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import { frameworks } from "../../src/signatures/frameworks.js";
import { projectWith } from "../helpers/project.js";
import { runCli } from "../helpers/run.js";
import { setup } from "../helpers/writer.js";

beforeAll(setup);

interface RowJson {
  readonly name: string;
  readonly schemes: readonly { readonly name: string }[];
  readonly signatureHeaders: readonly string[];
  readonly secretVariable: string;
  readonly fixtures: readonly string[];
}

async function rowsOf(...argv: string[]): Promise<RowJson[]> {
  const { code, stdout } = await runCli(["providers", "--json", ...argv]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as RowJson[];
}

async function namesOf(...argv: string[]): Promise<string[]> {
  return (await rowsOf(...argv)).map(({ name }) => name);
}

describe("providers list", () => {
  it("tells of each how it signs, how well that is known, and how many fixtures there are", async () => {
    const { code, stdout } = await runCli(["providers"]);

    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(providers.length + 2);
    expect(stdout).toMatch(/^NAME +TITLE +SIGNATURE IN +SCHEME +EVIDENCE +FIXTURES$/m);
    expect(stdout).toMatch(/^stripe +Stripe +Stripe-Signature +HMAC-SHA256, hex +\w+ +\d+$/m);
    expect(stdout).toMatch(/^github +GitHub +X-Hub-Signature-256 +HMAC-SHA256, hex \(2\) +\w+ +\d+$/m);
    expect(stdout).toMatch(/^mailgun +Mailgun +\(the body\) /m);
  });

  it("fits the terminal", async () => {
    const { stdout } = await runCli(["providers", "list", "--no-pager", "--color", "never"], {
      stdoutIsTerminal: true,
    });

    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).toMatch(/^sendgrid +SendGrid +X-Twilio-Em\S+ +ECDSA/m);
  });

  it("lists those with a text in a name, an alias or the title, or that a glob fits as a whole", async () => {
    expect(await namesOf("list", "SHOPI")).toEqual(["shopify"]);
    expect(await namesOf("gh")).toEqual(expect.arrayContaining(["github"]));
    expect(await namesOf("WhatsApp")).toEqual(["meta"]);
    expect(await namesOf("list", "git*")).toEqual(["gitea", "github", "gitlab"]);
    expect(await namesOf("list", "nothing*")).toEqual([]);
  });

  it("gives programs the rows as data", async () => {
    const [stripe] = await rowsOf("list", "stripe");

    expect(stripe).toMatchObject({
      name: "stripe",
      title: "Stripe",
      signatureHeaders: ["Stripe-Signature"],
      secretVariable: "STRIPE_WEBHOOK_SECRET",
      schemes: [
        { name: "stripe-v1", content: [{ part: "timestamp" }, { part: "literal", text: "." }, { part: "body" }] },
      ],
    });
    expect(stripe?.fixtures).toContain("stripe/invoice.paid");
  });

  it("counts the user's own fixtures", async () => {
    const project = await projectWith([]);
    await project.run(["init", "--yes", "--provider", "stripe"]);
    writeFileSync(join(project.cwd, "fixtures", "mine.json"), "{}");
    const { stdout } = await project.run(["providers", "show", "generic", "--json"]);

    expect((JSON.parse(stdout) as RowJson).fixtures).toContain("mine");
  });
});

describe("providers show", () => {
  it("says on a screen what a person needs", async () => {
    const { code, stdout, stderr } = await runCli(["providers", "show", "stripe"]);

    expect([code, stderr]).toEqual([0, ""]);
    for (const line of [
      /^Stripe {2}stripe$/m,
      /^signature +Stripe-Signature: t=<timestamp>,v1=<hex>$/m,
      /^signed +timestamp \+ "\." \+ body$/m,
      /^algorithm +HMAC-SHA256, in hex$/m,
      /^found in +Dashboard > Developers > Webhooks/m,
      /^read from +--secret, STRIPE_WEBHOOK_SECRET, /m,
      /^event type +body field type$/m,
      /^documents +https:\/\/docs\.stripe\.com\//m,
      /^evidence +\S/m,
      /^hookcli send stripe\/\S+ --to 5000\/webhook$/m,
      /^hookcli verify --provider stripe --request @request\.http$/m,
    ])
      expect(stdout).toMatch(line);
  });

  it("takes aliases, and says of further schemes what is different", async () => {
    const { stdout } = await runCli(["providers", "show", "GH"]);

    expect(stdout).toMatch(/^GitHub {2}github, also gh$/m);
    expect(stdout).toMatch(/^github-sha1 {2}weak, counts only when named by --scheme$/m);
    expect(stdout.match(/^secret /gm)).toHaveLength(1);
  });

  it("says what there is not to check", async () => {
    const { stdout } = await runCli(["providers", "show", "chargebee"]);

    expect(stdout).toMatch(/^not checked: Chargebee signs nothing/m);
  });

  it.each([
    ["plivo", "with plivo-v2 the body is not signed"],
    ["adyen", "only some fields are signed"],
    ["paypal", "CRC-32"],
    ["telegram", "the body is not signed"],
  ])("says of %s what of the body a right signature leaves open, on the page and as data", async (name, words) => {
    const page = await runCli(["providers", "show", name]);
    const { stdout } = await runCli(["providers", "show", name, "--json"]);

    expect(page.stdout.replaceAll("\n", " ")).toMatch(new RegExp(` not checked: [^:]*${words}`));
    expect((JSON.parse(stdout) as { unchecked: string }).unchecked).toContain(words);
  });

  it("calls no scheme the default where the request tells which it is", async () => {
    const { stdout } = await runCli(["providers", "show", "sns"]);

    expect(stdout).not.toContain("the default");
    expect(stdout).toMatch(/^sns-v2 {2}for requests with SignatureVersion = "2" in the body$/m);
    expect(stdout).toMatch(/^sns-v1 {2}for requests with SignatureVersion = "1" in the body$/m);
  });

  it.each(frameworks)("tells how the bytes of a body are had in %s", async (framework) => {
    const text = await runCli(["providers", "show", "github", "--framework", framework]);
    const json = await runCli(["providers", "show", "github", "--framework", framework, "--json"]);
    const { rawBody } = JSON.parse(json.stdout) as { rawBody: { for: string; code: string; notes: string[] } };

    expect(rawBody.code).toMatch(/is_?valid|valid\?/i);
    expect(text.stdout).toContain(`raw body        ${rawBody.for}: see below\n`);
    expect(text.stdout).toContain(`\nThe bytes to check in ${rawBody.for}\n\n${rawBody.code}\n- `);
  });

  it("refuses a name that it does not know, with the nearest", async () => {
    const { code, stdout, stderr } = await runCli(["providers", "show", "strpe"]);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("unknown provider: strpe");
    expect(stderr).toContain("did you mean stripe?");
  });
});

describe("the page of", () => {
  it.each(providers)("$name fits a screen", async ({ name }) => {
    const { code, stdout } = await runCli(["providers", "show", name]);
    const lines = stdout.trimEnd().split("\n");
    // A link or a command is not broken: it is to be copied.
    const broken = lines.filter((line) => !line.includes("https://") && !line.startsWith("hookcli "));

    expect(code).toBe(0);
    expect(lines.length).toBeLessThanOrEqual(46);
    expect(broken.filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).not.toMatch(/undefined|\[object|null/);
  });
});

const SECRETS: Readonly<Record<string, string>> = {
  hex: "00ff".repeat(16),
  base64: "AAAA",
  prefixedBase64: "whsec_AAAA",
};

function environmentOf({ name, schemes }: Provider): Record<string, string> {
  const kind = schemes[0]?.secret.kind ?? "utf8";
  return kind === "key" ? {} : { [secretVariable(name)]: SECRETS[kind] ?? "user:password" };
}

describe("the commands that send and verify an event of", () => {
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), "hookcli-ready-"));
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  const argv = (line: string) => line.replaceAll("'", "").split(" ").slice(1);

  /** Runs the lines as a shell would: what follows > is a file. */
  async function tryCommands({ newKey, send, verify = "" }: ReadyCommands, options: { env: Record<string, string> }) {
    const around = { cwd, ...options };
    if (newKey !== undefined) {
      const [line = "", file = ""] = newKey.split(" > ");
      rmSync(join(cwd, file.replace(/pub$/, "key")), { force: true });
      const made = await runCli(argv(line), around);
      expect(made).toMatchObject({ code: 0 });
      writeFileSync(join(cwd, file), made.stdout);
    }
    const url = verify.includes("--url") ? ["--url", "https://example.com/webhook"] : [];
    const sent = await runCli([...argv(send), ...url, "--dry-run", "--show-secrets"], around);
    expect(sent).toMatchObject({ code: 0 });
    writeFileSync(join(cwd, "request.http"), sent.stdout);
    return (await runCli(argv(verify), around)).stdout;
  }

  it.each(providers)("$name work", async (provider) => {
    const rows = await rowsOf("list", `${provider.name}*`);
    const fixtures = rows.find(({ name }) => name === provider.name)?.fixtures ?? [];

    const { withKeys, ...commands } = readyCommands(provider, fixtures);

    expect(await tryCommands(commands, { env: environmentOf(provider) })).toMatch(/^valid: /);
    if (withKeys !== undefined) expect(await tryCommands(withKeys, { env: {} })).toMatch(/^valid: /);
  });

  it("sns and paypal check with the certificate that was made, those of plaid with the key", () => {
    const lines = (name: string) => {
      const { newKey, verify } = readyCommands(providerNamed(name), [`${name}/event`]);
      return { newKey, verify };
    };

    expect(lines("sns")).toEqual({
      newKey: "hookcli sign --new-key sns --out sns.key > sns.pub",
      verify: "hookcli verify --provider sns --cert @sns.pub --request @request.http",
    });
    expect(lines("paypal").verify).toContain(" --cert @paypal.pub ");
    expect(lines("plaid").verify).toContain(" --key @plaid.pub ");
  });

  it("standard-webhooks with keys name the scheme to send with", () => {
    expect(readyCommands(providerNamed("standard-webhooks"), ["standard-webhooks/order.shipped"]).withKeys).toEqual({
      newKey: "hookcli sign --new-key standard-webhooks --out standard-webhooks.key > standard-webhooks.pub",
      send: "hookcli send standard-webhooks/order.shipped --to 5000/webhook --scheme v1a --key @standard-webhooks.key",
      verify: "hookcli verify --provider standard-webhooks --key @standard-webhooks.pub --request @request.http",
    });
  });
});
