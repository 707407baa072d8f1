import { describe, expect, test } from "vitest";
import { parseTarget, targetUrl } from "../../src/deliver/target.js";

describe("parseTarget", () => {
  test.each([
    ["5000", "http://localhost:5000", "http:", "localhost", 5000, undefined],
    [" 5000 ", "http://localhost:5000", "http:", "localhost", 5000, undefined],
    ["5000/path", "http://localhost:5000/path", "http:", "localhost", 5000, "/path"],
    ["5000/", "http://localhost:5000/", "http:", "localhost", 5000, "/"],
    [":5000/a/b", "http://localhost:5000/a/b", "http:", "localhost", 5000, "/a/b"],
    [":5000", "http://localhost:5000", "http:", "localhost", 5000, undefined],
    ["localhost:5000", "http://localhost:5000", "http:", "localhost", 5000, undefined],
    ["app.test:80/x", "http://app.test/x", "http:", "app.test", 80, "/x"],
    ["127.0.0.1:65535", "http://127.0.0.1:65535", "http:", "127.0.0.1", 65_535, undefined],
    ["[::1]:5000", "http://[::1]:5000", "http:", "::1", 5000, undefined],
    ["[::1]:5000/x?y=1", "http://[::1]:5000/x?y=1", "http:", "::1", 5000, "/x?y=1"],
    ["http://localhost", "http://localhost", "http:", "localhost", 80, undefined],
    ["HTTPS://Localhost/", "https://localhost/", "https:", "localhost", 443, "/"],
    ["https://[::1]:8443/x", "https://[::1]:8443/x", "https:", "::1", 8443, "/x"],
    ["http://localhost:3000?a=b", "http://localhost:3000/?a=b", "http:", "localhost", 3000, "/?a=b"],
    ["5000/caf\u00e9 x", "http://localhost:5000/caf%C3%A9%20x", "http:", "localhost", 5000, "/caf%C3%A9%20x"],
    ["5000//a/%2F", "http://localhost:5000//a/%2F", "http:", "localhost", 5000, "//a/%2F"],
  ])("reads %s", (text, label, protocol, hostname, port, path) => {
    expect(parseTarget(text)).toEqual({ label, protocol, hostname, port, path });
  });

  test.each([
    ["", "no host"],
    ["0", "from 1 to 65535"],
    ["65536", "from 1 to 65535"],
    ["localhost:", "from 1 to 65535"],
    ["localhost:5000x", "from 1 to 65535"],
    ["localhost", "no port"],
    ["example.com/path", "no port"],
    ["/path", "no host"],
    ["ftp://localhost:21", "only http and https"],
    ["file:///etc/passwd", "only http and https"],
    ["::1:5000", "needs brackets"],
    ["[::1:5000", "needs brackets"],
    ["[nonsense]:5000", "not a host name"],
    ["http://user:pass@localhost:5000", "credentials"],
    ["user@localhost:5000", "credentials"],
    ["5000/x#y", "fragment"],
    ["5000\\x", "begins with /"],
    ["http://a b:80", "not a host name"],
    ["http://:5000", "no host"],
  ])("refuses %j and says why", (text, why) => {
    const parse = (): unknown => parseTarget(text);

    expect(parse).toThrow(why);
    expect(parse).toThrow(expect.objectContaining({ exitCode: 2, hint: expect.stringMatching(/5000|header/) }));
  });
});

describe("targetUrl", () => {
  test.each([
    ["5000", "//a/%2F?x=1&x=2", "//a/%2F?x=1&x=2"],
    ["5000/", "/a?x=1", "/?x=1"],
    ["5000/hook", "/a", "/hook"],
    ["5000/hook", "/a?x=1&x=2", "/hook?x=1&x=2"],
    ["5000/hook?k=1", "/a?x=1", "/hook?k=1&x=1"],
  ])("with target %s, %s goes to %s", (target, requestPath, path) => {
    expect(targetUrl(parseTarget(target), requestPath)).toBe(path);
  });
});
