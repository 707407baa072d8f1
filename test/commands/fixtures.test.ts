import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { hasData } from "../helpers/data.js";
import { TEST_NOW } from "../helpers/event.js";
import { actedOn, hostileNames } from "../helpers/hostile.js";
import { projectWith, type TestProject } from "../helpers/project.js";
import { openTestApp } from "../helpers/verifying-app.js";
import { setup } from "../helpers/writer.js";

beforeAll(setup);

function write({ cwd }: TestProject, name: string, text: string | Buffer): void {
  const path = join(cwd, "fixtures", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe("fixtures list", () => {
  it("lists your own before the built-in ones, each with where it is from", async () => {
    const project = await projectWith([]);
    write(project, "stripe/mine.json", "{}");

    const { code, stdout } = await project.run(["fixtures"]);
    const lines = stdout.split("\n");

    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^stripe\/mine +Stripe +fixtures\/stripe\/mine\.json$/);
    expect(stdout).toMatch(/^github\/push +commits were pushed to a branch +built-in$/m);
  });

  it("says of every built-in one what it is of, and nothing of your own", async () => {
    const project = await projectWith([]);
    write(project, "stripe/invoice.paid.json", "{}");
    write(project, "stripe/events.txt", "invoice.paid: not read\n");

    const { stdout } = await project.run(["fixtures", "list", "stripe/*", "--json"]);
    const listed = JSON.parse(stdout) as { name: string; builtIn: boolean; description: string | null }[];

    expect(listed.length).toBeGreaterThan(3);
    for (const { builtIn, description } of listed) expect(description === null).toBe(!builtIn);
    expect(listed).toContainEqual(
      expect.objectContaining({ name: "stripe/charge.refunded", description: "a payment was refunded" }),
    );
  });

  it("lists those that a glob or a provider names, a hidden built-in one not twice", async () => {
    const project = await projectWith([]);
    write(project, "stripe/invoice.paid.json", "{}");
    const names = async (...argv: string[]) => {
      const { stdout } = await project.run(["fixtures", "list", "--json", ...argv]);
      return (JSON.parse(stdout) as { name: string; builtIn: boolean }[]).map(({ name, builtIn }) => [name, builtIn]);
    };

    expect(await names("stripe/invoice.pai*")).toEqual([["stripe/invoice.paid", false]]);
    expect(await names("generic/user.*")).toEqual([
      ["generic/user.joined", true],
      ["generic/user.left", true],
    ]);
    expect((await names("--provider", "svix")).length).toBeGreaterThanOrEqual(3);
    expect(await names("nothing*")).toEqual([]);
    expect(await project.run(["fixtures", "stripe/invoice.payd"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("nearest: stripe/invoice.paid") as string,
    });
  });
});

describe("fixtures list with a provider's name", () => {
  it.each(["sns", "aws-sns", "SNS"])("lists its fixtures, as --provider does: %s", async (name) => {
    const { run } = await projectWith([]);

    const listed = await run(["fixtures", "list", name]);

    expect(listed).toMatchObject({ code: 0, stdout: (await run(["fixtures", "list", "--provider", "sns"])).stdout });
    expect(listed.stdout).toMatch(/^sns\/Notification /m);
  });

  it("lists an empty list for a provider that has none", async () => {
    const { run, cwd } = await projectWith([]);
    writeFileSync(join(cwd, "hookcli.config.json"), '{"providers":{"mine":{"header":"X-Mine"}}}');

    expect(await run(["fixtures", "list", "mine"])).toMatchObject({ code: 0, stdout: "", stderr: "no fixtures\n" });
  });
});

describe("fixtures show", () => {
  it("prints the file's bytes, and tells beside them how it is sent", async () => {
    const { run } = await projectWith([]);

    const { code, stdout, stderr } = await run(["fixtures", "show", "twilio/message.received"]);

    expect(code).toBe(0);
    expect(stdout).toContain('"MessageSid": "SMfa4e{{random.hex 28}}"');
    expect(stderr).toMatch(/^a message came in\n/);
    expect(stderr).toContain("sent as Twilio does, application/x-www-form-urlencoded");
    expect(stderr).toContain("signed with twilio-form in X-Twilio-Signature");
  });

  it("prints the body as it would be sent with --filled", async () => {
    const { run } = await projectWith([]);

    expect((await run(["fixtures", "show", "twilio/message.received", "--filled"])).stdout).toMatch(/^ToCountry=US&/);
    expect((await run(["fixtures", "show", "message.created", "--filled"])).stdout).toContain(
      '"timestamp": "2025-01-02T03:04:05.000Z"',
    );
  });

  it("is one JSON document for programs", async () => {
    const { run } = await projectWith([]);

    const { stdout } = await run(["fixtures", "show", "stripe/invoice.paid", "--json"]);

    expect(JSON.parse(stdout)).toMatchObject({
      name: "stripe/invoice.paid",
      builtIn: true,
      description: "an invoice was paid",
      scheme: "stripe-v1",
      signatureHeaders: ["Stripe-Signature"],
      placeholders: expect.arrayContaining(["unix", "uuid"]),
      bodyText: expect.stringContaining('"{{unix}}"'),
    });
  });

  it("names the nearest of a fixture that is not there", async () => {
    const { run } = await projectWith([]);

    const { code, stderr } = await run(["fixtures", "show", "strpe/invoice.paid"]);

    expect([code, stderr]).toEqual([2, expect.stringContaining("nearest: stripe/invoice.paid")]);
  });
});

describe("fixtures validate", () => {
  it("finds nothing wrong with the built-in ones", async () => {
    const { run } = await projectWith([]);

    const { code, stdout, stderr } = await run(["fixtures", "validate", "--all"]);

    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^\d{3} fixtures checked, 0 errors\n$/);
  });

  it.each([
    ["stripe/a.json", '{\n  "a": 1,\n}', ":3:1: error: not JSON: a key in double quotes"],
    ["stripe/a.json", '{\n  "a": "{{uid}}"\n}', ":2:8: error: unknown placeholder {{uid}}; known are {{uuid}}"],
    ["stripe/a.json", "", ": error: the file is empty"],
    ["stripe/a.json", Buffer.from([0x22, 0xff, 0x22]), ": error: the file is not UTF-8 text"],
    [
      "stripe/invoice.paid.json",
      '{"type":"charge.failed"}',
      ": error: the file is called invoice.paid, but its object says",
    ],
    ["stripe/a b.json", "{}", ": error: no fixture can have this name"],
    ["twilio/x.json", "{}{", ":1:3: error: not JSON"],
  ])("ends with 1 for %s that holds %j", async (name, text, message) => {
    const project = await projectWith([]);
    write(project, name, text);

    const { code, stdout } = await project.run(["fixtures", "validate"]);
    const json = await project.run(["fixtures", "validate", "--json"]);

    expect(code).toBe(1);
    expect(stdout).toContain(message.includes(": a key") ? message.slice(0, 20) : `fixtures/${name}${message}`);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: [{ severity: "error" }] });
  });

  it("warns of a folder that is no provider's, and takes variants of a type and variables that are not set", async () => {
    const project = await projectWith([]);
    write(project, "strpe/a.json", "{}");
    write(project, "stripe/invoice.paid.large.json", '{"type":"invoice.paid","who":"{{env.NOT_SET}}"}');

    const { code, stdout } = await project.run(["fixtures", "validate"]);

    expect(code).toBe(0);
    expect(stdout).toBe(
      "fixtures/strpe/a.json: warning: strpe is no provider: its fixtures are sent as generic ones; did you mean stripe?\n",
    );
  });

  it("checks what is named alone: a path, a name, a folder", async () => {
    const project = await projectWith([]);
    write(project, "stripe/bad.json", "{");
    write(project, "stripe/good.json", "{}");
    const code = async (...argv: string[]) => (await project.run(["fixtures", "validate", ...argv])).code;

    expect(await code("stripe/good", "fixtures/stripe/good.json", "message.created")).toBe(0);
    expect(await code("stripe/bad")).toBe(1);
    expect(await code("fixtures")).toBe(1);
    expect(await code("fixtures/stripe/gone.json")).toBe(1);
    expect(await code("stripe/gone")).toBe(2);
  });
});

