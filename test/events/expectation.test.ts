import { describe, expect, it } from "vitest";
import { Facts, FIELD_FORMS, fieldNamed, type AnswerFacts } from "../../src/events/expectation-fields.js";
import {
  parseExpectation,
  parseStatuses,
  sayInstead,
  statusFits,
  unmetConditions,
  type ExpectationRules,
} from "../../src/events/expectation.js";
import { CliError } from "../../src/errors.js";
import { suggestion } from "../../src/providers/nearest.js";
import { asStored } from "../helpers/any-event.js";
import { newEvent } from "../helpers/event.js";

const EVENT: ExpectationRules = { of: "event", suggest: suggestion };
const ANSWER: ExpectationRules = { of: "answer", suggest: suggestion };

const event = asStored({
  ...newEvent({
    provider: "stripe",
    path: "/webhook?x=1",
    headers: [
      ["Content-Type", "application/json"],
      ["X-GitHub-Event", "push"],
      ["X-Twice", "a"],
      ["x-twice", "b"],
      ["Authorization", "Bearer hunter2"],
    ],
    body: Buffer.from(
      '{"type":"message.created","data":{"id":"msg_1","amount":150,"big":12345678901234567890,"list":[{"id":"it_1"}],' +
        '"text":"a, b and c=d","a.b":true,"none":null,"twice":1,"twice":2,"empty":""}}',
    ),
    deliveryId: "d1",
    signature: { status: "invalid", reason: "signature_mismatch" },
    state: "delivered",
  }),
  duplicateOf: null,
  attempts: [],
});
const answer: AnswerFacts = {
  status: 202,
  error: null,
  durationMs: 41.5,
  headers: [["X-Answer", "yes"]],
  body: Buffer.from('{"ok":true}'),
};

function isMet(text: string, facts = new Facts(event, answer)): boolean {
  return unmetConditions(parseExpectation(text, EVENT), facts).length === 0;
}

function instead(text: string, facts = new Facts(event, answer)): string[] {
  return unmetConditions(parseExpectation(text, EVENT), facts).map((condition) => sayInstead(condition, facts));
}

function errorOf(text: string, rules = EVENT): CliError {
  try {
    parseExpectation(text, rules);
  } catch (error) {
    if (error instanceof CliError) return error;
  }
  throw new Error(`${text} is taken`);
}

