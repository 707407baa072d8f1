import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { providers } from "../../src/providers/index.js";
import type { Tolerance } from "../../src/signatures/request.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { NOW, oracles, requestBy, rowOf, sentBy, type Oracle, type Sent } from "./oracles.js";

interface Change {
  readonly headers?: (headers: HeaderList) => HeaderList;
  readonly secrets?: readonly string[];
  readonly sent?: Partial<Sent>;
  readonly body?: Uint8Array;
  readonly now?: number;
  readonly tolerance?: Tolerance;
}

function check(oracle: Oracle, change: Change = {}) {
  const request = requestBy(oracle, sentBy(oracle, change.sent));
  return verifyRequest({
    scheme: rowOf(oracle).scheme,
    request: {
      ...request,
      headers: change.headers?.(request.headers) ?? request.headers,
      body: change.body ?? request.body,
    },
    secrets: (change.secrets ?? [oracle.secret]).map((secret) => Buffer.from(secret)),
    now: change.now ?? NOW,
    tolerance: change.tolerance,
  });
}

function editHeader(name: string, edit: (value: string) => string): (headers: HeaderList) => HeaderList {
  return (headers) => headers.map(([key, value]) => [key, key === name ? edit(value) : value] as const);
}

const timed = oracles.filter((oracle) => rowOf(oracle).scheme.timestamp !== undefined);
const named = <Row extends Oracle>(rows: readonly Row[]) => rows.map((row) => [row.scheme, row] as const);

describe("the oracles", () => {
  it("stand for every scheme of every row", () => {
    const known = providers.flatMap((provider) => provider.schemes.map(({ name }) => name)).toSorted();

    expect(oracles.map(({ scheme }) => scheme).toSorted()).toEqual(known);
  });
});

describe.each(named(oracles))("%s", (_name, oracle) => {
  it("accepts what node:crypto signed as the provider's documents say", () => {
    expect(check(oracle)).toMatchObject({
      valid: true,
      reason: null,
      scheme: oracle.scheme,
      secretIndex: 0,
      signatureIndex: 0,
    });
  });

  it("accepts header names in any case", () => {
    expect(
      check(oracle, { headers: (headers) => headers.map(([name, value]) => [name.toUpperCase(), value] as const) })
        .valid,
    ).toBe(true);
  });

  it("tells which of several secrets made the signature", () => {
    const other = oracle.secret.startsWith("whsec_") ? "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" : `${oracle.secret}x`;
    const isKey = rowOf(oracle).scheme.secret.kind === "key";

    expect(check(oracle, { secrets: [isKey ? oracle.secret : other, oracle.secret] })).toMatchObject({
      valid: true,
      secretIndex: isKey ? 0 : 1,
    });
  });

  it("says that the signature's header is missing", () => {
    const without = (headers: HeaderList) => headers.filter(([name]) => name !== oracle.signatureHeader);

    expect(check(oracle, { headers: without })).toMatchObject({ valid: false, reason: "missing_header" });
  });

  it("refuses the signature's header sent twice, even twice the same", () => {
    const twice = (headers: HeaderList) => [...headers, ...headers.filter(([name]) => name === oracle.signatureHeader)];

    expect(check(oracle, { headers: twice })).toMatchObject({ valid: false, reason: "malformed_header" });
  });

  it("refuses an empty secret as misuse", () => {
    expect(() => check(oracle, { secrets: [""] })).toThrow(/empty/);
    expect(() => check(oracle, { secrets: [oracle.secret, ""] })).toThrow(/empty/);
    expect(() => check(oracle, { secrets: [] })).toThrow(/no (secret|key) is known/);
  });
});

/** Headers that are no signature at all; none may be accepted, none may throw. */
const JUNK = [
  "",
  " ",
  ",",
  "=",
  "=,=",
  "t=",
  "v1=",
  "v1,",
  "sha256=",
  "v0=",
  "0",
  "zz",
  "\u0000",
  "\u00ff",
  "a".repeat(65_536),
  ",".repeat(65_536),
  "v1=,".repeat(20_000),
  "t=1,".repeat(20_000),
];

/** Lists with blanks between their items: one at the end makes no difference. */
const LISTS = new Set(["webhook-signature", "svix-signature"]);

describe.each(named(oracles.filter(({ scheme }) => scheme !== "gitlab-token")))("%s refuses", (_name, oracle) => {
  it("a body with any one bit changed", () => {
    const { body } = sentBy(oracle);
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const verdict = check(oracle, { body: changed });
      expect(isSameForm(oracle, body, changed) ? !verdict.valid : verdict.valid, `bit ${bit}`).toBe(false);
    }
  });

  it("a body longer or shorter by a byte, with a byte order mark, or with other line ends", () => {
    const { body } = sentBy(oracle);
    for (const changed of [
      body.subarray(1),
      body.subarray(0, -1),
      ["\n", "\r\n", " ", "\0"].map((end) => Buffer.concat([body, Buffer.from(end)])),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
    ].flat()) {
      expect(check(oracle, { body: changed }).valid).toBe(false);
    }
  });

  it("a signature cut, lengthened, re-encoded, or changed in any character", () => {
    const signature =
      requestBy(oracle, sentBy(oracle)).headers.find(([name]) => name === oracle.signatureHeader)?.[1] ?? "";
    const text = /[A-Za-z0-9+/]{20,}={0,2}$/.exec(signature)?.[0] ?? "";
    const head = signature.slice(0, -text.length);
    const changedAt = Array.from(
      text,
      (char, index) => text.slice(0, index) + (char === "a" ? "b" : "a") + text.slice(index + 1),
    );
    const mutants = [
      text.slice(1),
      text.slice(0, -1),
      text.slice(0, -2),
      text.slice(0, text.length / 2),
      `${text}0`,
      `${text}00`,
      `${text}=`,
      `${text}=AA`,
      `0${text}`,
      text + text,
      ` ${text}`,
      `${text} `,
      `${text}\n`,
      `"${text}"`,
      "",
      ...changedAt,
    ];

    expect(text.length).toBeGreaterThan(26);
    for (const mutant of mutants) {
      if (mutant === `${text} ` && LISTS.has(oracle.signatureHeader)) continue;
      const verdict = check(oracle, { headers: editHeader(oracle.signatureHeader, () => head + mutant) });
      expect(verdict.valid, mutant).toBe(false);
    }
  });

  it("junk, at once and without throwing", () => {
    for (const junk of JUNK) {
      const started = performance.now();
      const verdict = check(oracle, { headers: editHeader(oracle.signatureHeader, () => junk) });

      expect(verdict.valid).toBe(false);
      expect(performance.now() - started).toBeLessThan(500);
    }
  });

  it("a signature made with another secret", () => {
    if (rowOf(oracle).scheme.secret.kind === "key") return;
    const other = oracle.secret.startsWith("whsec_") ? "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" : `${oracle.secret} `;

    expect(check(oracle, { secrets: [other] })).toMatchObject({
      valid: false,
      reason: "signature_mismatch",
      secretIndex: null,
    });
  });
});

