import { describe, expect, it } from "vitest";
import { findProvider } from "../../src/providers/index.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { vectorRequest, vectors, type Vector } from "./vectors.js";

/** The row that checks each provider's vectors, where it has another name. */
const ROWS: Readonly<Record<string, string>> = {
  "standard-webhooks-v1a": "standard-webhooks",
  openai: "standard-webhooks",
  "plivo-v1": "none",
};
const NOW = Date.UTC(2024, 0, 1);

const covered = vectors.filter((vector) => findProvider(ROWS[vector.provider] ?? vector.provider) !== undefined);

function check(vector: Vector) {
  const provider = findProvider(ROWS[vector.provider] ?? vector.provider);
  if (provider === undefined) throw new Error(`no row for ${vector.provider}`);
  const secrets = [Buffer.from(vector.secret_or_key ?? "")];
  return verifyProvider({ provider, request: vectorRequest(vector), secrets, now: NOW, tolerance: "off" });
}

describe("published vectors through the provider rows", () => {
  it("covers every row that has any", () => {
    const names = new Set(covered.map((vector) => vector.provider));

    expect([...names].toSorted()).toEqual([
      "github",
      "openai",
      "sendgrid",
      "slack",
      "square",
      "standard-webhooks",
      "standard-webhooks-v1a",
      "svix",
      "twilio",
    ]);
    expect(covered).toHaveLength(37);
  });

  it.each(covered.map((vector) => [vector.provider, vector.note || vector.source_path, vector] as const))(
    "%s: %s",
    (_provider, _note, vector) => {
      const verdict = check(vector);

      expect(verdict).toMatchObject({ valid: vector.valid });
    },
  );
});