const SECRETS = { HOOKCLI_SECRET: "s3cret", STRIPE_WEBHOOK_SECRET: "whsec_x" };
const FORM = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
const JSON_TYPE = [["Content-Type", "application/json"]] as const;

interface Captured {
  readonly provider: string;
  readonly eventType: string;
  readonly headers: HeaderList;
  readonly body: string;
}

const CAPTURED: readonly Captured[] = [
  {
    provider: "stripe",
    eventType: "invoice.paid",
    headers: JSON_TYPE,
    body: `{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","created":${TEST_NOW / 1000},"amount":1.0,"type":"invoice.paid","data":{"client_secret":"canary","email":"canary@real-shop.dev"}}`,
  },
  {
    provider: "shopify",
    eventType: "orders/create",
    headers: JSON_TYPE,
    body: '{"id":820982911946154508,"phone":"+14165550100","token":"canary"}',
  },
  {
    provider: "twilio",
    eventType: "message.received",
    headers: FORM,
    body: "MessageSid=SM0123456789abcdef0123456789abcdef&SmsStatus=received&Body=Ahoy%21+%F0%9F%91%8D&From=%2B14165550100",
  },
  {
    provider: "slack",
    eventType: "slash_command",
    headers: FORM,
    body: "token=canary&command=%2Fdeploy&text=a+%26+b",
  },
  {
    provider: "github",
    eventType: "push",
    headers: FORM,
    body: `payload=${encodeURIComponent('{"ref":"refs/heads/main","after":"507f1f77bcf86cd799439011aaaaaaaaaaaaaaaa","n":1.0}')}`,
  },
];

