import { describe, expect, test } from "vitest";
import { parseRanges, senderAddress } from "../../src/receive/address.js";

describe("parseRanges", () => {
  test.each([
    ["10.0.0.0/8", "10.255.1.2", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.7", "203.0.113.8", false],
    ["0.0.0.0/0", "1.2.3.4", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:1::1", true],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["fe80::/10", "fe80::1%eth0", true],
    ["10.0.0.0/8", "nonsense", false],
    ["10.0.0.0/8", "", false],
  ])("%s and %s: %s", (range, address, expected) => {
    expect(parseRanges([range], "--allow-ip").has(address)).toBe(expected);
  });

  test.each([
    "",
    "nonsense",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "::/129",
    "010.0.0.1",
    "10.0.0/8",
  ])("refuses %j", (text) => {
    expect(() => parseRanges([text], "--allow-ip")).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe("senderAddress", () => {
  const local = { tunnel: false, tunnelPasses: false };
  const tunnel = { tunnel: true, tunnelPasses: false };
  const passing = { tunnel: true, tunnelPasses: true };

  test.each([
    ["an untrusted peer's chain counts for nothing", local, "9.9.9.9", [], ["1.1.1.1"], "9.9.9.9"],
    ["the peer without a chain", local, "::ffff:9.9.9.9", [], [], "9.9.9.9"],
    ["a trusted peer's entry", local, "127.0.0.1", ["127.0.0.1"], ["1.1.1.1"], "1.1.1.1"],
    ["only the entry that the trusted peer added", local, "127.0.0.1", ["127.0.0.1"], ["6.6.6.6, 1.1.1.1"], "1.1.1.1"],
    ["through two trusted hops", local, "10.0.0.1", ["10.0.0.0/8"], ["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"],
    ["all of them trusted", local, "10.0.0.1", ["10.0.0.0/8"], ["10.0.0.3, 10.0.0.2"], "10.0.0.3"],
    ["repeated headers are one chain", local, "10.0.0.1", ["10.0.0.0/8"], ["6.6.6.6", "1.1.1.1"], "1.1.1.1"],
    ["a trusted peer itself", local, "10.0.0.1", ["10.0.0.0/8"], [], "10.0.0.1"],
    ["nonsense from a trusted peer", local, "10.0.0.1", ["10.0.0.0/8"], ["unknown"], null],
    ["an empty entry", local, "10.0.0.1", ["10.0.0.0/8"], ["1.1.1.1, "], null],
    ["with a port", local, "10.0.0.1", ["10.0.0.0/8"], ["1.1.1.1:80"], "1.1.1.1"],
    ["IPv6 in brackets with a port", local, "10.0.0.1", ["10.0.0.0/8"], ["[2001:db8::1]:80"], "2001:db8::1"],
    ["nobody behind a tunnel that tells nothing", tunnel, "127.0.0.1", [], ["1.1.1.1"], null],
    ["behind a tunnel that tells", passing, "127.0.0.1", [], ["6.6.6.6, 1.1.1.1"], "1.1.1.1"],
    ["behind a tunnel that tells nothing this time", passing, "127.0.0.1", [], [], null],
    ["behind a tunnel whose client is trusted", tunnel, "127.0.0.1", ["127.0.0.1"], ["1.1.1.1"], "1.1.1.1"],
  ])("%s", (_name, hop, peer, trusted, chain, expected) => {
    const headers = chain.map((value) => ["X-Forwarded-For", value] as const);

    expect(senderAddress({ ...hop, peer, headers, trusted: parseRanges(trusted, "--trusted-proxy") })).toBe(expected);
  });
});
