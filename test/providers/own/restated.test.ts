import { describe, expect, it } from "vitest";
import { providers } from "../../../src/providers/index.js";
import { compileProvider } from "../../../src/providers/own/compile.js";
import { signRequest } from "../../../src/signatures/sign.js";
import { verifyRequest } from "../../../src/signatures/verify.js";
import { NOW, oracles, requestBy, rowOf, sentBy } from "../../signatures/oracles.js";
import { restated } from "./restate.js";

/** Every scheme with a MAC that somebody other than us has written out. */
const macs = oracles.filter((oracle) => rowOf(oracle).scheme.algorithm.family === "hmac");

describe("a scheme that is built in, defined once more in JSON", () => {
  it("is any with a MAC", () => {
    const rows = providers.flatMap(({ schemes }) => schemes.filter(({ algorithm }) => algorithm.family === "hmac"));
    const compact = rows.map(restated).filter((definition) => "header" in definition);

    expect(macs.length).toBeGreaterThan(100);
    expect(rows.length).toBeGreaterThan(100);
    // The rest says more of where its signature stands: a field of the body, several keys in one header.
    expect(compact.length).toBeGreaterThan(75);
  });

  it.each(macs.map((oracle) => [oracle.scheme, oracle] as const))("signs %s as node:crypto does", (_name, oracle) => {
    const sent = sentBy(oracle);
    const { scheme: builtIn } = rowOf(oracle);
    const definition = JSON.parse(JSON.stringify(restated(builtIn))) as unknown;
    const [scheme] = compileProvider("mine", definition).schemes;
    if (scheme === undefined) throw new Error("no scheme");
    const given = {
      request: {
        headers: [["Content-Type", "application/x-www-form-urlencoded"] as const, ...(oracle.beside?.(sent) ?? [])],
        body: sent.body,
        url: oracle.url?.(sent) ?? sent.url,
      },
      secret: Buffer.from(oracle.signingSecret ?? oracle.secret),
      now: NOW,
      settings: oracle.settings,
      id: sent.id,
    };

    const own = signRequest({ scheme, ...given });

    expect(own).toEqual(signRequest({ scheme: builtIn, ...given }));
    expect(own.headers).toEqual(oracle.headers(sent).filter(([name]) => name !== "Content-Type"));
    expect(
      verifyRequest({
        scheme,
        request: requestBy(oracle, sent),
        secrets: [Buffer.from(oracle.secret)],
        now: NOW,
        settings: oracle.settings,
      }),
    ).toMatchObject({ valid: true, scheme: `mine-${scheme.label}` });
  });
});
