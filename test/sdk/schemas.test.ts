import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { listFolder } from "../../src/fixtures/folder.js";
import { fillPlaceholders } from "../../src/fixtures/placeholders.js";
import { providerNamed } from "../../src/providers/index.js";
import { outgoingHeaders } from "../../src/providers/outgoing.js";
import { rootDir } from "../helpers/data.js";

const fixtures = await listFolder(join(rootDir, "fixtures"));
const packages = createRequire(import.meta.url);

/** The built-in fixtures of a provider, each by its event. */
function fixturesOf(provider: string): [event: string, body: unknown][] {
  return fixtures
    .filter((entry) => entry.provider === provider)
    .map(({ event, path }) => {
      const source = { nowMs: Date.now(), random: (length: number) => new Uint8Array(length).fill(7), env: {}, seq: 1 };
      return [event, JSON.parse(fillPlaceholders(readFileSync(path, "utf8"), source))];
    });
}

/** What a compiled schema finds wrong with a value. */
function problemsOf(validate: unknown, value: unknown): readonly unknown[] {
  const check = validate as { (value: unknown): unknown; errors?: readonly unknown[] | null };
  return check(value) === true ? [] : (check.errors ?? ["no reason"]);
}

/** Every way to leave one member of an object out, at the top. */
function withoutEach(body: unknown): unknown[] {
  const object = body as Readonly<Record<string, unknown>>;
  return Object.keys(object).map((left) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== left)));
}

describe("GitHub's fixtures against @octokit/webhooks-schemas", () => {
  const schema = packages("@octokit/webhooks-schemas") as { readonly definitions: Record<string, unknown> };
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(schema, "github");

  /** The schema of an event: `issues.opened` has one of its own, `push` has one for all its actions. */
  const nameOf = (event: string) =>
    [event.replace(".", "$"), `${event}$event`].find((name) => name in schema.definitions);

  test.each(fixturesOf("github"))("%s fits, and does not with a member that must be there left out", (event, body) => {
    const name = nameOf(event);
    const validate = ajv.getSchema(`github#/definitions/${name ?? "none"}`);

    expect(name).toBeDefined();
    expect(problemsOf(validate, body)).toEqual([]);
    expect(withoutEach(body).some((cut) => problemsOf(validate, cut).length > 0)).toBe(true);
  });
});

describe("Shopify's fixtures against shopify-webhook-schemas", () => {
  const { allTopicsForVersion, schemaForWebhook } = packages("shopify-webhook-schemas") as {
    readonly allTopicsForVersion: (version: string) => readonly string[];
    readonly schemaForWebhook: (version: string, topic: string) => object;
  };
  const headersOf = (event: string) =>
    new Map(
      outgoingHeaders({
        provider: providerNamed("shopify"),
        eventType: event,
        now: Date.now(),
        body: new Uint8Array(),
      }),
    );

  test.each(fixturesOf("shopify"))("%s is a topic of the version sent with it, and fits its schema", (event, body) => {
    const headers = headersOf(event);
    const [version = "", topic = ""] = [headers.get("X-Shopify-API-Version"), headers.get("X-Shopify-Topic")];
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);

    expect(allTopicsForVersion(version)).toContain(topic);
    const validate = ajv.compile(schemaForWebhook(version, topic));
    expect(problemsOf(validate, body)).toEqual([]);
  });

  test("an order without any of its members does not fit", () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    const validate = ajv.compile(schemaForWebhook("2025-07", "orders/create"));

    expect(problemsOf(validate, { id: "not a number" })).not.toEqual([]);
  });
});

describe("Stripe's fixtures against the typings of the stripe package", () => {
  const types = new Set(eventTypes());

  test("are named as events that an endpoint can ask for", () => {
    expect(types.size).toBeGreaterThan(200);
    expect(fixturesOf("stripe").filter(([, body]) => !types.has((body as { type: string }).type))).toEqual([]);
    expect(
      fixturesOf("stripe").filter(([event]) => ![...types].some((type) => `${event}.`.startsWith(`${type}.`))),
    ).toEqual([]);
  });

  /** The words of `EnabledEvent`. */
  function eventTypes(): string[] {
    const text = readFileSync(
      new URL("node_modules/stripe/esm/resources/WebhookEndpoints.d.ts", import.meta.url),
      "utf8",
    );
    return [...text.matchAll(/'([a-z0-9_]+(?:\.[a-z0-9_]+)+)'/g)].map(([, type = ""]) => type);
  }
});
