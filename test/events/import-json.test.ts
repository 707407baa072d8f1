import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { jsonItems } from "../../src/events/import-json.js";
import type { ForeignRequest, Imported, ImportForm } from "../../src/events/import-request.js";
import { jsonSource, withoutSpace } from "../../src/events/import-slice.js";

function items(text: string, only?: ImportForm): Imported[] {
  return [...jsonItems(Buffer.from(text), JSON.parse(text), only)].map(({ read }) => read());
}

function request(text: string): ForeignRequest & { text: string } {
  const [first] = items(text);
  if (first?.kind !== "request") throw new Error("not a request");
  return { ...first.request, text: Buffer.from(first.request.body).toString() };
}

describe("events of stripe-cli", () => {
  const event = '{ "id": "evt_1", "object": "event", "created": 1700000000, "type": "invoice.paid", "n": 1.0 }';

  it("are taken as stripe listen --print-json prints them, their tokens untouched", () => {
    expect(request(event)).toMatchObject({
      provider: "stripe",
      method: "POST",
      receivedAt: 1_700_000_000_000,
      text: event,
      lossy: expect.stringContaining("without signature") as string,
    });
  });

  it("are taken out of the list that stripe events list prints", () => {
    const list = `{"object":"list","data":[${event},\n${event}],"has_more":false}`;

    expect(items(list).map((item) => item.kind === "request" && Buffer.from(item.request.body).toString())).toEqual([
      event,
      event,
    ]);
  });

  it("of the second kind have their date in RFC 3339", () => {
    const thin =
      '{"id":"evt_test","object":"v2.core.event","type":"v1.billing.meter","created":"2025-01-02T03:04:05.000Z"}';

    expect(request(thin).receivedAt).toBe(Date.UTC(2025, 0, 2, 3, 4, 5));
  });

  it("are told from fixtures of stripe-cli, which are no events", () => {
    expect(() => items('{"_meta":{"template_version":0},"fixtures":[]}')).toThrow("fixture of stripe-cli");
  });
});

describe("messages of smee", () => {
  const message = {
    host: "smee.io",
    "user-agent": "GitHub-Hookshot/1",
    "content-type": "application/json",
    "x-github-event": "push",
    "set-cookie": ["a", "b"],
    query: { a: "1", b: ["2", "3"] },
    timestamp: 1_700_000_000_123,
  };

  it("are requests whose headers stand at the top, the body with its own tokens and no white space", () => {
    const body = '{ "big": 12345678901234567890, "f": 1.0, "a": "x  y" }';
    const text = `${JSON.stringify(message).slice(0, -1)}, "body": ${body}}`;

    expect(request(text)).toMatchObject({
      path: "/?a=1&b=2&b=3",
      receivedAt: 1_700_000_000_123,
      text: '{"big":12345678901234567890,"f":1.0,"a":"x  y"}',
      headers: [
        ["host", "smee.io"],
        ["user-agent", "GitHub-Hookshot/1"],
        ["content-type", "application/json"],
        ["x-github-event", "push"],
        ["set-cookie", "a"],
        ["set-cookie", "b"],
      ],
      lossy: expect.stringContaining("not byte for byte") as string,
    });
  });

  it("are taken as exact when the length is that of the header", () => {
    const text = JSON.stringify({ ...message, "content-length": "7", body: { a: 1 } });

    expect(request(text).lossy).toBeUndefined();
  });

  it("with a form are written as a form", () => {
    const form = "application/x-www-form-urlencoded";
    const text = JSON.stringify({ ...message, "content-type": form, body: { payload: "{}", a: "b c" } });

    expect(request(text).text).toBe("payload=%7B%7D&a=b+c");
  });

  it("nested a hundred thousand levels are taken", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);

    expect(request(`${JSON.stringify(message).slice(0, -1)},"body":${deep}}`).text).toBe(deep);
  });
});

describe("deliveries of GitHub's API", () => {
  const delivery = {
    id: 1,
    guid: "0b989ba4-242f-11e5-81e1-c7b6966d2516",
    delivered_at: "2025-01-02T03:04:05Z",
    duration: 0.03,
    status_code: 502,
    event: "issues",
    url: "https://shop.example/hook?x=1",
    request: {
      headers: { "X-GitHub-Event": "issues", "content-type": "application/json" },
      payload: { action: "opened" },
    },
    response: { headers: { Server: "x" }, payload: "bad" },
  };

  it("are requests with the answer as an attempt", () => {
    expect(request(JSON.stringify(delivery, undefined, 2))).toMatchObject({
      provider: "github",
      path: "/hook?x=1",
      text: '{"action":"opened"}',
      headers: [
        ["X-GitHub-Event", "issues"],
        ["content-type", "application/json"],
      ],
      attempts: [{ n: 1, status: 502, durationMs: 30, headers: [["Server", "x"]], body: Buffer.from("bad") }],
    });
  });

  it("of a form hook carry the payload as a form does", () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };

    expect(request(JSON.stringify({ ...delivery, request: { headers, payload: { a: "ü&" } } })).text).toBe(
      "payload=%7B%22a%22%3A%22%C3%BC%26%22%7D",
    );
  });
});

