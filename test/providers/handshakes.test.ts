import { describe, expect, it } from "vitest";
import { findExchange, rightAnswer } from "../../src/providers/handshake-answer.js";
import { judgeAnswer, judgeRefusal } from "../../src/providers/handshake-judge.js";
import { handshakes } from "../../src/providers/handshakes.js";
import { findProvider, providers } from "../../src/providers/index.js";

const request = (method: string, path: string, headers: [string, string][] = [], body = "") => ({
  method,
  path,
  headers,
  body: Buffer.from(body),
});

/** What comes without a header that names its provider, and whose it is. */
const ANONYMOUS: readonly (readonly [string | undefined, ReturnType<typeof request>])[] = [
  ["meta", request("GET", "/?hub.mode=subscribe&hub.verify_token=t&hub.challenge=1")],
  ["websub", request("GET", "/?hub.mode=subscribe&hub.topic=t&hub.challenge=1&hub.verify_token=v")],
  ["x", request("GET", "/?crc_token=1")],
  ["dropbox", request("GET", "/?challenge=1")],
  ["ebay", request("GET", "/?challenge_code=1")],
  ["braintree", request("GET", "/?bt_challenge=1")],
  ["microsoft-graph", request("POST", "/?validationToken=1")],
  ["okta", request("GET", "/", [["x-okta-verification-challenge", "1"]])],
  ["event-grid", request("OPTIONS", "/", [["webhook-request-origin", "a"]])],
  ["asana", request("POST", "/", [["x-hook-secret", "1"]])],
  ["notion", request("POST", "/", [], '{"verification_token":"1"}')],
  [undefined, request("GET", "/")],
  [undefined, request("HEAD", "/")],
  [undefined, request("POST", "/?challenge=1")],
  [undefined, request("POST", "/", [], '{"type":"message.created","challenge":"1"}')],
  [undefined, request("POST", "/", [], '{"events":[]}')],
];

describe("the table of handshakes", () => {
  it("and the providers' rows name each other", () => {
    const named = providers.flatMap(({ name, handshake }) => (handshake === undefined ? [] : [`${name} ${handshake}`]));
    const owned = Object.entries(handshakes).map(([kind, { provider }]) => `${provider} ${kind}`);

    expect(new Set(named)).toEqual(new Set(owned));
    expect(named).toHaveLength(owned.length);
  });

  it("tells a handshake from an event, and whose it is", () => {
    const found = ANONYMOUS.map(([, one]) => findExchange(one, undefined)?.handshake.provider);

    expect(found).toEqual(ANONYMOUS.map(([provider]) => provider));
  });

  it("takes nothing for a handshake of a provider that has none, or another one", () => {
    const crc = request("GET", "/?crc_token=1");

    expect(findExchange(crc, findProvider("telegram"))).toBeUndefined();
    expect(findExchange(crc, findProvider("slack"))).toBeUndefined();
    expect(findExchange(request("HEAD", "/"), findProvider("trello"))?.handshake.provider).toBe("trello");
  });
});

describe("the judge", () => {
  const exchange = handshakes["twitch-callback-verification"].exchanges[0];
  const facts = {
    request: request("POST", "/", [], '{"challenge":"abc"}'),
    endpoint: undefined,
    secret: undefined,
    settings: {},
  };
  const right = rightAnswer(exchange, facts, true);
  const reasonOf = (status: number, body: string) => {
    if (right.kind !== "answer") throw new Error(right.kind);
    const given = { status, headers: [], body: Buffer.from(body), durationMs: 1 };
    return judgeAnswer(exchange, { right: right.answer, given, title: "Twitch" }).reason;
  };

  it("says of an answer what is not right about it", () => {
    expect([reasonOf(200, "abc"), reasonOf(200, "abc\n"), reasonOf(200, '"abc"'), reasonOf(500, "abc")]).toEqual([
      "the handshake is answered as Twitch demands",
      "the app answered 200, but with blanks around the challenge",
      "the app answered 200, but with more than the challenge as text",
      "the app answered 500, not 2xx",
    ]);
  });

  it("finds an answer that comes too late", () => {
    const graph = handshakes["graph-validation-token"].exchanges[0];
    const answer = { status: 200, headers: [["Content-Type", "text/plain"]] as const, body: Buffer.from("t") };
    const judged = judgeAnswer(graph, { right: answer, given: { ...answer, durationMs: 12_000 }, title: "Graph" });

    expect(judged).toEqual({ accepted: false, reason: "the answer took 12.0 s, and Graph waits 10 s" });
  });

  it("wants 401 for a wrong signature, and any refusal of a wrong token", () => {
    const xero = handshakes["xero-intent"].exchanges[0];
    const meta = handshakes["meta-verify-token"].exchanges[0];
    const accepted = [judgeRefusal(xero, { status: 401 }), judgeRefusal(xero, { status: 403 })];

    expect(accepted.map((one) => one.accepted)).toEqual([true, false]);
    expect([403, 404, 200].map((status) => judgeRefusal(meta, { status }).accepted)).toEqual([true, true, false]);
  });
});
