import { beforeAll, describe, expect, it } from "vitest";
import { projectWith } from "../helpers/project.js";
import { setup } from "../helpers/writer.js";

beforeAll(setup);

const json = (text: string) => Buffer.from(text);

describe("diff", () => {
  it("ends with 0 for two equal requests, and says so", async () => {
    const { run } = await projectWith([{}, {}]);

    const { code, stdout } = await run(["diff", "1", "last"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^--- #1 .*\n\+\+\+ #2 .*\nno difference\n$/);
  });

  it("ends with 1 and shows each part that differs", async () => {
    const { run } = await projectWith([
      { method: "POST", path: "/a?x=1", headers: [["X-A", "1"]], body: json('{"n":1.0,"list":[1,2]}') },
      { method: "PUT", path: "/b?x=2", headers: [["x-a", "1"]], body: json('{"n":1,"list":[0,1,2]}') },
    ]);

    const { code, stdout } = await run(["diff", "1", "2"]);

    expect(code).toBe(1);
    expect(stdout.split("\n").slice(2)).toEqual([
      "method",
      "  ~ POST -> PUT",
      "path",
      "  ~ /a -> /b",
      "query",
      "  ~ x=1 -> 2",
      "headers",
      "  ~ X-A -> x-a  the name's case alone",
      "body (JSON, by path)",
      "  ~ n: 1.0 -> 1",
      "  + list[0]: 0",
      "",
    ]);
  });

  it("shows headers that differ each time, and counts them only with --strict", async () => {
    const { run } = await projectWith([
      { headers: [["Stripe-Signature", "t=1,v1=aa"]] },
      { headers: [["Stripe-Signature", "t=2,v1=bb"]] },
    ]);

    const loose = await run(["diff", "1", "2"]);
    const strict = await run(["diff", "1", "2", "--strict"]);

    expect([loose.code, strict.code]).toEqual([0, 1]);
    expect(loose.stdout).toContain("  ~ Stripe-Signature: t=1,v1=aa -> t=2,v1=bb  (differs each time)\n");
    expect(loose.stdout).toContain("no difference but in what differs each time");
    expect(strict.stdout).toContain("  ~ Stripe-Signature: t=1,v1=aa -> t=2,v1=bb\n");
  });

  it("gives a header that does not count no sign of what counts, and ends no line in a blank", async () => {
    const long = (digit: string) => `t=1,v1=${digit.repeat(64)}`;
    const { run } = await projectWith([
      {
        headers: [
          ["Stripe-Signature", long("a")],
          ["Date", "today"],
          ["X-Empty", ""],
          ["X-Was", "1"],
        ],
        body: json("one\n\n"),
        eventType: null,
        provider: null,
      },
      {
        headers: [
          ["Stripe-Signature", long("b")],
          ["X-Was", ""],
        ],
        body: json("one\n"),
        eventType: null,
        provider: null,
      },
    ]);

    const loose = (await run(["diff", "1", "2"])).stdout;
    const strict = (await run(["diff", "1", "2", "--strict"])).stdout;

    expect(loose).toContain(`  ~ Stripe-Signature: ${long("a")}\n`);
    expect(loose).toContain(`-> ${long("b")}  (differs each time)\n`);
    expect(loose).toContain("  ~ Date: today, gone  (differs each time)\n");
    expect(loose).toContain("  - X-Empty:\n");
    expect(loose).toContain("  ~ X-Was: 1 -> (empty)\n");
    expect(loose).not.toMatch(/^ *[-+] (?:Stripe-Signature|Date)/m);
    expect(strict).toMatch(/^ {2}- Stripe-Signature/m);
    expect(loose + strict).not.toMatch(/[ ]$/m);
  });

  it("is one JSON document for programs, with every number as it was written", async () => {
    const { run, ids } = await projectWith([
      { body: json('{"n":12345678901234567890,"a":["x","y"]}') },
      { body: json('{"n":12345678901234567891,"a":["y","x"]}') },
    ]);

    const { code, stdout } = await run(["diff", "1", "2", "--json"]);

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      of: "requests",
      before: { id: ids[0], seq: 1 },
      after: { id: ids[1], seq: 2 },
      equal: false,
      body: {
        kind: "json",
        changes: [
          { op: "replace", path: "/n", before: "12345678901234567890", after: "12345678901234567891" },
          { op: "remove", path: "/a/0", before: '"x"', movedTo: "/a/1" },
          { op: "add", path: "/a/1", after: '"x"', movedFrom: "/a/0" },
        ],
      },
    });
  });

  it("compares the last answers with --answers", async () => {
    const { run } = await projectWith([
      { answer: { status: 200, headers: [["Set-Cookie", "CANARY1"]], body: json("one\ntwo\n") } },
      { answer: { status: 500, headers: [["Set-Cookie", "CANARY2"]], body: json("one\n2") } },
      {},
    ]);

    const { code, stdout } = await run(["diff", "1", "2", "--answers"]);
    const none = await run(["diff", "1", "3", "--answers"]);

    expect(code).toBe(1);
    expect(stdout).toContain("~ 200 -> 500");
    expect(stdout).toContain("- two\n  + 2  (no newline at the end)");
    expect(stdout).toContain("Set-Cookie: ***  another value, not shown");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("event #3 was not delivered")]);
  });

  it("hides credentials unless told otherwise, also the token of the event's own provider", async () => {
    const { run } = await projectWith([
      { provider: "gitlab", headers: [["X-Gitlab-Token", "CANARY1"]], path: "/?api_key=CANARY1" },
      { provider: "gitlab", headers: [["X-Gitlab-Token", "CANARY2"]], path: "/?api_key=CANARY2" },
    ]);

    const hidden = [await run(["diff", "1", "2"]), await run(["diff", "1", "2", "--json"])];
    const shown = await run(["diff", "1", "2", "--show-secrets"]);

    expect(hidden.map(({ code }) => code)).toEqual([1, 1]);
    expect(hidden.map(({ stdout }) => stdout).join("")).not.toContain("CANARY");
    expect(shown.stdout).toContain("X-Gitlab-Token: CANARY1 -> CANARY2");
  });

  it("compares some parts alone, and leaves out what is ignored", async () => {
    const { run } = await projectWith([
      { path: "/?a=1&b=1", headers: [["A", "1"]], body: json('{"id":1,"items":[{"at":1,"v":1}]}') },
      { path: "/?a=2&b=1", headers: [["A", "2"]], body: json('{"id":2,"items":[{"at":2,"v":1}]}') },
      { path: "/?a=2&b=1", headers: [["A", "2"]], body: json('{"items":[{"at":2,"v":1}],"id":2}') },
    ]);
    const code = async (...argv: string[]) => (await run(["diff", ...argv])).code;

    expect(await code("1", "2", "--only", "method,path")).toBe(0);
    expect(await code("1", "2", "--ignore", "headers", "--ignore", "query:a", "--ignore", "body")).toBe(0);
    expect(await code("1", "2", "--only", "headers", "--ignore", "header:a")).toBe(0);
    expect(await code("1", "2", "--only", "body", "--ignore", "body:id")).toBe(1);
    expect(await code("1", "2", "--only", "body", "--ignore", "body:id", "--ignore", "body:items[*].at")).toBe(0);
    expect(await code("2", "3")).toBe(1);
    expect(await code("2", "3", "--ignore", "spelling")).toBe(0);
  });

  it.each([
    [["diff", "1"], "missing required argument"],
    [["diff", "1", "9"], "no event 9"],
    [["diff", "1", "2", "--only", "bodies"], "--only takes method, path"],
    [["diff", "1", "2", "--ignore", "constructor:x"], "--ignore takes a part or an entry of one"],
    [["diff", "1..2", "1"], "more than one event"],
  ])("refuses %j", async (argv, message) => {
    const { run } = await projectWith([{}, {}]);

    const { code, stderr } = await run(argv);

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