describe("HAR files of browsers", () => {
  const entry = {
    startedDateTime: "2025-01-02T03:04:05.678Z",
    time: 12.5,
    request: {
      method: "POST",
      url: "https://shop.example/hook?x=%20#top",
      headers: [
        { name: ":method", value: "POST" },
        { name: "Content-Type", value: "text/plain" },
      ],
      postData: { mimeType: "text/plain", text: "hé" },
    },
    response: {
      status: 204,
      headers: [{ name: ":status", value: "204" }],
      content: { text: "AAE=", encoding: "base64" },
    },
  };

  it("are requests as HTTP/1.1 would write them, with the answers as attempts", () => {
    expect(request(JSON.stringify({ log: { entries: [entry] } }))).toMatchObject({
      method: "POST",
      path: "/hook?x=%20",
      headers: [
        ["Host", "shop.example"],
        ["Content-Type", "text/plain"],
      ],
      text: "hé",
      receivedAt: Date.UTC(2025, 0, 2, 3, 4, 5, 678),
      attempts: [
        { status: 204, durationMs: 12.5, headers: [], body: Buffer.from([0, 1]), target: "https://shop.example/hook" },
      ],
    });
  });

  it("have no attempt where nothing was answered", () => {
    expect(request(JSON.stringify({ log: { entries: [{ ...entry, response: { status: 0 } }] } })).attempts).toEqual([]);
  });

  it("with form fields instead of a body are said to have lost the bytes", () => {
    const postData = { mimeType: "application/x-www-form-urlencoded", params: [{ name: "a", value: "b c" }] };
    const read = request(JSON.stringify({ log: { entries: [{ ...entry, request: { ...entry.request, postData } }] } }));

    expect(read).toMatchObject({ text: "a=b+c", lossy: expect.stringContaining("not its bytes") as string });
  });

  it("with a Content-Length that the body has not are said to have lost bytes", () => {
    const headers = [{ name: "content-length", value: "99" }];
    const read = request(JSON.stringify({ log: { entries: [{ ...entry, request: { ...entry.request, headers } }] } }));

    expect(read.lossy).toBe("Content-Length says 99, the file has 3 bytes");
  });
});

describe("lists and lines", () => {
  const event = { id: "evt_01jggwqhdr0000000000000000", receivedAt: "2025-01-02T03:04:05Z", method: "POST", path: "/" };

  it("of listen --json hold their events, and nothing else", () => {
    expect(items(JSON.stringify({ type: "event", at: "2025-01-02T03:04:05Z", event }))).toMatchObject([
      { kind: "event" },
    ]);
    expect(items(JSON.stringify({ type: "ready", at: "2025-01-02T03:04:05Z", url: "https://x" }))).toEqual([]);
  });

  it("read on after a member that is no event", () => {
    const text = JSON.stringify([7, event, { hello: 1 }]);

    const outcomes = [...jsonItems(Buffer.from(text), JSON.parse(text))].map(({ index, read }) => {
      try {
        return [index, read().kind];
      } catch (error) {
        return [index, (error as Error).message];
      }
    });

    expect(outcomes).toEqual([
      [0, "this is no event of any form that is known"],
      [1, "event"],
      [2, "this is no event of any form that is known"],
    ]);
  });

  it("hold nothing but the form that was named", () => {
    expect(() => items(JSON.stringify(event), "stripe")).toThrow("this is ndjson, not stripe");
  });

  it("never throw anything but their own error, whatever the JSON", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom("request", "log", "body", "created", "object", "event"),
        (value, key) => {
          for (const base of [
            {},
            { startedDateTime: "x" },
            { timestamp: 1, query: 1 },
            { object: "event", type: "x" },
            { guid: "", delivered_at: "" },
          ]) {
            const text = JSON.stringify({ ...base, [key]: value });
            for (const { read } of jsonItems(Buffer.from(text), JSON.parse(text))) {
              try {
                read();
              } catch (error) {
                expect(error).toMatchObject({ name: "CliError" });
              }
            }
          }
        },
      ),
    );
  });
});

describe("a slice of JSON", () => {
  it("is the value without white space, as JSON.stringify writes it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false } as never), fc.constantFrom(0, 2, "\t"), (value, space) => {
        const text = JSON.stringify({ a: [value] }, undefined, space);

        expect(Buffer.from(jsonSource(Buffer.from(text)).compact(["a", 0])).toString()).toBe(JSON.stringify(value));
      }),
    );
  });

  it("is that of the last of two members with one name, as JSON.parse takes it", () => {
    expect(Buffer.from(jsonSource(Buffer.from('{"a": 1, "\\u0061": 2}')).exact(["a"])).toString()).toBe("2");
  });

  it("takes time in proportion to its length", () => {
    expect(withoutSpace(Buffer.from(`"${"\\\\".repeat(2_000_000)}" `))).toHaveLength(4_000_002);
  });

  it("is taken out of a large list without a tree of it, the items in any order", () => {
    const numbers = `[${"1,".repeat(1_000_000)}1]`;
    const text = Buffer.from(`{"data": [${numbers}, {"n": 1.0} , ${numbers}, "]", ["last"]]}`);
    const source = jsonSource(text);
    const before = process.memoryUsage().heapUsed;

    const found = [4, 1, 3].map((index) => Buffer.from(source.exact(["data", index])).toString());

    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50 * 2 ** 20);
    expect(found).toEqual(['["last"]', '{"n": 1.0}', '"]"']);
    expect(() => source.exact(["data", 5])).toThrow("5 is missing");
  });

  it("steps from each item of a list to the next", () => {
    const list = `{"data":[${'{"a":[1,2,{"b":"}"}]},'.repeat(20_000)}0]}`;
    const source = jsonSource(Buffer.from(list));

    const found = Array.from({ length: 20_000 }, (_, index) => source.compact(["data", index, "a", 2, "b"]).length);

    expect(new Set(found)).toEqual(new Set([3]));
  });
});
