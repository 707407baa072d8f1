import { fc } from "../helpers/properties.js";
import { EnvHttpProxyAgent } from "undici";
import { describe, expect, it } from "vitest";
import { parseProxy, proxyLabel, readProxyRules, variableFor } from "../../src/proxies/rules.js";

const PROXY = "http://proxy.test:3128";
const REMOTE = { protocol: "https:", hostname: "hooks.example.test", port: 443 } as const;

describe("the rules of the environment", () => {
  it("are none without a proxy variable, or with empty ones", () => {
    expect(readProxyRules({})).toBeUndefined();
    expect(readProxyRules({ NO_PROXY: "*" })).toBeUndefined();
    expect(readProxyRules({ HTTP_PROXY: "", https_proxy: "  " })).toBeUndefined();
  });

  it("take lower case before upper case, as curl and undici do", () => {
    const rules = readProxyRules({ https_proxy: "http://lower.test", HTTPS_PROXY: "http://upper.test" });

    expect(rules?.https).toEqual({ name: "https_proxy", value: "http://lower.test" });
  });

  it("send https through HTTP_PROXY where there is no HTTPS_PROXY, and http through none but its own", () => {
    expect(readProxyRules({ HTTP_PROXY: PROXY })?.https?.name).toBe("HTTP_PROXY");
    expect(readProxyRules({ HTTPS_PROXY: PROXY })?.http).toBeUndefined();
  });
});

describe("which proxy stands before a destination", () => {
  const through = (noProxy: string, hostname: string, port = 443) =>
    variableFor(readProxyRules({ HTTPS_PROXY: PROXY, NO_PROXY: noProxy })!, { ...REMOTE, hostname, port }) !==
    undefined;

  it.each(["localhost", "app.localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::"])(
    "none before %s, whatever the variables say",
    (hostname) => {
      expect(through("", hostname)).toBe(false);
    },
  );

  it.each([
    ["example.test", "example.test", 443, false],
    ["example.test", "hooks.example.test", 443, false],
    [".example.test", "example.test", 443, false],
    ["*.example.test", "a.b.example.test", 443, false],
    ["example.test", "notexample.test", 443, true],
    ["example.test:8443", "example.test", 443, true],
    ["example.test:8443", "example.test", 8443, false],
    ["one.test, two.test three.test", "THREE.test", 443, false],
    ["10.0.0.7", "10.0.0.7", 443, false],
    ["[2001:db8::1]", "2001:db8::1", 443, false],
    ["2001:db8::1", "2001:db8::1", 443, false],
    ["*", "anything.test", 443, false],
    ["10.0.0.0/8", "10.250.1.2", 443, false],
    ["10.0.0.0/8", "11.0.0.1", 443, true],
    ["fd00::/8", "fd12::1", 443, false],
    ["10.0.0.0/99", "10.0.0.1", 443, true],
    ["example.test/8", "example.test", 443, true],
  ] as const)("NO_PROXY=%j and %s:%i: through a proxy is %s", (noProxy, hostname, port, expected) => {
    expect(through(noProxy, hostname, port)).toBe(expected);
  });

  it("is what undici's EnvHttpProxyAgent decides, for any names and exceptions", () => {
    const label = fc.constantFrom("a", "b", "example", "hooks");
    const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join(".")}.test`);
    const entry = fc
      .tuple(fc.constantFrom("", ".", "*."), host, fc.constantFrom("", ":80", ":443", ":8080"))
      .map((parts) => parts.join(""));
    const noProxy = fc.oneof(
      fc.constant("*"),
      fc.array(entry, { maxLength: 3 }).map((entries) => entries.join(", ")),
    );

    fc.assert(
      fc.property(noProxy, host, fc.constantFrom(80, 443, 8080), (exceptions, hostname, port) => {
        expect(through(exceptions, hostname, port)).toBe(undiciGoesThrough(exceptions, hostname, port));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a proxy's URL", () => {
  it.each(["socks5://proxy.test:1080", "http://", "ht!tp://x", "http://pro xy:1", "proxy.test:99999", "://"])(
    "is none in %j",
    (value) => {
      expect(parseProxy(value)).toBeUndefined();
    },
  );

  it("may leave out http://", () => {
    expect(parseProxy("proxy.test:3128")?.href).toBe("http://proxy.test:3128/");
  });

  it.each([
    ["http://user:s3cret@proxy.test:3128", "http://proxy.test:3128"],
    ["user:s3cret@proxy.test:3128", "http://proxy.test:3128"],
    ["https://s3cret@proxy.test", "https://proxy.test"],
    ["socks5://user:s3cret@proxy.test:1080", "***@proxy.test:1080"],
    ["http://user:s3cret@bad host", "***@bad host"],
  ])("of %s is shown without its credentials", (value, shown) => {
    expect(proxyLabel(value)).toBe(shown);
  });
});

/** What undici decides, seen by which of its agents makes a connection: those for a proxy bring a `connect` of their own. */
function undiciGoesThrough(noProxy: string, hostname: string, port: number): boolean {
  let through: boolean | undefined;
  const dispatcher = { on: () => dispatcher, dispatch: () => true };
  const factory = (_origin: unknown, options: object) => {
    through = "connect" in options && options.connect !== undefined;
    return dispatcher;
  };
  const agent = new EnvHttpProxyAgent({ httpProxy: "", httpsProxy: PROXY, noProxy, factory: factory as never });
  agent.dispatch({ origin: `https://${hostname}:${port}`, path: "/", method: "GET" }, {});
  return through === true;
}
