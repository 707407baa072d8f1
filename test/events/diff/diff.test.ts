import { deflateSync, gzipSync } from "node:zlib";
import { fc } from "../../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { align } from "../../../src/events/diff/align.js";
import { diffBodies } from "../../../src/events/diff/body.js";
import { diffJson, type JsonChange } from "../../../src/events/diff/json.js";
import { childPath, pathText, pointerOf } from "../../../src/events/diff/json-path.js";
import { diffAnswers, diffRequests } from "../../../src/events/diff/message.js";
import { diffText } from "../../../src/events/diff/text.js";
import { parseJson, toByteText } from "../../../src/events/json-tree.js";
import type { EventRequest } from "../../../src/events/event.js";
import { eventRequest } from "../../helpers/app.js";

function jsonDiff(before: string, after: string): JsonChange[] {
  const read = (json: string) => {
    const text = toByteText(Buffer.from(json));
    return { text, root: parseJson(text) };
  };
  return diffJson(read(before), read(after));
}

/** `- a: 1`, `+ b: 2`, `a: 1 -> 2`, `~ a[0] -> a[1]` */
function told(before: string, after: string): string[] {
  return jsonDiff(before, after).flatMap((change) => {
    const path = pathText(change.path);
    if (change.op === "replace") return [`${path}: ${change.before} -> ${change.after}`];
    if (change.op === "add") return change.movedFrom === undefined ? [`+ ${path}: ${change.after}`] : [];
    return change.movedTo === undefined
      ? [`- ${path}: ${change.before}`]
      : [`~ ${path} -> ${pathText(change.movedTo)}`];
  });
}

describe("a diff of JSON", () => {
  it.each([
    ["1.0", "1"],
    ["12345678901234567890", "12345678901234567891"],
    ["1e2", "100"],
    ["-0", "0"],
  ])("tells numbers apart by how they are written: %s and %s", (before, after) => {
    expect(told(`{"n":${before}}`, `{"n":${after}}`)).toEqual([`n: ${before} -> ${after}`]);
  });

  it("knows strings by what they decode to, and objects whatever the order of their members", () => {
    expect(told(String.raw`{"a":"\u0041\/","b":1}`, `{ "b":1, "a":"A/" }`)).toEqual([]);
  });

  it("quotes odd names in paths, and escapes them in pointers", () => {
    expect(told('{"a.b":{"c d":[1]}}', '{"a.b":{"c d":[2]}}')).toEqual(['["a.b"]["c d"][0]: 1 -> 2']);
    expect(pointerOf(childPath(childPath(undefined, "a/b~c"), 3))).toBe("/a~1b~0c/3");
  });

  it("aligns arrays by content, so that an insertion is one change", () => {
    expect(told("[1,2,3,4]", "[0,1,2,3,4]")).toEqual(["+ [0]: 0"]);
    expect(told('{"a":["x","y","z"]}', '{"a":["x","z"]}')).toEqual(['- a[1]: "y"']);
  });

  it("tells an element that moved as such", () => {
    expect(told('["a","b","c","d"]', '["b","c","d","a"]')).toEqual(["~ [0] -> [3]"]);
  });

  it("looks into elements that have the same id, wherever they went in a gap", () => {
    const before = '[{"id":1,"v":1},{"id":2,"v":1}]';
    const after = '[{"id":9,"v":7,"w":0},{"id":1,"v":1},{"id":2,"v":2}]';

    expect(told(before, after)).toEqual(['+ [0]: {"id":9,"v":7,"w":0}', "[2].v: 1 -> 2"]);
  });

  it("replaces objects whole that have little in common or a name twice", () => {
    expect(told('[{"a":1,"b":2}]', '[{"c":1,"d":2}]')).toEqual(['- [0]: {"a":1,"b":2}', '+ [0]: {"c":1,"d":2}']);
    expect(told('{"o":{"a":1,"a":2}}', '{"o":{"a":2}}')).toEqual(['o: {"a":1,"a":2} -> {"a":2}']);
  });

  it("tells equal JSON in other bytes by what is written differently", () => {
    const spelling = (before: string, after: string) => {
      const body = diffBodies(Buffer.from(before), Buffer.from(after));
      return body?.kind === "json" && body.changes.length === 0 ? body.spelling : body;
    };

    expect(spelling('{"a":1,"b":2}', '{"b":2,"a":1}')).toBe("order of keys");
    expect(spelling('{"a":"/"}', String.raw`{"a":"\/"}`)).toBe("escapes");
    expect(spelling("[1, 2]", "[1,2]")).toBe("white space");
  });

  it("nests 100,000 levels without overflow", () => {
    const nested = (inner: string) => `${'{"a":['.repeat(50_000)}${inner}${"]}".repeat(50_000)}`;
    const changes = jsonDiff(nested("1"), nested("2"));

    expect(changes).toMatchObject([{ op: "replace", before: "1", after: "2" }]);
    expect(pointerOf(changes[0]?.path)).toBe("/a/0".repeat(50_000));
    expect(jsonDiff(nested("1"), nested("1"))).toEqual([]);
  });

  it("replaces the whole where paths would take more room than the bodies", () => {
    const long = "k".repeat(200_000);
    const body = (value: number) =>
      `{"${long}":{${Array.from({ length: 2_000 }, (_, index) => `"m${index}":${value}`).join()}}}`;

    expect(jsonDiff(body(1), body(2)).map(({ op, path }) => [op, path])).toEqual([["replace", undefined]]);
  });
});

