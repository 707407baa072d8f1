import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { checkConfig } from "../../src/config/file.js";
import { CONFIG_KEY_ROWS, CONFIG_KEYS, type ConfigKeyName } from "../../src/config/keys.js";
import { configSchema } from "../../src/config/schema.js";
import { SCHEMA_FILE } from "../../src/config/schema-reference.js";
import { CliError } from "../../src/errors.js";
import { parseTarget } from "../../src/deliver/target.js";
import { providers } from "../../src/providers/index.js";
import { DEFAULT_KEEP, DEFAULT_KEEP_FOR_MS } from "../../src/store/retention.js";
import { tunnelKinds } from "../../src/tunnel/kinds.js";
import { rootDir } from "../helpers/data.js";

const schema = configSchema(providers.map(({ name }) => name));
const fits = new Ajv({ strict: false, allErrors: true }).compile(schema);

/** Whether the reader of a project's file takes it. */
async function isRead(document: unknown): Promise<boolean> {
  try {
    await checkConfig({ path: "/p/hookcli.config.json", scope: "project" }, JSON.stringify(document));
    return true;
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

function isTarget(text: string): boolean {
  try {
    parseTarget(text);
    return true;
  } catch {
    return false;
  }
}

/** Values that some key takes, values that none takes, and some in between. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    "5000",
    "5000/webhook",
    ":80/",
    "localhost:3000",
    "https://a.example/x?y",
    "[::1]:80",
    "0",
    "65536",
    "a b",
    "ftp://x",
    "env:S",
    "env:9",
    "env:",
    "@file",
    "stripe",
    "Stripe",
    "none",
    "ssh",
    "30s",
    "1.5h",
    "1 h",
    "25mb",
    "25MB",
    "1tb",
    "",
    " ",
    "keep",
    "../x",
    "10.0.0.0/8",
    "::1/129",
    "a.*",
    "x\ny",
    "é",
  ),
  fc.integer({ min: -5, max: 70_000 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.constantFrom("a", "message.*", "", " ", "10.0.0.0/8", "10.0.0.0/40", "::1", 5), { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom("stripe", "github", "nobody", "X-Env", "a b", ""),
    fc.constantFrom("env:S", "plain", 5, "é"),
  ),
);

/** Kinds whose pattern in the schema says less than the reader: the schema takes more. */
const LOOSE: ReadonlySet<ConfigKeyName> = new Set([
  "allowIp",
  "trustedProxy",
  "publicUrl",
  "headers",
  "respondBody",
  "writeEnv",
  "readyFile",
  // A user's own file may say it, a project's may not.
  "onUrl",
  "registerHeaders",
  // A match has a grammar.
  "routes",
  // Names may be those of providers that are defined elsewhere in the file, or in the user's own.
  "provider",
  "secrets",
]);

describe("the JSON Schema of the config", () => {
  it("stands in the package as the table of keys makes it", () => {
    const shipped: unknown = JSON.parse(readFileSync(join(rootDir, SCHEMA_FILE), "utf8"));

    // After a change: node bin/hookcli.js config schema > docs/hookcli.config.schema.json
    expect(shipped).toEqual(schema);
  });

  it.each(CONFIG_KEY_ROWS.map(([name]) => name))(
    "agrees with the reader on %s, alone and in a profile",
    async (name) => {
      await fc.assert(
        fc.asyncProperty(value, fc.boolean(), async (json, inProfile) => {
          const document = inProfile ? { profiles: { staging: { [name]: json } } } : { [name]: json };

          const [read, fitting] = [await isRead(document), fits(document)];

          if (LOOSE.has(name)) expect(read && !fitting).toBe(false);
          else expect({ json, taken: fitting }).toEqual({ json, taken: read });
        }),
        { numRuns: 400 },
      );
    },
  );

  it.each(
    CONFIG_KEY_ROWS.filter(([, { fallback }]) => fallback !== undefined).map(([name, row]) => [name, row.fallback]),
  )("takes the default of %s, %j", async (name, fallback) => {
    const document = { [String(name)]: fallback };

    expect([fits(document), await isRead(document)]).toEqual([true, true]);
  });

  it.each([
    [{ nope: 1 }],
    [{ profiles: { "a b": {} } }],
    [{ profiles: { a: { nope: 1 } } }],
    [{ profiles: { a: { profiles: {} } } }],
    [{ profiles: [] }],
    [{ $schema: 1 }],
    [[]],
    ["text"],
  ])("refuses %j, as the reader does", async (document) => {
    expect([fits(document), await isRead(document)]).toEqual([false, false]);
  });
});

describe("the table of keys", () => {
  it("tells how much is kept when nothing is said, as the store has it", () => {
    const { keep, keepFor } = CONFIG_KEYS;

    expect(keep.kind.read(keep.fallback)).toBe(DEFAULT_KEEP);
    expect(keepFor.kind.read(keepFor.fallback)).toBe(DEFAULT_KEEP_FOR_MS);
  });

  it("has the tunnels that there are", () => {
    for (const { name } of tunnelKinds) expect(CONFIG_KEYS.via.kind.read(name)).toBe(name);
    expect(CONFIG_KEYS.via.kind.schema).toEqual({ enum: [...tunnelKinds.map(({ name }) => name), "none"] });
  });

  it("takes the targets that commands take", () => {
    const authority = fc.constantFrom(
      "5000",
      ":80",
      "localhost:1",
      "[::1]:65535",
      "a.example:65536",
      "[::1]",
      "::1:80",
      "a:b",
      "a@b:80",
      "x:0",
      "0",
      "http:",
      "é:80",
    );
    const parts = fc.tuple(
      fc.constantFrom("", "http://", "HTTPS://", "ws://"),
      authority,
      fc.constantFrom("", "/", "/a?b", "?x", "#f", "\\"),
    );
    fc.assert(
      fc.property(parts, ([scheme, host, path]) => {
        const text = scheme + host + path;

        expect([text, CONFIG_KEYS.target.kind.read(text) !== undefined]).toEqual([text, isTarget(text)]);
      }),
      { numRuns: 2_000 },
    );
  });
});
