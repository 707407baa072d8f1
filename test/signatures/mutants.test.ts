import { describe, expect, it } from "vitest";
import type { SignedRequest } from "../../src/signatures/request.js";
import { decodeSignature } from "../../src/signatures/encoding.js";
import {
  everySigned,
  LONG_BODY,
  outcome,
  signedBy,
  signaturesIn,
  takenFrom,
  withBits,
  withHeader,
  type Signed,
} from "./mutants.js";
import { NOW } from "./oracles.js";

/*
 * Every scheme of every row, signed by the other side, with each bit of the request turned over. What is accepted none the
 * less must be what the scheme does not sign.
 */

const all = everySigned();
const named = (rows: readonly Signed[]) => rows.map((signed) => [signed.scheme.name, signed] as const);
/** Mutants of each scheme, at least. */
const AT_LEAST = 2_000;

type Kind = "body" | "header" | "url" | "signature";
interface Mutant {
  readonly kind: Kind;
  readonly what: string;
  readonly request: SignedRequest;
}

/** Where the signature's text stands, and the request with another in its place. `read`: what it means there. */
function place(signed: Signed): { text: string; read: string; put: (text: string) => SignedRequest } {
  const { request, signatureHeader } = signed;
  const [read = ""] = signaturesIn(signed, request);
  const writings = read === "" ? [] : [...new Set([read, encodeURIComponent(read)])];
  const index = request.headers.findIndex(([name]) => name.toLowerCase() === signatureHeader?.toLowerCase());
  const value = request.headers[index]?.[1] ?? "";
  const body = Buffer.from(request.body).toString("latin1");
  for (const text of writings) {
    const swap = (whole: string, other: string) => {
      const at = whole.lastIndexOf(text);
      return whole.slice(0, at) + other + whole.slice(at + text.length);
    };
    if (value.includes(text))
      return {
        text,
        read,
        put: (other) => ({ ...request, headers: withHeader(request.headers, index, swap(value, other)) }),
      };
    if (signed.scheme.signature.from === "query" && request.url.includes(text))
      return { text, read, put: (other) => ({ ...request, url: swap(request.url, other) }) };
    if (body.includes(text))
      return { text, read, put: (other) => ({ ...request, body: Buffer.from(swap(body, other), "latin1") }) };
  }
  // It is wrapped in something else: the whole header.
  return { text: value, read, put: (other) => ({ ...request, headers: withHeader(request.headers, index, other) }) };
}

function* bits(signed: Signed): Generator<Mutant> {
  const { request } = signed;
  const { text, put } = place(signed);
  const signature = Buffer.from(text, "latin1");
  for (let bit = 0; bit < signature.length * 8; bit += 1)
    yield { kind: "signature", what: `bit ${bit}`, request: put(withBits(signature, bit).toString("latin1")) };
  for (let bit = 0; bit < request.body.length * 8; bit += 1)
    yield { kind: "body", what: `bit ${bit}`, request: { ...request, body: withBits(request.body, bit) } };
  for (const [index, [name, value]] of request.headers.entries()) {
    const bytes = Buffer.from(value, "latin1");
    for (let bit = 0; bit < Math.min(bytes.length, 400) * 8; bit += 1) {
      const headers = withHeader(request.headers, index, withBits(bytes, bit).toString("latin1"));
      yield { kind: "header", what: `${name} bit ${bit}`, request: { ...request, headers } };
    }
  }
  const url = Buffer.from(request.url);
  for (let bit = 0; bit < url.length * 8; bit += 1)
    yield { kind: "url", what: `bit ${bit}`, request: { ...request, url: withBits(url, bit).toString("latin1") } };
}

/** Two bits at once, for schemes with too little to turn over. */
function* pairs(signed: Signed): Generator<Mutant> {
  const { text, put } = place(signed);
  const bytes = Buffer.from(text, "latin1");
  for (let first = 0; first < bytes.length * 8; first += 1) {
    for (let second = first + 1; second < bytes.length * 8; second += 1)
      yield {
        kind: "signature",
        what: `bits ${first}, ${second}`,
        request: put(withBits(bytes, first, second).toString("latin1")),
      };
  }
}

/** Two writings of a form with the same fields are the same to a scheme that signs fields. */
function formFields(body: Uint8Array): string {
  return [...new URLSearchParams(Buffer.from(body).toString("latin1"))].map(String).toSorted().join();
}

/** Whether the scheme has no say in what was changed. */
function isOpen(signed: Signed, { kind, request }: Mutant): boolean {
  const { covers } = signed;
  if (kind === "body" && covers === undefined) return false;
  if (kind === "body" && covers === "form") return formFields(request.body) === formFields(signed.request.body);
  // Twilio's libraries try a URL as it is normalised too.
  if (kind === "url" && signed.scheme.urlForms !== undefined && isSameUrl(request.url, signed.request.url)) return true;
  const settings = signed.oracle?.settings ?? {};
  return takenFrom(signed, request, settings) === takenFrom(signed, signed.request, settings);
}

function isSameUrl(one = "", other = ""): boolean {
  return URL.canParse(one) && new URL(one).href === new URL(other).href;
}

