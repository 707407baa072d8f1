import { describe, expect, it } from "vitest";
import { redactHeaders, redactPath } from "../../src/events/redact.js";

describe("redaction of headers", () => {
  it.each([
    "Authorization",
    "proxy-authorization",
    "COOKIE",
    "Set-Cookie",
    "X-Api-Key",
    "X-Gitlab-Token",
    "x-token",
    "TokenOfTrust",
  ])("hides %s", (name) => {
    expect(redactHeaders([[name, "canary"]])).toEqual([[name, "***"]]);
  });

  it.each(["whsec_abc", "Bearer sk_live_abc", "ghp_abcdef", "xoxb-1-2", "AKIAIOSFODNN7EXAMPLE"])(
    "hides a value that looks like a key: %s",
    (value) => {
      expect(redactHeaders([["X-Custom", value]])).toEqual([["X-Custom", "***"]]);
    },
  );

  it("hides what the caller names, and keeps order, case, repeats and signatures", () => {
    const headers = [
      ["X-Signature", "sha256=abc"],
      ["X-Secret-Thing", "canary"],
      ["x-signature", "def"],
    ] as const;

    expect(redactHeaders(headers, ["x-secret-thing"])).toEqual([headers[0], ["X-Secret-Thing", "***"], headers[2]]);
  });
});

describe("redaction of the request target", () => {
  it.each([
    ["/hook?token=canary&x=1", "/hook?token=***&x=1"],
    ["/hook?x=1&api_key=canary", "/hook?x=1&api_key=***"],
    ["/hook?%61ccess_token=canary", "/hook?%61ccess_token=***"],
    ["/hook?x=whsec_canary", "/hook?x=***"],
    ["/hook?a=%zz&b", "/hook?a=%zz&b"],
    ["/token=no/query", "/token=no/query"],
    ["/hook?token=", "/hook?token="],
  ])("%s becomes %s", (path, expected) => {
    expect(redactPath(path)).toBe(expected);
  });
});
