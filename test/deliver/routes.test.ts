import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import {
  createRouter,
  explainRouting,
  parseRoute,
  routingFaults,
  withOwnNames,
  type RoutedEvent,
} from "../../src/deliver/routes.js";
import { parseTarget } from "../../src/deliver/target.js";
import { BodyFields } from "../../src/events/body-fields.js";

const bodyOf = (text: string, type = "application/json") => {
  const fields = new BodyFields({ headers: [["Content-Type", type]], body: Buffer.from(text) });
  return () => fields;
};
const json = (value: unknown) => bodyOf(JSON.stringify(value));

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
  body: json({ data: { kind: "refund", amount: 12, live: true, none: null, items: [{ id: "it_1" }], "a.b": "c" } }),
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
    'body:data["kind"]=refund=3001',
    "body:data.items[0].id=it_1=3001",
    'body:data["a.b"]=c=3001',
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
    ["body:data.a.b=c=3001", "the body has no data.a.b"],
    ["body:data.items.length=1=3001", "the body has no data.items.length"],
    ["body:data.items.1.id=*=3001", "the body has no data.items.1.id"],
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
    ["body:a]b=x=3001", '--route: "a]b" is not a field'],
    ["path:/a?b=c=3001", '--route path:/a?b: "c=3001" is not a target'],
    ["a=nowhere", '--route a: "nowhere" is not a target: there is no port in it'],
    ["header:content-type=a;b=c=3001", '--route header:content-type=a;b: "c=3001" is not a target'],
  ])("is refused as %s", (text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  it.each([
    ["/caf%C3%A9", "path:/café"],
    ["/caf%c3%a9", "path:/caf%C3%A9"],
    ["/caf\u00c3\u00a9", "path:/café"],
    ["/a%20b", "path:/a b"],
    ["/%7Euser/%41", "path:/~user/A"],
    ["/a%2Fb?x=/c", "path:/a%2fb"],
    ["/v1/hooks?x=1", "path:/v?/hooks"],
    ["*", "path:*"],
  ])("takes the path %j by %j, however the two are encoded", (path, match) => {
    expect(takes(`${match}=3001`, { ...EVENT, path })).toBe(true);
  });

  it.each([
    ["/a%2Fb", "path:/a/b"],
    ["/caf%E9", "path:/café"],
    ["/a/b", "path:/A/b"],
  ])("does not take the path %j by %j, which is another one", (path, match) => {
    expect(takes(`${match}=3001`, { ...EVENT, path })).toBe(false);
  });

  it.each(["header:x-name=café=1", "header:x-name=caf?=1"])("reads a header's bytes as text: %s", (text) => {
    const utf8 = { ...EVENT, headers: [["X-Name", "caf\u00c3\u00a9"]] } as const;
    const latin1 = { ...EVENT, headers: [["X-Name", "caf\u00e9"]] } as const;

    expect([takes(text, utf8), takes(text, latin1)]).toEqual([true, true]);
    expect(parseRoute(text).name).toBe(`${text.slice(0, -1)}http://localhost:1`);
  });

  it("looks at the fields of a form as at those of JSON, and says of any other body that it is neither", () => {
    const form = { ...EVENT, body: bodyOf("From=%2B1&a.b=c", "application/x-www-form-urlencoded") };

    expect(["body:From=+1=1", "body:a.b=c=1"].map((text) => takes(text, form))).toEqual([true, true]);
    expect(takes("body:To=*=1", form)).toBe(false);
    const routing = { rules: [parseRoute("body:a=b=1")], target: undefined, events: [] };
    const said = [bodyOf("a", "text/plain"), () => undefined].map(
      (body) => explainRouting(routing, { ...EVENT, body }).verdicts[0]?.differences[0],
    );
    expect(said).toEqual(["the body is neither JSON nor a form", "the body is too large to be read for its fields"]);
  });

  it.each([
    ["heaer:x=y=3001", '"heaer:" is no kind of match', "header"],
    ["Headers:x=y=3001", '"Headers:" is no kind of match', "header"],
    ["haeder:x=3001", '"haeder:" is no kind of match', "header"],
    ["paht:/x=3001", '"paht:" is no kind of match', "path"],
    ["bdy:a=b=3001", '"bdy:" is no kind of match', "body"],
    ["provder:stripe=3001", '"provder:" is no kind of match', "provider"],
    ["typ:a=3001", '"typ:" is no kind of match', "type"],
    [" header:x=y=3001", '" header:" is no kind of match', "header"],
  ])("with a slip in its kind is refused, with the kind that was meant: %s", (text, message, meant) => {
    const hint = `did you mean ${meant}:?`;

    expect(() => parseRoute(text)).toThrow(
      expect.objectContaining({ message: `--route: ${message}`, hint: expect.stringContaining(hint), exitCode: 2 }),
    );
  });

  it.each(["zen:event-type:user.created", "charge:pending", "repo:push", "jira:issue_created", "type:heaer:x", "pr:*"])(
    "takes a type that has a colon: %s",
    (match) => {
      const rule = parseRoute(`${match}=3001`);
      const eventType = match.replace("type:heaer", "heaer").replace("*", "opened");

      expect(takes(`${match}=3001`, { ...EVENT, eventType })).toBe(true);
      expect(parseRoute(rule.name).conditions).toEqual(rule.conditions);
    },
  );

  it("takes a type that looks like another kind of match by type:, and shows it so", () => {
    const rule = parseRoute("type:path:/x=3001");

    expect(rule.conditions).toEqual([{ kind: "type", globs: ["path:/x"] }]);
    expect(parseRoute(rule.name).conditions).toEqual(rule.conditions);
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

const target = parseTarget("5000");

describe("many routes, and patterns made to take long", () => {
  it("compares a pattern with a text in steps that grow with the two lengths alone", () => {
    const started = performance.now();

    expect(takes(`${"*a".repeat(50)}b=1`, { ...EVENT, eventType: "a".repeat(20_000) })).toBe(false);
    expect(takes(`body:x=${"*a".repeat(50)}b=1`, { ...EVENT, body: json({ x: "a".repeat(20_000) }) })).toBe(false);
    // As a backtracking expression it would take longer than anybody lives.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("finds the one of a thousand routes that takes an event", () => {
    const rules = Array.from({ length: 1_000 }, (_, index) =>
      parseRoute(`body:data.kind=kind-${index}=${3000 + index}`),
    );
    const routing = { rules, target, events: [] };
    const event = { ...EVENT, body: json({ data: { kind: "kind-999" } }) };

    expect(createRouter(routing)(event).map((route) => route.target.port)).toEqual([3999]);
    expect(routingFaults(routing)).toEqual([]);
  });
});

describe("routes that are never used", () => {
  const faults = (texts: readonly string[], rest: { events?: string[]; target?: string } = {}) =>
    routingFaults({
      rules: texts.map(parseRoute),
      events: rest.events ?? [],
      target: rest.target === undefined ? undefined : parseTarget(rest.target),
    });

  it.each([
    [["invoice.paid=1", "invoice.paid=1"], "is there twice"],
    [["a,b=1", "b,a=localhost:1"], "is there twice"],
    [["invoice.*=1", "invoice.paid=1"], "is never used: invoice.*=http://localhost:1 stands before it"],
    [["*=1", "a?c,d*=1"], "is never used"],
    [["path:/*=1", "type:a=1"], "is never used"],
    [["header:X-A=*=1", "header:x-a=b=1"], "is never used"],
    [["body:a.b=*=1", 'body:a["b"]=c=1'], "is never used"],
  ])("are told of: %j", (texts, message) => {
    expect(faults(texts)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    [["invoice.*=1", "invoice.paid=2"]],
    [["invoice.paid=1", "invoice.*=1"]],
    [["a?=1", "a*=1"]],
    [["a*=1", "b*=1"]],
    [["*=1", "path:/a=1"]],
    [["header:a=*=1", "header:b=*=1"]],
    [["provider:*=1", "type:*=1"]],
  ])("are not among %j", (texts) => {
    expect(faults(texts)).toEqual([]);
  });

  it("are those that --events lets nothing through to, and a target that nothing is left for", () => {
    expect(faults(["invoice.*=1", "customer.new=2"], { events: ["inv*"] })).toEqual([
      "the route customer.new=http://localhost:2 is never used: --events lets in none of its types",
    ]);
    expect(faults(["path:*=1"], { target: "5000" })).toEqual([
      "http://localhost:5000 gets nothing: the route path:*=http://localhost:1 takes every event",
    ]);
  });

  it("take no event that an earlier one of the same target does not take", () => {
    const glob = fc.stringMatching(/^[ab*?]{1,4}$/);
    fc.assert(
      fc.property(glob, glob, fc.array(fc.stringMatching(/^[ab]{0,5}$/), { maxLength: 20 }), (wide, narrow, types) => {
        const rules = [parseRoute(`${wide}=1`), parseRoute(`${narrow}=1`)];
        const isTold = routingFaults({ rules, target: undefined, events: [] }).length > 0;
        const isShut = routingFaults({ rules: rules.slice(0, 1), target: undefined, events: [narrow] }).length > 0;
        for (const eventType of types) {
          const event = { ...EVENT, eventType };
          const [one, two] = [takes(`${wide}=1`, event), takes(`${narrow}=1`, event)];
          if (isTold) expect(two && !one).toBe(false);
          if (isShut) expect(two && one).toBe(false);
        }
      }),
    );
  });

  it("have names of their own where they differ only in what is not shown", () => {
    const rules = ["header:x-api-key=a=1", "header:x-api-key=b=1"].map(parseRoute);

    expect(withOwnNames(rules).map(({ name }) => name)).toEqual([
      "header:x-api-key=***=http://localhost:1",
      "header:x-api-key=***=http://localhost:1 (2)",
    ]);
  });
});
