import { describe, expect, it } from "vitest";
import { Vigil, type VigilSettings } from "../../src/commands/listen/vigil.js";
import type { Attempt, HookEvent } from "../../src/events/event.js";
import { parseExpectation } from "../../src/events/expectation.js";
import { asStored } from "../helpers/any-event.js";
import { newEvent } from "../helpers/event.js";

function vigil(settings: Partial<Omit<VigilSettings, "expect">> & { expect?: readonly string[] }) {
  const warnings: string[] = [];
  const expectations = (settings.expect ?? []).map((text) =>
    parseExpectation(text, { of: "event", suggest: () => undefined }),
  );
  const made = new Vigil({ exitAfter: undefined, failOn: [], ...settings, expect: expectations }, (message) =>
    warnings.push(message),
  );
  let ended: string | undefined;
  void made.over.then((end) => (ended = end));
  const tell = async (event: HookEvent) => {
    made.stored();
    made.answered(event);
    await Promise.resolve();
  };
  return { made, warnings, tell, ended: () => ended };
}

function event(type: string, status: number | null = 200, fields: Partial<HookEvent> = {}): HookEvent {
  const attempt: Attempt = {
    n: 1,
    target: "http://localhost:1",
    startedAt: 0,
    durationMs: 1,
    status,
    error: status === null ? "refused" : null,
    headers: [],
    body: new Uint8Array(),
  };
  const stored = asStored({
    ...newEvent({ eventType: type, state: "delivered" }),
    duplicateOf: null,
    attempts: [attempt],
  });
  return { ...stored, ...fields };
}

describe("a vigil", () => {
  it("ends after so many events, refused ones not counted", async () => {
    const { tell, ended, made } = vigil({ exitAfter: 2 });

    await tell(event("a"));
    await tell(event("a", 200, { state: "refused", attempts: [] }));
    const before = [ended(), made.unmet];
    await tell(event("b", 200, { state: "stored", attempts: [] }));

    expect(before).toEqual([undefined, ["1 of 2 events came"]]);
    expect([ended(), made.isMet]).toEqual(["count", true]);
  });

  it("takes a refused event for none of those expected, but where its refusal is asked for", async () => {
    const refused = event("a", null, { state: "refused", refusal: "invalid payload", attempts: [] });
    const plain = vigil({ expect: ["type=a"] });
    await plain.tell(refused);
    const asking = vigil({ expect: ["type=a and state=refused", "reason=invalid payload"] });
    await asking.tell(refused);

    expect(plain.made.unmet).toEqual(["--expect type=a is not met: no event fits: it was refused (invalid payload)"]);
    expect([plain.ended(), asking.ended()]).toEqual([undefined, "expected"]);
  });

  it("sees the answer of each target that must not be, the last one of each, whichever came last", async () => {
    const one = event("a");
    const [attempt] = one.attempts;
    if (attempt === undefined) throw new Error("an event without an attempt");
    const at = (target: string, status: number) => ({ ...attempt, target, status });
    const failing = vigil({ failOn: ["5xx"] });
    await failing.tell({ ...one, state: "pending", attempts: [at("x", 500)] });
    await failing.tell({ ...one, attempts: [at("y", 200)] });
    const retried = vigil({ failOn: ["5xx"] });
    await retried.tell({ ...one, state: "pending", attempts: [at("x", 500)] });
    await retried.tell({ ...one, state: "pending", attempts: [at("y", 200)] });
    await retried.tell({ ...one, attempts: [at("x", 200)] });

    expect([failing.ended(), retried.ended()]).toEqual(["fail_on", undefined]);
    expect(failing.warnings).toHaveLength(1);
  });

  it("ends when two expectations are met, by two events or by one", async () => {
    const two = vigil({ expect: ["type=a", "type=b and status=2xx"] });
    await two.tell(event("a", 500));
    const between = two.ended();
    await two.tell(event("b"));
    const one = vigil({ expect: ["type=a", "status=200"] });
    await one.tell(event("a"));

    expect([between, two.ended(), one.ended()]).toEqual([undefined, "expected", "expected"]);
  });

  it("counts events, not attempts, and ends when the last one is delivered", async () => {
    const { tell, ended, made } = vigil({ expect: ["2x type=a"] });
    const first = event("a");
    const second = event("a", 500, { state: "pending" });

    await tell(first);
    await tell(first);
    const once = made.unmet;
    await tell(second);
    const pending = [ended(), made.unmet];
    await tell({ ...second, state: "delivered" });

    expect(once).toEqual(["--expect 2x type=a is not met: 1 of 2 events fit"]);
    expect(pending).toEqual([undefined, ["what was expected came, and is not delivered: 1 event"]]);
    expect(ended()).toBe("expected");
  });

  it("with a number of events ends then, whether what was expected is among them or not", async () => {
    const { tell, made } = vigil({ exitAfter: 1, expect: ["type=b"] });

    await tell(event("a"));

    expect(made.isMet).toBe(false);
    expect(made.unmet).toEqual(["--expect type=b is not met: no event fits: type was a"]);
  });

  it("tells what came nearest, five at most, and that none came", async () => {
    const { tell, made } = vigil({ expect: ["type=x and status=2xx", "type=never"] });
    const none = vigil({ expect: ["type=x"] });

    for (const type of ["a", "b", "c", "d", "e", "f", "f"]) await tell(event(type, 500));
    await tell(event("x", 500));

    expect(made.unmet).toEqual([
      "--expect type=x and status=2xx is not met: no event fits: status was 500",
      "--expect type=never is not met: no event fits: type was a; type was b; type was c; type was d; type was e",
    ]);
    expect(none.made.unmet).toEqual(["--expect type=x is not met: no event fits, none came"]);
  });

  it("ends at an answer that must not be, and knows its exit code", async () => {
    const failing = vigil({ failOn: ["4xx", "503"] });
    await failing.tell(event("a", 500));
    const before = failing.ended();
    await failing.tell(event("b", 404));
    const silent = vigil({ failOn: ["5xx"] });
    await silent.tell(event("a", null));

    expect([before, failing.ended(), [...failing.made.failures]]).toEqual([undefined, "fail_on", [1]]);
    expect(failing.warnings[0]).toMatch(/^event #1 b: answered 404 \(--fail-on 4xx\)$/);
    expect([silent.ended(), [...silent.made.failures]]).toEqual(["fail_on", [4]]);
    expect(silent.warnings[0]).toContain("connection refused");
  });

  it("does not end at an answer after which the event is delivered again", async () => {
    const { tell, ended } = vigil({ failOn: ["5xx"] });

    await tell(event("a", 500, { state: "pending" }));
    const pending = ended();
    await tell(event("a", 500, { state: "dead" }));

    expect([pending, ended()]).toEqual([undefined, "fail_on"]);
  });

  it("that waits for nothing never ends", async () => {
    const { tell, ended, made } = vigil({});

    await tell(event("a"));

    expect([ended(), made.waits, made.isMet]).toEqual([undefined, false, true]);
  });
});
