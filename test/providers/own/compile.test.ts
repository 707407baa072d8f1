import { describe, expect, it } from "vitest";
import { compileProvider } from "../../../src/providers/own/compile.js";
import { DefinitionError } from "../../../src/providers/own/shape.js";

/** The schemes of a definition. */
function schemesOf(definition: object) {
  return compileProvider("mine", definition).schemes;
}

function problemOf(name: string, definition: unknown): { at: string; problem: string; hint: string | undefined } {
  try {
    compileProvider(name, definition);
  } catch (error) {
    if (error instanceof DefinitionError) return { at: error.at.join("."), problem: error.problem, hint: error.hint };
    throw error;
  }
  throw new Error("it was taken");
}

describe("a definition of one's own", () => {
  it("needs no more than a header: HMAC-SHA256 of the body in hex", () => {
    const provider = compileProvider("mine", { header: "X-Mine-Signature" });

    expect({ ...provider }).toEqual({
      name: "mine",
      aliases: [],
      title: "mine",
      evidence: "own",
      contentType: "application/json",
      schemes: [
        {
          name: "mine-hmac-sha256",
          label: "hmac-sha256",
          algorithm: { family: "hmac", hash: "sha256" },
          content: [{ part: "body" }],
          signature: { from: "header", names: ["X-Mine-Signature"], parse: { kind: "raw" } },
          encoding: "hex",
          secret: { kind: "utf8" },
        },
      ],
      detection: { signatureHeaders: ["X-Mine-Signature"] },
      eventType: [],
      eventId: [],
      deliveryId: [],
      outgoing: [],
    });
  });

  it("signs what its template names, braces doubled for themselves", () => {
    const [scheme] = schemesOf({
      header: "X-S",
      timestamp: "header:X-T",
      content: "v0:{timestamp}:{header:X-Env}{{{body:data.items.0}}}{bodyHash:sha256:hex}",
    });

    expect(scheme?.content).toEqual([
      { part: "literal", text: "v0:" },
      { part: "timestamp" },
      { part: "literal", text: ":" },
      { part: "header", name: "X-Env" },
      { part: "literal", text: "{" },
      { part: "bodyField", path: ["data", "items", 0] },
      { part: "literal", text: "}" },
      { part: "bodyHash", hash: "sha256", encoding: "hex" },
    ]);
  });

  it("signs a list of parts, as the rows have them, and templates", () => {
    const content = ["{method} ", { part: "header", name: "X-Env" }, "\n", { part: "body" }];

    expect(schemesOf({ header: "X-S", content })[0]?.content).toEqual([
      { part: "method" },
      { part: "literal", text: " " },
      { part: "header", name: "X-Env" },
      { part: "literal", text: "\n" },
      { part: "body" },
    ]);
  });

  it.each([
    ["{signature}", { kind: "raw" }],
    ["v1={signature}", { kind: "prefix", prefix: "v1=" }],
    ["{timestamp}.{signature}", { kind: "list", separator: ".", timestampFirst: true }],
    ["t={timestamp},v1={signature}", { kind: "pairs", item: ",", pair: "=", signature: "v1", timestamp: "t" }],
    [
      "ts:{timestamp}; h1:{signature}",
      { kind: "pairs", item: ";", pair: ":", signature: "h1", timestamp: "ts", trim: true, written: "; " },
    ],
  ])("reads a header of the form %s", (format, parse) => {
    expect(schemesOf({ header: "X-S", format })[0]?.signature).toMatchObject({ parse });
  });

  it("has several schemes, told apart by their labels", () => {
    const provider = compileProvider("mine", {
      schemes: [{ header: "X-S" }, { header: "X-Old", algorithm: "hmac-sha1", weak: true, label: "old" }],
    });

    expect(provider.schemes.map(({ name }) => name)).toEqual(["mine-hmac-sha256", "mine-old"]);
    expect(provider.detection.signatureHeaders).toEqual(["X-S", "X-Old"]);
  });

  it("sends the headers in which type and ids stand", () => {
    const provider = compileProvider("mine", {
      header: "X-S",
      eventType: ["header:X-Event", "body:type"],
      deliveryId: "header:X-Delivery",
    });

    expect(provider.outgoing).toEqual([
      { name: "X-Event", value: { from: "eventType" } },
      { name: "X-Delivery", value: { from: "deliveryId" } },
    ]);
  });

  it.each<[unknown, string, string, string | undefined]>([
    [[], "", "expected the definition of a provider, found array", undefined],
    [{}, "", "header is missing", '"header": "X-Mine-Signature" says where the signature stands'],
    [{ haeder: "X" }, "haeder", "unknown key", "did you mean header"],
    [{ header: "X S" }, "header", 'expected the name of a header, found "X S"', undefined],
    [{ header: "X", algorithm: "hmac-sha265" }, "algorithm", 'found "hmac-sha265"', "did you mean hmac-sha256"],
    [{ header: "X", content: "{timestmap}.{body}" }, "content", "unknown part {timestmap}", "did you mean timestamp?"],
    [{ header: "X", content: "body" }, "content", "body would be signed as this word", "write {body} for the part"],
    [{ header: "X", content: ["{body}", "timestamp"] }, "content.1", "timestamp would be", "write {timestamp}"],
    [{ header: "X", content: "{body" }, "content", '{ stands alone in "{body"', "write {{ for the character"],
    [{ header: "X", content: "v1" }, "content", "nothing of the request is signed", "{body}"],
    [{ header: "X", content: "{header}" }, "content", "expected {header:<name>}, found {header}", undefined],
    [{ header: "X", content: "{header:a b}" }, "content", "{header:a b}: expected the name of a header", undefined],
    [{ header: "X", content: [{ part: "boddy" }] }, "content.0.part", 'found "boddy"', "did you mean body"],
    [{ header: "X", content: [{ part: "body", x: 1 }] }, "content.0.x", "unknown key", "there is none to give here"],
    [{ header: "X", content: "{timestamp}{body}" }, "content", "the timestamp is signed", "header:X-Mine-Timestamp"],
    [{ header: "X", content: "{id}{body}" }, "content", "the id is signed", "X-Mine-Id"],
    [{ header: "X", content: "{body}{secret}" }, "content", "only a plain hash has the secret", "sha256"],
    [{ header: "X", algorithm: "sha256" }, "content", "a plain hash proves nothing", "{body}{secret}"],
    [{ header: "X", algorithm: "token", content: "{body}" }, "content", "a token signs no content", undefined],
    [{ header: "X", algorithm: "ed25519", secret: "hex" }, "secret", "has a key of type ed25519", undefined],
    [{ header: "X", secret: { kind: "key", type: "rsa" } }, "secret", "has a shared secret", undefined],
    [{ header: "X", tolerance: "5m" }, "tolerance", "nothing says where the timestamp stands", "header:"],
    [{ header: "X", tolerance: 300 }, "tolerance", 'a duration such as "30s", "5m" or "2h", found 300', undefined],
    [{ header: "X", format: "t={timestamp},v1={signature}", timestamp: "header:T" }, "timestamp", "already", undefined],
    [{ header: "X", format: "{timestamp}{signature}" }, "format", "no form that can be read", "t={timestamp}"],
    [{ header: "X", format: "a={signature}", prefix: "b=" }, "prefix", "format says this already", "b={signature}"],
    [{ header: "X", algorithm: { family: "hmac", hash: "sha1", bits: 168 } }, "algorithm.bits", "up to 160", undefined],
    [{ header: "X", timestamp: { unit: "s" } }, "timestamp", "at is missing", "header:X-Mine-Timestamp"],
    [{ header: "X", claims: { iss: "me" } }, "claims", "only a JWT has claims", "jwt"],
    [{ header: "X", eventType: "type" }, "eventType", 'a place such as "header:X-Event"', undefined],
    [{ header: "X", headers: { "X-E": "{eventTyp}" } }, "headers.X-E", "unknown value {eventTyp}", "{eventType}"],
    [{ header: "X", aliases: ["stripe"] }, "aliases.0", "stripe is a provider that hookcli knows", "my-stripe"],
    [{ header: "X", schemes: [{ header: "Y" }] }, "header", "stands in one of schemes", undefined],
    [{ schemes: [{ header: "Y" }, { header: "Z" }] }, "schemes.1", "a second scheme hmac-sha256", "label"],
    [{ schemes: [{ header: "Y", weak: 1 }] }, "schemes.0.weak", "expected true or false, found 1", undefined],
    [
      { signature: { from: "header", names: "X", parse: { kind: "raw" } }, prefix: "a" },
      "prefix",
      "already",
      undefined,
    ],
  ])("refuses %j at %s", (definition, at, problem, hint) => {
    const found = problemOf("mine", definition);

    expect(found.at).toBe(at);
    expect(found.problem).toContain(problem);
    if (hint === undefined) expect(found.hint).toBeUndefined();
    else expect(found.hint).toContain(hint);
  });

  it.each([
    ["stripe", "stripe is a provider that hookcli knows", "give yours another name, such as my-stripe"],
    [
      "hmac",
      "hmac is another name of generic, a provider that hookcli knows",
      "give yours another name, such as my-hmac",
    ],
    ["Mine", "expected a name of lower-case letters, digits and dashes", undefined],
    ["../mine", "expected a name of lower-case letters, digits and dashes", undefined],
    ["__proto__", "expected a name of lower-case letters, digits and dashes", undefined],
  ])("is not called %s", (name, problem, hint) => {
    expect(problemOf(name, { header: "X-S" })).toEqual({ at: "", problem, hint });
  });
});