// A search for the longest common subsequence would go through 10,000,000,000 pairs, and no test may take so long.
describe("the cost of a diff", () => {
  const numbers = (length: number, make: (index: number) => number) =>
    Array.from({ length }, (_, index) => make(index));

  it.each([
    ["shuffled", (index: number) => (index * 7_919) % 100_000],
    ["all other", (index: number) => index + 1_000_000],
    ["of two values alone", (index: number) => (index * index) % 2],
    ["of a hundred values", (index: number) => (index * 31 + (index >> 7)) % 100],
  ])("stays low for arrays of 100,000 elements: %s", (_what, make) => {
    const before = numbers(100_000, (index) => (index % 1_000 === 0 ? index + 5_000_000 : make(index + 3)));
    const after = numbers(100_000, make);

    const changes = jsonDiff(JSON.stringify(before), JSON.stringify(after));

    expect(changes.length).toBeGreaterThan(0);
  });

  it("takes arrays of more elements than a call takes arguments", () => {
    const changes = jsonDiff(
      JSON.stringify(numbers(300_000, (index) => index)),
      JSON.stringify(numbers(300_000, (index) => -index)),
    );

    expect(changes.length).toBeGreaterThan(200_000);
  });

  it("finds one insertion among 100,000 equal elements", () => {
    const kept = align(
      numbers(100_000, () => 1),
      [...numbers(50_000, () => 1), 2, ...numbers(50_000, () => 1)],
    );

    expect(kept.every((place) => place !== -1)).toBe(true);
  });

  it("stays low for large texts that have nothing in common", () => {
    const text = (word: string) => Array.from({ length: 100_000 }, (_, index) => `${word}${index % 50}`).join("\n");

    expect(diffText(text("a"), text("b")).length).toBe(1);
  });
});

describe("a diff of requests", () => {
  it("is empty for a request and itself", () => {
    expect(diffRequests(eventRequest(), eventRequest())).toEqual([]);
  });

  it("tells queries parameter by parameter, repeats in their order", () => {
    const diff = diffRequests(eventRequest({ path: "/a?x=1&x=2&y" }), eventRequest({ path: "/a?x=1&x=3&y=" }));

    expect(diff).toMatchObject([
      {
        part: "query",
        changes: [
          { kind: "changed", before: { value: "2" }, after: { value: "3" } },
          { kind: "changed", before: { name: "y", value: null }, after: { name: "y", value: "" } },
        ],
      },
    ]);
  });

  it("tells a header's case, place and repeats apart from its value", () => {
    const before = eventRequest({
      headers: [
        ["A", "1"],
        ["B", "2"],
        ["C", "3"],
        ["D", "4"],
      ],
    });
    const after = eventRequest({
      headers: [
        ["C", "3"],
        ["a", "1"],
        ["B", "2"],
        ["D", "4"],
        ["d", "5"],
      ],
    });

    const [headers] = diffRequests(before, after);

    expect(headers?.part === "headers" && headers.changes.map(({ kind }) => kind)).toEqual([
      "moved",
      "respelled",
      "added",
    ]);
  });

  it("masks credentials, and tells nevertheless that they differ", () => {
    const one = eventRequest({
      path: "/sk_live_CANARY1?token=CANARY1",
      headers: [["Authorization", "Bearer CANARY1"]],
    });
    const other = eventRequest({
      path: "/sk_live_CANARY2?token=CANARY2",
      headers: [["Authorization", "Bearer CANARY2"]],
    });

    const diff = diffRequests(one, other);

    expect(diff).toMatchObject([
      { part: "path", before: "/***", after: "/***", hidden: true },
      { part: "query", changes: [{ kind: "changed", hidden: true, after: { value: "***" } }] },
      { part: "headers", changes: [{ kind: "changed", hidden: true, after: { value: "***" } }] },
    ]);
    expect(JSON.stringify(diff)).not.toContain("CANARY");
    expect(JSON.stringify(diffRequests(one, other, { showSecrets: true }))).toContain("Bearer CANARY2");
  });

  it("compares forms field by field, text by line and all else by offset", () => {
    const kindOf = (before: string | Buffer, after: string | Buffer, type = "text/plain") => {
      const headers = [["Content-Type", type]] as const;
      const [diff] = diffRequests(
        eventRequest({ headers, body: Buffer.from(before) }),
        eventRequest({ headers, body: Buffer.from(after) }),
      );
      return diff?.part === "body" ? diff.body : undefined;
    };

    expect(kindOf("a=1&b=2", "a=1&b=3", "application/x-www-form-urlencoded")).toMatchObject({
      kind: "form",
      changes: [{ before: { name: "b", value: "2" }, after: { value: "3" } }],
    });
    expect(kindOf("one\ntwo\n", "one\n2\n")).toMatchObject({ kind: "text", changes: [{ line: 1, before: ["two\n"] }] });
    expect(kindOf(Buffer.from([1, 0, 255]), Buffer.from([1, 0, 254, 3]))).toMatchObject({
      kind: "binary",
      change: { offset: 2 },
    });
  });
});