describe("fixtures save", () => {
  it.each(CAPTURED)("makes a fixture of $provider $eventType that can be sent at once, and verifies", async (event) => {
    const { cwd, run } = await projectWith([{ ...event, headers: event.headers, body: Buffer.from(event.body) }]);
    const app = await openTestApp();
    onTestFinished(() => app.close());
    const env = { ...SECRETS };
    const name = `${event.provider}/${event.eventType.replaceAll("/", ".")}`;

    const saved = await run(["fixtures", "save", "1"]);
    const valid = await run(["fixtures", "validate"]);
    const sent = await run(["send", name, "--to", `${app.port}/webhook`], { env });
    const shown = await run(["events", "show", "last", "--json"]);

    expect([saved.code, valid.code, sent.code]).toEqual([0, 0, 0]);
    expect(saved.stderr).not.toContain("warning");
    expect(readFileSync(join(cwd, "fixtures", `${name}.json`), "utf8")).not.toContain("canary");
    expect(saved.stdout + saved.stderr).not.toMatch(/"canary"/);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      provider: event.provider,
      eventType: event.eventType,
      signature: { status: "valid" },
    });
  });

  it("says what it replaced, by path, and where the fixture is", async () => {
    const [event] = CAPTURED;
    const { run } = await projectWith([{ ...event, body: Buffer.from(event?.body ?? "") }]);

    const { stdout } = await run(["fixtures", "save", "last"]);

    expect(stdout.split("\n")).toEqual([
      'id: "evt_1NG8Du2eZvKYlo2CUI79vXWy" -> "evt_{{random.hex 24}}"  id',
      `created: ${TEST_NOW / 1000} -> "{{unix}}"  time`,
      'data.client_secret: *** -> "REDACTED"  credential',
      'data.email: "canary@real-shop.dev" -> "user1@example.com"  email',
      "saved fixtures/stripe/invoice.paid.json",
      "",
    ]);
  });

  it("prints the fixture and writes nothing with --dry-run", async () => {
    const { cwd, run } = await projectWith([{ eventType: "a.b", body: Buffer.from('{"type":"a.b","n":1.0}') }]);

    const { code, stdout, stderr } = await run(["fixtures", "save", "1", "--dry-run"]);
    const json = await run(["fixtures", "save", "1", "--dry-run", "--json"]);

    expect([code, stdout]).toEqual([0, '{"type":"a.b","n":1.0}\n']);
    expect(stderr).toContain("would be written to fixtures/generic/a.b.json");
    expect(JSON.parse(json.stdout)).toMatchObject({ written: false, name: "generic/a.b", replaced: [] });
    expect(readdirSync(cwd)).not.toContain("fixtures");
  });

  it("replaces a fixture only with --force, and takes another name", async () => {
    const { cwd, run } = await projectWith([{ eventType: "a.b" }]);
    await run(["fixtures", "save", "1"]);

    const again = await run(["fixtures", "save", "1"]);

    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--force replaces it")]);
    expect((await run(["fixtures", "save", "1", "--force"])).code).toBe(0);
    expect((await run(["fixtures", "save", "1", "--as", "stripe/other"])).code).toBe(0);
    expect(readdirSync(join(cwd, "fixtures", "stripe"))).toEqual(["other.json"]);
  });

  it.each([
    [{ body: Buffer.from("<a/>"), headers: [["Content-Type", "text/xml"]] as const }, "is not JSON, and a fixture is"],
    [{ body: Buffer.from([0, 255]) }, "is not text"],
    [{ body: Buffer.alloc(0) }, "has no body"],
    [{ body: Buffer.from("a=1"), headers: FORM }, "generic has no way to send a fixture as this form"],
    [{ body: Buffer.from("a=1"), headers: FORM, provider: "twilio", bodyComplete: false }, "was not wholly read"],
    [{ eventType: null, body: Buffer.from("{}") }, "does not say what type it is"],
  ])("refuses %j", async (fields, message) => {
    const { cwd, run } = await projectWith([fields]);

    const { code, stderr } = await run(["fixtures", "save", "1"]);

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(readdirSync(cwd)).not.toContain("fixtures");
  });

  it("names the content type with which a form of no known kind can be sent", async () => {
    const { run } = await projectWith([{ body: Buffer.from("a=1"), headers: FORM }]);

    expect((await run(["fixtures", "save", "1"])).stderr).toContain(
      "hookcli send --data @FILE --content-type application/x-www-form-urlencoded sends it",
    );
  });

  it("refuses a body that is too large to be looked through, and says how it is sent without", async () => {
    const { run } = await projectWith([{ body: Buffer.from(`"${"x".repeat(8 * 2 ** 20)}"`) }]);

    const { code, stderr } = await run(["fixtures", "save", "1"]);

    expect(code).toBe(2);
    expect(stderr).toContain("the body of event #1 is larger than 8 MiB");
    expect(stderr).toContain("hookcli send --data @FILE sends it");
  });

  it.skipIf(!hasData)(
    "stays in its folder whatever the event calls itself (skipped without the test data)",
    async () => {
      const names = hostileNames();
      const { cwd, run } = await projectWith(names.map((eventType) => ({ eventType, body: Buffer.from('{"a":1}') })));

      for (const index of names.keys()) {
        const argv = ["fixtures", "save", String(index + 1), "--force"];
        const { code, stdoutBytes } = await run(argv);
        expect(code).toBe(0);
        expect(actedOn(stdoutBytes, { terminal: false })).toBeUndefined();
        expect((await run([...argv, "--as", names[index] ?? ""])).code).toBeLessThanOrEqual(2);
      }

      expect(readdirSync(cwd).toSorted()).toEqual(["fixtures", "store"]);
      const folders = readdirSync(join(cwd, "fixtures"));
      expect(folders).toEqual(["generic"]);
      expect(
        readdirSync(join(cwd, "fixtures", "generic")).every((name) => /^[A-Za-z0-9][\w.-]*\.json$/.test(name)),
      ).toBe(true);
    },
  );
});
