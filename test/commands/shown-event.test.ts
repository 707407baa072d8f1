import { describe, expect, it, vi } from "vitest";
import { ListenReporter } from "../../src/commands/listen/report.js";
import { maskOf, shownEvent } from "../../src/commands/events/shown-event.js";
import type { HookEvent } from "../../src/events/event.js";
import type * as Providers from "../../src/providers/index.js";
import { createOutput } from "../../src/output/terminal.js";
import { asStored } from "../helpers/any-event.js";
import { newEvent } from "../helpers/event.js";
import { testContext } from "../helpers/run.js";

// A provider that sends the secret itself, in a header whose name does not say so.
vi.mock("../../src/providers/index.js", async (original) => {
  const real = await original<typeof Providers>();
  const gitlab = real.findProvider("gitlab");
  const schemes = gitlab?.schemes.map((scheme) => ({ ...scheme, signature: { from: "header", names: ["X-Proof"] } }));
  return {
    ...real,
    findProvider: (name: string) => (name === "acme" ? { ...gitlab, name, schemes } : real.findProvider(name)),
  };
});

function eventOf(provider: string | null): HookEvent {
  const attempt = { n: 1, target: "http://localhost:5000/", startedAt: 0, durationMs: 1, status: 200, error: null };
  return asStored({
    ...newEvent({ provider, headers: [["x-proof", "canary"]] }),
    duplicateOf: null,
    attempts: [{ ...attempt, headers: [["X-Proof", "canary"]], body: new Uint8Array() }],
  });
}

function told(show: (reporter: ListenReporter) => void, flags: { json: boolean; verbose: boolean }): string {
  const context = testContext();
  const output = createOutput(context, { ...flags, quiet: false, color: "never" });
  show(new ListenReporter(output, context));
  return context.stdout.text + context.stderr.text;
}

describe("an event that is shown", () => {
  it("has the header that its provider sends the secret in as ***, in request and answer", () => {
    const { headers, attempts } = shownEvent(eventOf("acme"));

    expect([headers, attempts[0]?.headers]).toEqual([[["x-proof", "***"]], [["X-Proof", "***"]]]);
    expect(shownEvent(eventOf("stripe")).headers).toEqual([["x-proof", "canary"]]);
    expect(shownEvent(eventOf(null)).headers).toEqual([["x-proof", "canary"]]);
  });

  it("stays as it is with --show-secrets or --include-secrets", () => {
    const event = eventOf("acme");

    expect([shownEvent(event, { showSecrets: true }), shownEvent(event, { includeSecrets: true })]).toEqual([
      event,
      event,
    ]);
  });

  it("says which retry of its sender it is, to people and to programs", () => {
    const headers = [
      ["X-Slack-Retry-Num", "2"],
      ["X-Slack-Retry-Reason", "http_timeout"],
    ] as const;
    const event = { ...eventOf("slack"), headers };
    const json = told((reporter) => void reporter.stored("stored", () => event), { json: true, verbose: false });

    expect(shownEvent(event).retry).toEqual({ number: 2, reason: "http_timeout" });
    expect(shownEvent(event, { showSecrets: true }).retry).toEqual({ number: 2, reason: "http_timeout" });
    expect(shownEvent(eventOf("slack"))).not.toHaveProperty("retry");
    expect((JSON.parse(json) as { event: unknown }).event).toMatchObject({
      retry: { number: 2, reason: "http_timeout" },
    });
    expect(told((reporter) => reporter.answered(event), { json: false, verbose: false })).toContain("retry 2");
    expect(told((reporter) => reporter.answered(event), { json: false, verbose: true })).toMatch(
      /retry: +2 \(http_timeout\), as its sender says/,
    );
  });

  it("is compared with the headers masked that any provider of the two sends secrets in", () => {
    expect(maskOf([eventOf(null), eventOf("acme")], {})).toEqual({ showSecrets: false, secretHeaders: ["X-Proof"] });
    expect(maskOf([], { includeSecrets: true }).showSecrets).toBe(true);
  });

  it("is told without that secret by listen, to people and to programs", () => {
    const event = eventOf("acme");
    const json = { json: true, verbose: false };

    expect(told((reporter) => reporter.answered(event), { json: false, verbose: true })).toMatch(/x-proof.*\*{3}/);
    expect(
      [
        told((reporter) => reporter.answered(event), { json: false, verbose: true }),
        told((reporter) => reporter.answered(event), json),
        told((reporter) => void reporter.stored("stored", () => event), json),
      ].join(""),
    ).not.toContain("canary");
  });
});
