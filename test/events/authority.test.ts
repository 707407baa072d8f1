import { describe, expect, it } from "vitest";
import { authorityOf, bareHost, bracketedHost, isLoopback, isThisMachine } from "../../src/events/authority.js";

describe("the authority of a URL", () => {
  it.each([
    ["https://a.test/x", { protocol: "https:", hostname: "a.test", port: 443 }],
    ["http://a.test", { protocol: "http:", hostname: "a.test", port: 80 }],
    ["http://[::1]:5000/", { protocol: "http:", hostname: "::1", port: 5000 }],
    ["https://[fd00::1]", { protocol: "https:", hostname: "fd00::1", port: 443 }],
  ])("of %s has a port, and no brackets", (url, authority) => {
    expect(authorityOf(new URL(url))).toEqual(authority);
  });

  it("has brackets around an IPv6 address alone", () => {
    expect(["::1", "127.0.0.1", "a.test"].map(bracketedHost)).toEqual(["[::1]", "127.0.0.1", "a.test"]);
    expect(["[::1]", "::1", "a.test"].map(bareHost)).toEqual(["::1", "::1", "a.test"]);
  });
});

describe("this machine", () => {
  it.each(["localhost", "App.Localhost", "localhost.", "0.0.0.0", "::", "::1", "0:0:0:0:0:0:0:1", "127.9.9.9"])(
    "is meant by %s",
    (hostname) => {
      expect(isThisMachine(hostname)).toBe(true);
    },
  );

  it.each(["localhost.example.com", "notlocalhost", "192.0.2.1", "fd00::1", "10.0.0.1", ""])(
    "is not meant by %s",
    (hostname) => {
      expect(isThisMachine(hostname)).toBe(false);
    },
  );

  it("is loopback as an address that IPv6 maps", () => {
    expect(["::ffff:127.0.0.1", "::ffff:192.0.2.1", "localhost"].map(isLoopback)).toEqual([true, false, false]);
  });
});