/** Two writings of a form with the same fields are the same to a scheme that signs fields. */
function isSameForm(oracle: Oracle, a: Uint8Array, b: Uint8Array): boolean {
  if (oracle.scheme !== "twilio-form") return false;
  const fields = (body: Uint8Array) =>
    [...new URLSearchParams(Buffer.from(body).toString("latin1"))].map(String).toSorted().join();
  return fields(a) === fields(b);
}

describe("the token of GitLab", () => {
  const oracle = oracles.find(({ scheme }) => scheme === "gitlab-token") as Oracle;

  it.each([
    "",
    "a",
    "a secret of some lengt",
    "a secret of some length ",
    "A secret of some length",
    "a secret of some lengtH",
  ])("refuses %j", (token) => {
    expect(check(oracle, { headers: editHeader("X-Gitlab-Token", () => token) }).valid).toBe(false);
  });
});

describe.each(named(timed))("the time of %s", (_name, oracle) => {
  it.each([
    [-301, "timestamp_too_old"],
    [-300, null],
    [0, null],
    [300, null],
    [301, "timestamp_in_future"],
    [100_000_000, "timestamp_in_future"],
  ])("%d s from now: %s", (offset, reason) => {
    const verdict = check(oracle, { sent: { time: String(NOW / 1000 + offset) } });

    expect(verdict.reason).toBe(reason);
    expect(verdict).toMatchObject({
      ageSeconds: 0 - offset,
      timestamp: NOW + offset * 1000,
      signatureIndex: 0,
      secretIndex: 0,
    });
  });

  it.each([
    "",
    "0x6553f100",
    "1e9",
    "1e99",
    "NaN",
    "Infinity",
    "-1",
    "+1700000000",
    "1700000000abc",
    " 1700000000",
    "1700000000 ",
    "1700000000.0",
    "\u0661\u0667",
    "1".repeat(16),
    "1".repeat(1000),
  ])("%j, signed rightly, is malformed", (time) => {
    expect(check(oracle, { sent: { time } })).toMatchObject({
      valid: false,
      reason: "timestamp_malformed",
      timestamp: null,
      ageSeconds: null,
    });
  });

  it("milliseconds in place of seconds are named as such", () => {
    const verdict = check(oracle, { sent: { time: String(NOW) } });

    expect(verdict).toMatchObject({ reason: "timestamp_in_future", message: expect.stringContaining("milliseconds") });
  });

  it("an old timestamp with a wrong signature is a mismatch", () => {
    const { body } = sentBy(oracle);

    expect(check(oracle, { sent: { time: "1500000000" }, body: Buffer.concat([body, Buffer.from(" ")]) }).reason).toBe(
      "signature_mismatch",
    );
  });

  it("is left out with the tolerance off or 0, and the verdict says so", () => {
    for (const tolerance of ["off", 0] as const) {
      expect(check(oracle, { sent: { time: "1500000000" }, tolerance })).toMatchObject({
        valid: true,
        timestampChecked: false,
      });
    }
    expect(check(oracle)).toMatchObject({ timestampChecked: true });
  });

  it("keeps to another tolerance", () => {
    const sent = { time: String(NOW / 1000 - 400) };

    expect(check(oracle, { sent, tolerance: 400 }).valid).toBe(true);
    expect(check(oracle, { sent, tolerance: 399 }).valid).toBe(false);
  });

  it("is missing when it is not there", () => {
    const { timestampHeader, signatureHeader } = oracle;
    const without: Change["headers"] =
      timestampHeader === undefined
        ? editHeader(signatureHeader, (value) => value.replace(/^t=\d+,/, ""))
        : (headers) => headers.filter(([name]) => name !== timestampHeader);

    expect(check(oracle, { headers: without }).reason).toBe("timestamp_missing");
  });
});

describe("bodies that are not UTF-8", () => {
  it.each(named(oracles.filter(({ scheme }) => !["gitlab-token", "twilio-form"].includes(scheme))))(
    "are told apart by %s",
    (_name, oracle) => {
      const [one, two] = [Buffer.from([0x22, 0xff, 0x22]), Buffer.from([0x22, 0xfe, 0x22])];

      expect(check(oracle, { sent: { body: one } }).valid).toBe(true);
      expect(check(oracle, { sent: { body: one }, body: two }).valid).toBe(false);
    },
  );
});
