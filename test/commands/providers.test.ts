import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readyCommands } from "../../src/commands/providers/ready.js";
import { secretVariable } from "../../src/config/secrets.js";
import { providers } from "../../src/providers/index.js";
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

  it.each(providers)("$name work", async (provider) => {
    const rows = await rowsOf("list", `${provider.name}*`);
    const {
      newKey,
      send,
      verify = "",
    } = readyCommands(provider, rows.find(({ name }) => name === provider.name)?.fixtures ?? []);
    const argv = (line: string) => line.replaceAll("'", "").split(" ").slice(1);
    const options = { cwd, env: environmentOf(provider) };
    if (newKey !== undefined) expect(await runCli(argv(newKey), options)).toMatchObject({ code: 0 });

    const url = verify.includes("--url") ? ["--url", "https://example.com/webhook"] : [];
    const sent = await runCli([...argv(send), ...url, "--dry-run", "--show-secrets"], options);
    expect(sent).toMatchObject({ code: 0 });
    writeFileSync(join(cwd, "request.http"), sent.stdout);
    const verified = await runCli(argv(verify.replace("public.pem", `${provider.name}.key`)), options);

    expect(verified.stdout).toMatch(/^valid: /);
  });
});