/** Hex of either case is the same signature, and so are escapes in a URL. */
function isSameSignature({ scheme }: Signed, one: string, other: string): boolean {
  if (scheme.signature.from === "query" && one.toLowerCase() === other.toLowerCase() && other.includes("%"))
    return decodeURIComponent(one) === decodeURIComponent(other);
  const [a, b] = [decodeSignature(one, scheme.encoding), decodeSignature(other, scheme.encoding)];
  return a !== undefined && b !== undefined && a.equals(b);
}

describe("every scheme", () => {
  it("of every row is here", () => {
    expect(all.length).toBeGreaterThan(150);
    expect(new Set(all.map(({ scheme }) => scheme.name)).size).toBe(all.length);
  });
});

describe.each(named(all))("%s", (_name, signed) => {
  it("is accepted as it is", () => {
    expect(signed.check(signed.request)).toMatchObject({ valid: true, reason: null });
  });

  it(`refuses ${AT_LEAST} mutants and more, but for what it does not sign`, () => {
    let count = 0;
    const accepted: Mutant[] = [];
    const tried = (mutant: Mutant) => {
      count += 1;
      if (outcome(signed, mutant.request)) accepted.push(mutant);
    };
    for (const mutant of bits(signed)) tried(mutant);
    for (const mutant of pairs(signed)) {
      if (count >= AT_LEAST) break;
      tried(mutant);
    }

    expect(count).toBeGreaterThanOrEqual(AT_LEAST);
    const wrong = accepted.filter((mutant) => !isOpen(signed, mutant));
    expect(wrong.map(({ kind, what }) => `${kind} ${what}`)).toEqual([]);
  });

  it("refuses a signature cut, doubled, with more before or after it, in another writing, or none", () => {
    const { text, read, put } = place(signed);
    const isHex = signed.scheme.encoding === "hex" || signed.scheme.encoding === "hexAnyCase";
    const writings = [
      "",
      text.slice(1),
      text.slice(0, -1),
      text.slice(0, text.length / 2),
      text + text,
      `${text},${text}`,
      `${text} ${text}x`,
      `0${text}`,
      `00${text}`,
      `${text}0`,
      `${text}00`,
      `${text}=`,
      `${text}\0`,
      `"${text}"`,
      `v1=${text}`,
      `sha256=${text}x`,
      text.slice(0, 9) + "\n" + text.slice(9),
      text.slice(0, 9) + " " + text.slice(9),
      text.toUpperCase(),
      text.toLowerCase(),
      ...(isHex ? [Buffer.from(text, "hex").toString("base64")] : [Buffer.from(text, "base64").toString("hex")]),
      text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
      text.replaceAll("-", "+").replaceAll("_", "/"),
      text.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
      text.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    ].filter((writing) => writing !== text && !isSameSignature(signed, writing, text));

    for (const writing of writings) {
      const request = put(writing);
      const isRefused = !outcome(signed, request);
      // A list may hold the right one beside another.
      expect(isRefused || signaturesIn(signed, request).includes(read), JSON.stringify(writing)).toBe(true);
    }
  });
});

const plain = all.filter(
  ({ covers, oracle }) => covers === undefined && oracle !== undefined && oracle.signedBody === undefined,
);

describe.each(named(plain.filter(({ oracle }) => oracle?.sends === undefined)))(
  "the body of %s",
  (_name, { oracle }) => {
    const bodies: readonly (readonly [string, Buffer, readonly Buffer[]])[] = [
      ["a byte order mark", Buffer.concat([BOM(), LONG_BODY]), [LONG_BODY]],
      ["CRLF", Buffer.from('{\r\n"a": 1\r\n}\r\n'), [Buffer.from('{\n"a": 1\n}\n'), Buffer.from('{\r\n"a": 1\r\n}')]],
      [
        "what is not UTF-8",
        Buffer.from([0x22, 0xff, 0xc3, 0x22]),
        [Buffer.from('"\ufffd\ufffd"'), Buffer.from([0x22, 0xfe, 0xc3, 0x22])],
      ],
      ["latin1", Buffer.from('{"a":"\u00e9"}', "latin1"), [Buffer.from('{"a":"\u00e9"}')]],
      ["zero bytes", Buffer.from("\0\0"), [Buffer.from("\0"), Buffer.from("\0\0\0")]],
    ];

    it.each(bodies)("may have %s, and no other does in its place", (_what, body, others) => {
      if (oracle === undefined) throw new Error("no oracle");
      const signed = signedBy(oracle, body);

      expect(signed.check(signed.request).valid).toBe(true);
      for (const other of others) expect(outcome(signed, { ...signed.request, body: other })).toBe(false);
    });
  },
);

function BOM(): Buffer {
  return Buffer.from([0xef, 0xbb, 0xbf]);
}

describe.each(named(all.filter(({ scheme }) => scheme.timestamp !== undefined)))(
  "the window of %s",
  (_name, signed) => {
    const isWhole = signed.scheme.timestamp?.unit === "s";
    const reasonAt = (ms: number) => signed.check(signed.request, NOW + ms).reason;

    it("ends after 300 s, to the millisecond where the unit is finer than a second", () => {
      expect(reasonAt(0)).toBeNull();
      expect(reasonAt(300_000)).toBeNull();
      expect(reasonAt(-300_000)).toBeNull();
      expect(reasonAt(300_001)).toBe(isWhole ? null : "timestamp_too_old");
      expect(reasonAt(301_000)).toBe("timestamp_too_old");
      expect(reasonAt(-301_000)).toBe("timestamp_in_future");
    });
  },
);
