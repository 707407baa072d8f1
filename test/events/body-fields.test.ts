import { describe, expect, it } from "vitest";
import { BodyFields } from "../../src/events/body-fields.js";

const FORM = "application/x-www-form-urlencoded";

const fieldsOf = (body: string, type: string) =>
  new BodyFields({ headers: [["content-type", type]], body: Buffer.from(body) });

describe("the fields of a body", () => {
  it.each([
    ['{"a":{"b":"c"}}', "application/json"],
    ['{"a":{"b":"c"}}', "text/plain"],
    // As curl -d sends it.
    ['{"a":{"b":"c"}}', FORM],
    ['\u{feff}{"a":{"b":"c"}}', FORM],
    ['\u{feff}{"a":{"b":"c"}}', "application/json"],
    ['{"a":{"b":"x","b":"c"}}', "application/json"],
    ['{"\\u0061":{"b":"\\u0063"}}', "application/json"],
    ["a.b=c&a.b=d", FORM],
  ])("are found in %j sent as %s", (body, type) => {
    expect(fieldsOf(body, type).value(["a", "b"])).toBe("c");
    expect(fieldsOf(body, type).scalar(["a", "b"])).toBe("c");
  });

  it.each(["12", "true", '"a"', "[1", "{a=1"])("stay those of a form where %j only looks like JSON", (body) => {
    const fields = fieldsOf(`${body}&x=1`, FORM);

    expect([fields.isReadable, fields.value(["x"])]).toEqual([true, "1"]);
  });

  it("keep every digit of a number", () => {
    const fields = fieldsOf('{"id":12345678901234567890,"x":1.0}', "application/json");

    expect([fields.scalar(["id"]), fields.scalar(["x"])]).toEqual(["12345678901234567890", "1.0"]);
  });

  it("have names beyond ASCII", () => {
    expect(fieldsOf('{"größe":"ü"}', "application/json").scalar(["größe"])).toBe("ü");
  });

  it("are counted from 0 in an array, and written in one way", () => {
    const fields = fieldsOf('{"a":["x","y"]}', FORM);

    expect(["0", "1", "01", "2", "-1", "length"].map((step) => fields.scalar(["a", step]))).toEqual([
      "x",
      "y",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("that hold more are text, but no single value", () => {
    const fields = fieldsOf('{"a":{"b":[1, 2]}}', "application/json");

    expect([fields.value(["a", "b"]), fields.scalar(["a", "b"]), fields.scalar(["a"])]).toEqual([
      "[1, 2]",
      undefined,
      undefined,
    ]);
  });

  it("are none in a text of another kind", () => {
    const fields = fieldsOf("<a/>", "application/xml");

    expect([fields.isReadable, fields.value(["a"]), fields.value([])]).toEqual([false, undefined, "<a/>"]);
  });
});