describe("an expectation is met by", () => {
  it.each([
    "type=message.created",
    "type=message.*",
    "type=user.*,message.*",
    "provider=stripe",
    "signature=invalid",
    "reason=signature_mismatch",
    "state=delivered",
    "source=local",
    "method=POST",
    "path=/webhook?x=1",
    "path=/webhook*",
    "deliveryId=d1",
    "duplicate=false",
    "size=1..1000",
    "status=2xx",
    "status=2XX",
    "status=202",
    "status=200..299",
    "status=404,202",
    "time=..50",
    "header.x-github-event=push",
    "header.X-TWICE=a, b",
    "body.data.id=msg_1",
    "body.data.id=msg_?",
    "body.data.amount=100..200",
    "body.data.amount=150..",
    "body.data.big=12345678901234567890",
    "body.data.list.0.id=it_1",
    "body.data.list[0].id=it_1",
    'body.data["a.b"]=true',
    "body.data.none=null",
    "body.data.twice=2",
    "body.data.text=a, b and c*",
    'body.data.text="a, b and c=d"',
    'body.data.empty=""',
    'body=*"msg_1"*',
    "answer.body.ok=true",
    "answer.header.x-answer=yes",
    "type=message.* and status=2xx and body.data.id=msg_1",
  ])("%s", (text) => {
    expect(isMet(text)).toBe(true);
  });

  it.each([
    "type=message",
    "type=Message.created",
    "status=4xx",
    "status=2",
    "error=refused",
    "id=msg_1",
    "body.data.amount=151..200",
    "body.data.id=1..2",
    "body.data.text=*e",
    'body.data.id="msg_*"',
    "body.data.list.1.id=it_1",
    "body.data.missing=*",
    "body.type.deeper=*",
    "header.x-absent=*",
    "type=message.* and status=4xx",
  ])("what it says, not %s", (text) => {
    expect(isMet(text)).toBe(false);
  });

  it("fields of a form", () => {
    const form = new Facts(
      { ...event, headers: [["Content-Type", "application/x-www-form-urlencoded"]], body: Buffer.from("a=1&b.c=x+y") },
      undefined,
    );

    expect([isMet("body.a=1", form), isMet("body.b.c=x y", form), isMet("body.d=*", form)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each(['{"x":1}', ' \n{"x":1}', '\u{feff}{"x":1}'])("fields of JSON that curl -d calls a form: %j", (body) => {
    const headers = [["Content-Type", "application/x-www-form-urlencoded"]] as const;

    expect(isMet("body.x=1", new Facts({ ...event, headers, body: Buffer.from(body) }, undefined))).toBe(true);
  });

  it("no answer where none came", () => {
    const facts = new Facts(event, { ...answer, status: null, error: "refused" });

    expect([isMet("error=refused", facts), isMet("status=*", facts)]).toEqual([true, false]);
  });
});

describe("a count", () => {
  it.each([
    ["type=a", 1, 1],
    ["3x type=a and status=2xx", 3, 2],
    ["count=3", 3, 0],
    ["3x", 3, 0],
    ["type=a and count=12", 12, 1],
  ])("of %s is read", (text, count, conditions) => {
    const expectation = parseExpectation(text, EVENT);

    expect([expectation.count, expectation.conditions.length, expectation.text]).toEqual([count, conditions, text]);
  });
});

describe("what is no expectation says why", () => {
  it.each([
    ["", "there is nothing in it"],
    ["type", "type is no FIELD=VALUE"],
    ["=x", "there is no field "],
    ["type=", "type is to be nothing"],
    ["type=a,,b", "one of its values is empty"],
    ["type=a and", "no condition follows its last and"],
    ["type=a and ", "no condition follows its last and"],
    ["status=2xx and 3x type=a", "no condition follows its last and"],
    ["signature=vaild", "it can never be vaild"],
    ["state=done", "it can never be done"],
    ["body.amount=5..1", "the range 5..1 ends before it begins"],
    ["count=0", "0 is no number of events"],
    ["count=many", "many is no number of events"],
    ["3x count=2", "it counts twice"],
    ['body.a="open', "is no text in double quotes"],
    ["body.=x", "there is no field body."],
    ["body[=x", "there is no field body["],
    ["__proto__=x", "there is no field __proto__"],
    ["toString=x", "there is no field toString"],
  ])("%s", (text, why) => {
    const { message, exitCode } = errorOf(text);

    expect(message).toContain(`not an expectation: ${text}: `);
    expect(message).toContain(why);
    expect(exitCode).toBe(2);
  });

  it("names the nearest fields", () => {
    expect(errorOf("tpye=a").hint).toBe("did you mean type?");
    expect(errorOf("deliveryid=a").hint).toBe("did you mean deliveryId?");
    expect(errorOf("statsu=2xx", ANSWER).hint).toBe("did you mean status?");
    expect(errorOf("heaer.x-github-event=push").hint).toBe("did you mean header.x-github-event?");
    expect(errorOf("header:x-github-event=push").hint).toBe("did you mean header.x-github-event?");
    expect(errorOf("bdoy.data.items[0].id=1").hint).toBe("did you mean body.data.items[0].id?");
    expect(errorOf("answer.hedaer:x-a=1", ANSWER).hint).toBe("did you mean answer.header.x-a?");
  });
});

describe("an expectation of an answer", () => {
  it.each([
    ["2xx", "status=2xx"],
    ["200,202", "status=200,202"],
    [" 404 ", "status=404"],
    ["status=5xx", "status=5xx"],
    ["answer.body.ok=true", "answer.body.ok=true"],
  ])("is %s", (text, condition) => {
    expect(parseExpectation(text, ANSWER).conditions.map((one) => one.text)).toEqual([condition]);
  });

  it("asks for nothing of the event, and counts nothing", () => {
    expect(errorOf("type=a", ANSWER).message).toContain("type is not of the answer");
    expect(errorOf("3x status=2xx", ANSWER).message).toContain("none is counted");
    expect(errorOf("600", ANSWER).message).toContain("600 is no FIELD=VALUE");
    expect(errorOf("2xx", EVENT).message).toContain("2xx is no FIELD=VALUE");
    expect(errorOf("200,", ANSWER).message).toContain("is no FIELD=VALUE");
  });
});

describe("what stands there instead is told", () => {
  it.each([
    ["type=user.*", ["type was message.created"]],
    ["status=4xx", ["status was 202"]],
    ["id=1", ["id is not there"]],
    ["body.data.ID=1", ["body.data.ID is not there; body.data has id, amount, big, list, text, a.b, and 4 more"]],
    ["body.data.list.3=1", ["body.data.list.3 is not there; body.data.list has 1 items"]],
    ["body.type.x=1", ["body.type.x is not there; body.type holds a single value"]],
    ["answer.body.id=1", ["answer.body.id is not there; answer.body has ok"]],
    ["type=a and status=500", ["type was message.created", "status was 202"]],
  ])("%s", (text, told) => {
    expect(instead(text)).toEqual(told);
  });

  it("but never a header's value, which may be a credential, nor one in a path", () => {
    const facts = new Facts({ ...event, path: "/hook?token=hunter2" }, answer);
    const told = [...instead("header.authorization=Bearer x", facts), ...instead("path=/", facts)].join(" ");

    expect(told).toContain("header.authorization has another value");
    expect(told).toContain("path was /hook?token=***");
    expect(told).not.toContain("hunter2");
  });

  it("cut where it is long, and said where a body is no JSON or is empty", () => {
    const body = (text: string) => new Facts({ ...event, body: Buffer.from(text) }, answer);

    expect(instead("body=x", body("y".repeat(500)))[0]?.length).toBeLessThan(100);
    expect(instead("body.a=x", body("hello"))).toEqual(["body.a is not there; body is not JSON"]);
    expect(instead("body.a=x", body(""))).toEqual(["body.a is not there; body is empty"]);
  });
});

describe("the fields", () => {
  it("that are listed can all be named", () => {
    for (const { name, ofAnswer } of FIELD_FORMS) {
      const typed = name.replace("NAME", "x-y").replace("PATH", "a.b");
      expect(fieldNamed(typed, "event"), name).toBeDefined();
      expect(fieldNamed(typed, "answer") !== undefined, name).toBe(ofAnswer);
    }
  });
});

describe("hostile bodies", () => {
  it("are read in bounded time, however deep", () => {
    const deep = new Facts({ ...event, body: Buffer.from("[".repeat(100_000) + "]".repeat(100_000)) }, answer);
    const broken = new Facts({ ...event, body: Buffer.from("[".repeat(100_000)) }, answer);

    expect([isMet("body.0.0.0=[*", deep), isMet("body.0=*", broken)]).toEqual([true, false]);
  });
});

describe("statuses", () => {
  it("are read and fit", () => {
    expect(parseStatuses("4xx, 503", "--fail-on")).toEqual(["4xx", "503"]);
    expect([statusFits("4xx", 404), statusFits("503", 503), statusFits("4xx", 503)]).toEqual([true, true, false]);
    expect(() => parseStatuses("6xx", "--fail-on")).toThrow("--fail-on takes statuses, not 6xx");
  });
});