describe("a diff of compressed bodies", () => {
  const request = (body: Buffer) => eventRequest({ headers: [["Content-Encoding", "gzip"]], body });

  it("compares what they decode to", () => {
    const diff = diffRequests(request(gzipSync('{"a":1}')), request(gzipSync('{"a":2}')));

    expect(diff).toMatchObject([{ part: "body", decoded: true, body: { kind: "json", changes: [{ after: "2" }] } }]);
  });

  it("undoes the codings of all their headers, as an event is shown", () => {
    const twice = (text: string) => ({
      ...request(gzipSync(deflateSync(text))),
      headers: [
        ["Content-Encoding", "deflate"],
        ["content-encoding", "gzip"],
      ] as const,
    });

    expect(diffRequests(twice('{"a":1}'), twice('{"a":2}'))).toMatchObject([
      { part: "body", decoded: true, body: { kind: "json", changes: [{ after: "2" }] } },
    ]);
  });

  it("tells bytes apart that decode to the same, and compares what is broken as it came", () => {
    const same = diffRequests(request(gzipSync("same")), request(gzipSync("same", { level: 0 })));
    const broken = diffRequests(request(Buffer.from([0x1f, 0x8b, 0])), request(Buffer.from([0x1f, 0x8b, 1])));

    expect([...same, ...broken]).toMatchObject([
      { part: "body", body: { kind: "binary" } },
      { part: "body", body: { kind: "binary", change: { offset: 2 } } },
    ]);
  });
});

describe("what a diff of requests shows", () => {
  it("is never a credential, wherever in the head it stands", () => {
    const canary = fc.stringMatching(/^[A-Za-z0-9]{24}$/);
    const places: ((secret: string) => Partial<EventRequest>)[] = [
      (secret) => ({ path: `/a?x=1&access_token=${secret}&y` }),
      (secret) => ({ path: `/a/sk_live_${secret}/b?x#token=${secret}` }),
      (secret) => ({ path: `/a;token=${secret}?next=https://u:${secret}@h.test/` }),
      (secret) => ({ headers: [["Cookie", secret]] }),
      (secret) => ({ headers: [["X-Any", `Bearer ${secret}`]] }),
      (secret) => ({ trailers: [["Authorization", secret]] }),
    ];
    fc.assert(
      fc.property(canary, canary, fc.constantFrom(...places), (one, other, place) => {
        const text = JSON.stringify(diffRequests(eventRequest(place(one)), eventRequest(place(other))));

        expect(text).not.toContain(one);
        expect(text).not.toContain(other);
        expect(text === "[]").toBe(one === other);
      }),
    );
  });
});

describe("a diff of answers", () => {
  it("compares no answer with an answer", () => {
    const none = { status: null, error: "refused", headers: [], body: new Uint8Array() };

    expect(diffAnswers(none, { ...none, status: 200, error: null })).toEqual([
      { part: "status", before: "no answer (refused)", after: "200" },
    ]);
  });
});
