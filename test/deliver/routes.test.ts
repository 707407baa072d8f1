import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRouter, explainRouting, parseRoute, type RoutedEvent } from "../../src/deliver/routes.js";
import { parseTarget } from "../../src/deliver/target.js";

const EVENT: RoutedEvent = {
  eventType: "invoice.paid",
  provider: "stripe",
  path: "/stripe/hooks?x=1",
  headers: [
    ["X-GitHub-Event", "push"],
    ["X-Tag", "a"],
    ["x-tag", "b=c"],
    ["Authorization", "Bearer s3cret"],
  ],
  body: () => ({ data: { kind: "refund", amount: 12, live: true, none: null, items: [{ id: "it_1" }] } }),
};

const takes = (text: string, event: RoutedEvent = EVENT) =>
  createRouter({ rules: [parseRoute(text)], target: undefined, events: [] })(event).length === 1;

function messageOf(text: string): string {
  try {
    parseRoute(text);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "no error";
}

describe("a route", () => {
  it.each([
    "invoice.*=3001",
    "customer.*,invoice.paid=3001",
    "type:invoice.p?id=3001",
    "provider:stripe=3001",
    "provider:git*,str*=3001",
    "path:/stripe/hooks=3001",
    "path:/stripe/*=3001",
    "header:x-github-event=push=3001",
    "header:X-TAG=b?c=3001",
    "header:x-tag=*=3001",
    "body:data.kind=refund=3001",
    "body:data.amount=12=3001",
    "body:data.live=true=3001",
    "body:data.none=null=3001",
    "body:data.items.0.id=it_*=3001",
    "*=http://localhost:3001/a?b=c=d",
  ])("takes an event by %s", (text) => {
    expect(takes(text)).toBe(true);
  });

  it.each([
    ["customer.*=3001", "type is invoice.paid"],
    ["provider:github=3001", "provider is stripe"],
    ["path:/stripe=3001", "path is /stripe/hooks"],
    ["header:x-github-event=ping=3001", "X-GitHub-Event"],
    ["header:x-none=*=3001", "there is no header x-none"],
    ["header:authorization=x=3001", "authorization is ***"],
    ["body:data.kind=sale=3001", 'data.kind is "refund"'],
    ["body:data.nothing=x=3001", "the body has no data.nothing"],
    ["body:data.constructor=*=3001", "the body has no data.constructor"],
    ["body:data=x=3001", "the body has no data"],
  ])("does not take it by %s: %s", (text, why) => {
    const rule = parseRoute(text);

    const [verdict] = explainRouting({ rules: [rule], target: undefined, events: [] }, EVENT).verdicts;

    expect(verdict?.outcome).toBe("differs");
    expect(verdict?.differences.join().toLowerCase()).toContain(why.toLowerCase());
  });

  it.each([
    ["invoice.*", "--route invoice.* has no target"],
    ["invoice.*=", "--route invoice.* has no target after its ="],
    ["=3001", "--route has nothing to match before its ="],
    ["a,,b=3001", '--route: an item of "a,,b" is empty'],
    ["path:stripe=3001", '--route: the path "stripe" does not begin with /'],
    ["header:x=3001", "--route header:x=3001 has no target"],
    ["header:=x=3001", "--route: header: names no header"],
    ["header:a b=x=3001", '--route: "a b" is not the name of a header'],
    ["body:a..b=x=3001", '--route: the field "a..b" has an empty step'],
    ["a=nowhere", '--route a: "nowhere" is not a target: there is no port in it'],
    ["header:content-type=a;b=c=3001", '--route header:content-type=a;b: "c=3001" is not a target'],
  ])("is refused as %s", (text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  it("shows neither a header that is a credential nor credentials of a target", () => {
    expect(parseRoute("header:authorization=Bearer s3cret=3001").name).toBe(
      "header:authorization=***=http://localhost:3001",
    );
    expect(messageOf("a=http://user:s3cret@localhost:3001")).not.toContain("s3cret");
    expect(messageOf("header:authorization=s3cret=nowhere")).not.toContain("s3cret");
  });

  it("reads what it shows to the same route, and gives no error of its own to any text", () => {
    const word = fc.stringMatching(/^[a-z*?._-]{1,8}$/);
    const match = fc.oneof(
      word,
      fc.tuple(word, word).map((words) => words.join(",")),
      word.map((text) => `provider:${text}`),
      word.map((text) => `path:/${text}`),
      fc.tuple(fc.stringMatching(/^x-[a-z]{1,8}$/), word).map(([name, value]) => `header:${name}=${value}`),
      fc
        .tuple(fc.stringMatching(/^[a-z]{1,4}(?:\.[a-z0-9]{1,4})?$/), word)
        .map(([name, value]) => `body:${name}=${value}`),
    );
    fc.assert(
      fc.property(match, fc.constantFrom("3001", "localhost:1/a=b", "http://[::1]:80/x?y=z"), (left, right) => {
        const rule = parseRoute(`${left}=${right}`);

        expect(rule.target).toEqual(parseTarget(right));
        expect(parseRoute(rule.name).conditions).toEqual(rule.conditions);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseRoute(text);
        } catch (error) {
          expect((error as Error).name).toBe("CliError");
        }
      }),
    );
  });
});

describe("the router", () => {
  const target = parseTarget("5000");
  const rules = ["invoice.*=3001", "path:/stripe/*=3002", "provider:*=3001", "customer.*=3003"].map(parseRoute);

  it("takes all routes that match, in their order, each target once", () => {
    const found = createRouter({ rules, target, events: [] })(EVENT);

    expect(found.map((route) => route.target.port)).toEqual([3001, 3002]);
  });

  it("leaves to the target what no route takes, and nothing without one", () => {
    const other = { ...EVENT, eventType: "ping", provider: null, path: "/" };

    expect(createRouter({ rules, target, events: [] })(other).map((route) => route.target.port)).toEqual([5000]);
    expect(createRouter({ rules, target: undefined, events: [] })(other)).toEqual([]);
  });

  it("delivers nothing that --events does not name", () => {
    const routing = { rules, target, events: ["customer.*"] };

    expect(createRouter(routing)(EVENT)).toEqual([]);
    expect(explainRouting(routing, EVENT).excluded).toBe("--events does not name invoice.paid");
  });

  it("reads a body only for a route that asks for one, and explains what it does", () => {
    const body = () => {
      throw new Error("the body was read");
    };
    const event = { ...EVENT, body };
    expect(createRouter({ rules, target, events: [] })(event)).toHaveLength(2);

    fc.assert(
      fc.property(fc.subarray(rules), fc.constantFrom("invoice.paid", "customer.new", null), (some, eventType) => {
        const routing = { rules: some, target, events: [] };
        const explained = explainRouting(routing, { ...EVENT, eventType });
        const taken = explained.verdicts.filter(({ outcome }) => outcome === "taken").map(({ rule }) => rule);

        expect(explained.routes.map(({ name }) => name)).toEqual(
          taken.length > 0 ? taken.map(({ name }) => name) : ["http://localhost:5000"],
        );
      }),
    );
  });
});
