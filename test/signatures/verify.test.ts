import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { providers } from "../../src/providers/index.js";
import type { Tolerance } from "../../src/signatures/request.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { BODY, NOW, oracles, requestBy, rowOf, sentBy, type Oracle, type Sent } from "./oracles.js";
import { placeOracles } from "./oracles-of-places.js";
import { hmacToken, jwtOracles } from "./oracles-of-tokens.js";

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
    settings: oracle.settings,
  });
}

/** The signature's text edited, where it stands. */
function editSignature(oracle: Oracle, edit: (value: string) => string): Change {
  const { signatureHeader, signatureInBody } = oracle;
  if (signatureHeader !== undefined) return { headers: editHeader(signatureHeader, edit) };
  const text = bodyText(oracle);
  const found = signatureInBody?.exec(text);
  if (found?.[1] === undefined) throw new Error(`no signature in the body of ${oracle.scheme}`);
  const start = text.indexOf(found[1], found.index);
  return {
    body: Buffer.from(text.slice(0, start) + edit(found[1]) + text.slice(start + found[1].length), "latin1"),
  };
}

/** The body as it is sent. */
function bodyText(oracle: Oracle): string {
  return Buffer.from(requestBy(oracle, sentBy(oracle)).body).toString("latin1");
}

/** The signature is wrong, whatever else is right. */
function spoil(oracle: Oracle): Change {
  if (oracle.timeInHeader !== undefined)
    return editSignature(oracle, (value) => value.replace(/:(.)/, (_, first) => (first === "A" ? ":B" : ":A")));
  const isOfBytes = oracle.covers === undefined && oracle.signatureHeader !== undefined;
  return isOfBytes ? { body: Buffer.from(`${bodyText(oracle)} `, "latin1") } : { secrets: [otherSecret(oracle, "x")] };
}

function editHeader(name: string, edit: (value: string) => string): (headers: HeaderList) => HeaderList {
  return (headers) => headers.map(([key, value]) => [key, key === name ? edit(value) : value] as const);
}

const timed = oracles.filter((oracle) => rowOf(oracle).scheme.timestamp !== undefined);
const tokens = oracles.filter(({ covers }) => covers === "nothing");
const signed = oracles.filter(({ covers }) => covers !== "nothing");
const named = <Row extends Oracle>(rows: readonly Row[]) => rows.map((row) => [row.scheme, row] as const);

describe("the oracles", () => {
  it("stand for every scheme of every row", () => {
    const known = providers.flatMap((provider) => provider.schemes.map(({ name }) => name)).toSorted();

    expect([...oracles, ...placeOracles].map(({ scheme }) => scheme).toSorted()).toEqual(known);
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
    const other = otherSecret(oracle, "x");
    const isKey = rowOf(oracle).scheme.secret.kind === "key";

    expect(check(oracle, { secrets: [isKey ? oracle.secret : other, oracle.secret] })).toMatchObject({
      valid: true,
      secretIndex: isKey ? 0 : 1,
    });
  });

  it("says that the signature is missing", () => {
    const without = (headers: HeaderList) => headers.filter(([name]) => name !== oracle.signatureHeader);
    const change = oracle.signatureHeader === undefined ? { body: BODY } : { headers: without };

    expect(check(oracle, change)).toMatchObject({ valid: false, reason: "missing_header" });
  });

  it("refuses an empty secret as misuse", () => {
    expect(() => check(oracle, { secrets: [""] })).toThrow(/empty/);
    expect(() => check(oracle, { secrets: [oracle.secret, ""] })).toThrow(/empty/);
    expect(() => check(oracle, { secrets: [] })).toThrow(/no (secret|key) is known/);
  });
});

describe.each(named(oracles.filter(({ signatureHeader }) => signatureHeader !== undefined)))("%s", (_name, oracle) => {
  it("refuses the signature's header sent twice, even twice the same", () => {
    const twice = (headers: HeaderList) => [...headers, ...headers.filter(([name]) => name === oracle.signatureHeader)];

    expect(check(oracle, { headers: twice })).toMatchObject({ valid: false, reason: "malformed_header" });
  });
});

/** Another secret of the same form. */
function otherSecret(oracle: Oracle, end: string): string {
  const { kind } = rowOf(oracle).scheme.secret;
  if (kind === "prefixedBase64") return "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  if (kind === "base64") return "AAAAAAAAAAAAAAAAAAAAAA==";
  return kind === "hex" ? "00".repeat(16) : oracle.secret + end;
}

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
const LISTS = new Set([
  "webhook-signature",
  "svix-signature",
  "X-PagerDuty-Signature",
  "fpjs-event-signature",
  "WorkOS-Signature",
  "recurly-signature",
  "x-signature",
  "X-Plivo-Signature-V2",
  "X-Plivo-Signature-V3",
]);

describe.each(named(signed.filter(({ covers }) => covers !== "fields")))(
  "%s, which covers the body, refuses",
  (_name, oracle) => {
    it("a body with any one bit changed", () => {
      const { body } = requestBy(oracle, sentBy(oracle));
      for (let bit = 0; bit < body.length * 8; bit += 1) {
        const changed = Buffer.from(body);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const verdict = check(oracle, { body: changed });
        expect(isSameForm(oracle, body, changed) ? !verdict.valid : verdict.valid, `bit ${bit}`).toBe(false);
      }
    });

    it("a body longer or shorter by a byte, or with a byte order mark", () => {
      const { body } = requestBy(oracle, sentBy(oracle));
      for (const changed of [
        body.subarray(1),
        body.subarray(0, -1),
        ["\n", "\r\n", " ", "\0"].map((end) => Buffer.concat([body, Buffer.from(end)])),
        Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
      ].flat()) {
        expect(check(oracle, { body: changed }).valid).toBe(false);
      }
    });
  },
);

describe.each(named(signed))("%s refuses", (_name, oracle) => {
  it("a signature cut, lengthened, re-encoded, or changed in any character", () => {
    const request = requestBy(oracle, sentBy(oracle));
    const signature =
      oracle.signatureInBody?.exec(bodyText(oracle))?.[1] ??
      request.headers.find(([name]) => name === oracle.signatureHeader)?.[1] ??
      "";
    const tail = signature.endsWith(":") ? ":" : "";
    const text = /[\w+/-]{20,}={0,2}(?=:?$)/.exec(signature)?.[0] ?? "";
    const head = signature.slice(0, -(text + tail).length);
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
      if (mutant.trim() === text && LISTS.has(oracle.signatureHeader ?? "")) continue;
      const verdict = checkText(oracle, { request, signature, mutant: head + mutant + tail });
      expect(verdict.valid, mutant).toBe(false);
    }
  });

  it("junk, at once and without throwing", () => {
    for (const junk of JUNK) {
      const started = performance.now();
      const verdict = check(
        oracle,
        editSignature(oracle, () => junk),
      );

      expect(verdict.valid).toBe(false);
      expect(performance.now() - started).toBeLessThan(500);
    }
  });

  it("a signature made with another secret", () => {
    if (rowOf(oracle).scheme.secret.kind === "key") return;
    const other = otherSecret(oracle, " ");

    expect(check(oracle, { secrets: [other] })).toMatchObject({
      valid: false,
      reason: "signature_mismatch",
      secretIndex: null,
    });
  });
});

/** The request with other text in place of its signature. */
function checkText(
  oracle: Oracle,
  { request, signature, mutant }: { request: ReturnType<typeof requestBy>; signature: string; mutant: string },
) {
  const swap = (text: string) => text.replace(signature, () => mutant);
  const swapped = {
    headers: request.headers.map(
      ([name, value]) => [name, name === oracle.signatureHeader ? swap(value) : value] as const,
    ),
    body:
      oracle.signatureInBody === undefined
        ? request.body
        : Buffer.from(swap(Buffer.from(request.body).toString("latin1")), "latin1"),
  };
  return verifyRequest({
    scheme: rowOf(oracle).scheme,
    request: { ...request, ...swapped },
    secrets: [Buffer.from(oracle.secret)],
    now: NOW,
    settings: oracle.settings,
  });
}

/** Two writings of a form with the same fields are the same to a scheme that signs fields. */
function isSameForm(oracle: Oracle, a: Uint8Array, b: Uint8Array): boolean {
  if (oracle.covers !== "form") return false;
  const fields = (body: Uint8Array) =>
    [...new URLSearchParams(Buffer.from(body).toString("latin1"))].map(String).toSorted().join();
  return fields(a) === fields(b);
}

describe.each(named(tokens))("the secret that %s sends", (_name, oracle) => {
  it.each([
    () => "",
    () => "a",
    (text: string) => text.slice(0, -1),
    (text: string) => `${text} `,
    (text: string) => ` ${text}`,
    (text: string) => text + text,
    (text: string) => text.toUpperCase(),
    (text: string) => text.slice(0, -1) + (text.endsWith("h") ? "H" : "h"),
  ])("is refused when it is another: %s", (edit) => {
    expect(check(oracle, editSignature(oracle, edit)).valid).toBe(false);
  });

  it("says nothing about the body", () => {
    expect(check(oracle, { body: Buffer.from("another") }).valid).toBe(true);
  });
});

/** What of a body is signed where not all of it is: each change of the first must be refused, of the second cannot be. */
const FIELDS: Readonly<
  Record<string, { signed: readonly (readonly [string, string])[]; rest: readonly [string, string] }>
> = {
  "mailgun-form": { signed: [["token=01234", "token=01235"]], rest: ["event=opened", "event=failed"] },
  "braintree-hmac-sha1": {
    signed: [
      ["bt_payload=P", "bt_payload=Q"],
      ["%0A&", "&"],
    ],
    rest: ["other=1", "other=2"],
  },
  "inngest-hmac-sha256": {
    signed: [
      ["1.0", "1.5"],
      ["signup", "signuP"],
      ["null", "0"],
    ],
    rest: ['{ "version"', '{"version"'],
  },
  "adyen-item": {
    signed: [
      ["7914073381342284", "7914073381342285"],
      ['"merchantAccountCode"', '"originalReference":"x","merchantAccountCode"'],
      ["TestMerchant", "TestMerchanT"],
      ["TestPayment-", "TestPayment_"],
      ["1130", "1131"],
      ['"EUR"', '"USD"'],
      ["AUTHORISATION", "REFUND"],
      ['"success":"true"', '"success":"false"'],
      ['"success":"true"', '"success":null'],
    ],
    rest: ['"live":"false"', '"live":"true"'],
  },
  "mailgun-hmac-sha256": {
    signed: [
      ["0123456789abcdef", "0123456789abcdeF"],
      ["1700000000", "1700000001"],
    ],
    rest: ["opened", "failed"],
  },
  "dropbox-sign-hmac-sha256": {
    signed: [
      ["1700000000", "1700000001"],
      ["signature_request_sent", "signature_request_signed"],
    ],
    rest: ["json=", "other=1&json="],
  },
};

describe.each(Object.entries(FIELDS))("the fields that %s signs", (scheme, { signed: changes, rest }) => {
  const oracle = oracles.find((one) => one.scheme === scheme) as Oracle;
  const withChange = ([from, to]: readonly [string, string]) => {
    expect(bodyText(oracle)).toContain(from);
    return check(oracle, { body: Buffer.from(bodyText(oracle).replace(from, to), "latin1") }).valid;
  };

  it.each(changes)("are refused with %s as %s", (from, to) => {
    expect(withChange([from, to])).toBe(false);
  });

  it("leave the rest of the body open", () => {
    expect(withChange(rest)).toBe(true);
  });
});

describe("ids and URLs in place of the body", () => {
  const changed = (scheme: string, change: { url?: string; header?: string }) => {
    const oracle = oracles.find((one) => one.scheme === scheme) as Oracle;
    const request = requestBy(oracle, sentBy(oracle));
    const headers = request.headers.map(
      ([name, value]) => [name, name === change.header ? `${value}0` : value] as const,
    );
    return verifyRequest({
      scheme: rowOf(oracle).scheme,
      request: { ...request, headers, url: change.url ?? request.url, body: Buffer.from("{}") },
      secrets: [Buffer.from(oracle.secret)],
      now: NOW,
    });
  };

  it("hold whatever the body says (Mercado Pago, Plivo)", () => {
    expect(changed("mercado-pago-v1", {}).valid).toBe(true);
    expect(changed("plivo-v2", {}).valid).toBe(true);
  });

  it.each([
    ["mercado-pago-v1", { url: "https://example.com/hooks?data.id=PAY-2&type=payment" }],
    ["mercado-pago-v1", { url: "https://example.com/hooks" }],
    ["mercado-pago-v1", { header: "x-request-id" }],
    ["plivo-v2", { url: "https://example.com/hooks?x=2" }],
    ["plivo-v2", { header: "X-Plivo-Signature-V2-Nonce" }],
  ])("are refused when another is sent: %s %j", (scheme, change) => {
    expect(changed(scheme, change)).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });

  it("take Mercado Pago's id in any case", () => {
    expect(changed("mercado-pago-v1", { url: "https://example.com/hooks?data.id=pay-1" }).valid).toBe(true);
  });
});

describe.each(named(jwtOracles))("the token of %s", (_name, oracle) => {
  const prefix = oracle.scheme === "vonage-jwt" ? "Bearer " : "";
  const isShared = oracle.scheme !== "plaid-jwt";
  const reasonOf = (head: object, claims: object) =>
    check(
      oracle,
      editSignature(oracle, () => prefix + hmacToken(head, claims)),
    ).reason;
  const claims = { ...oracle.claims(sentBy(oracle)), iat: NOW / 1000 };

  it.each(["none", "None", "nOnE", "RS256", "HS1", "hs256", "", ["HS256"], null, undefined])(
    "does not count with the algorithm %j",
    (alg) => {
      expect(reasonOf({ alg }, claims)).toBe("algorithm_not_allowed");
    },
  );

  it("is not believed without its signature", () => {
    for (const alg of ["none", "HS256", "ES256"]) {
      const [head, body] = hmacToken({ alg }, claims).split(".");
      expect(
        check(
          oracle,
          editSignature(oracle, () => `${prefix}${head}.${body}.`),
        ).valid,
      ).toBe(false);
    }
  });

  // Tokens of Plaid are made with a private key; its own tests stand below.
  if (!isShared) return;

  it("is refused for another body, another claim, or one claim less", () => {
    expect(reasonOf({ alg: "HS256" }, claims)).toBeNull();
    expect(check(oracle, { body: Buffer.from("{}") }).reason).toBe("body_hash_mismatch");
    for (const name of Object.keys(oracle.claims(sentBy(oracle)))) {
      expect(reasonOf({ alg: "HS256" }, { ...claims, [name]: "other" }), name).not.toBeNull();
      expect(reasonOf({ alg: "HS256" }, { ...claims, [name]: undefined }), name).not.toBeNull();
    }
  });

  it("keeps to the times in it", () => {
    const now = NOW / 1000;

    expect(reasonOf({ alg: "HS256" }, { ...claims, exp: now - 60 })).toBe("timestamp_too_old");
    expect(reasonOf({ alg: "HS256" }, { ...claims, exp: "soon" })).toBe("timestamp_too_old");
    expect(reasonOf({ alg: "HS256" }, { ...claims, nbf: now + 60 })).toBe("timestamp_in_future");
  });

  it("takes no secret that is a public key", () => {
    expect(() => check(oracle, { secrets: ["-----BEGIN PUBLIC KEY-----\n"] })).toThrow(
      "takes a shared secret, not a key",
    );
  });
});

describe("a token that counts from its issue (Plaid)", () => {
  const oracle = oracles.find(({ scheme }) => scheme === "plaid-jwt") as Oracle;

  it.each([
    [-301, "timestamp_too_old"],
    [-300, null],
    [0, null],
    [300, null],
    [301, "timestamp_in_future"],
  ])("%d s from now: %s", (offset, reason) => {
    expect(check(oracle, { sent: { time: String(NOW / 1000 + offset) } }).reason).toBe(reason);
  });

  it("must say when that was, and need not with the tolerance off", () => {
    expect(check(oracle, { sent: { time: "x" } }).reason).toBe("timestamp_missing");
    expect(check(oracle, { sent: { time: "x" }, tolerance: "off" }).valid).toBe(true);
    expect(check(oracle, { sent: { time: String(NOW / 1000 - 400) }, tolerance: 400 }).valid).toBe(true);
  });
});

const inSeconds = timed.filter((oracle) => rowOf(oracle).scheme.timestamp?.unit === "s");

describe.each(named(inSeconds))("the time of %s in", (_name, oracle) => {
  it("milliseconds in place of seconds are named as such", () => {
    const verdict = check(oracle, { sent: { time: String(NOW) } });

    expect(verdict).toMatchObject({ reason: "timestamp_in_future", message: expect.stringContaining("milliseconds") });
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
    // Blanks around an item of a list are no part of it: the time that was signed with them is not the one that is read.
    if (time.trim() !== time && oracle.timestampHeader === undefined && LISTS.has(oracle.signatureHeader ?? "")) {
      expect(check(oracle, { sent: { time } })).toMatchObject({ valid: false });
      return;
    }
    expect(check(oracle, { sent: { time } })).toMatchObject({
      valid: false,
      reason: "timestamp_malformed",
      timestamp: null,
      ageSeconds: null,
    });
  });

  it("an old timestamp with a wrong signature is a mismatch", () => {
    const wrong = spoil(oracle);

    expect(check(oracle, { sent: { time: "1500000000" }, ...wrong }).reason).toBe("signature_mismatch");
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
    const isPositional = oracle.scheme === "recurly-hmac-sha256";

    expect(check(oracle, withoutTime(oracle)).reason).toBe(isPositional ? "malformed_header" : "timestamp_missing");
  });
});

function withoutTime(oracle: Oracle): Change {
  const { timestampHeader, timeInBody, timeInHeader } = oracle;
  if (timeInHeader !== undefined)
    return { headers: editHeader(timeInHeader[0], (value) => value.replace(timeInHeader[1], "")) };
  if (timeInBody !== undefined) return { body: Buffer.from(bodyText(oracle).replace(timeInBody, ""), "latin1") };
  return timestampHeader === undefined
    ? editSignature(oracle, (value) => value.replace(/^(?:\w+=)?\d+[,;&] ?/, ""))
    : { headers: (headers) => headers.filter(([name]) => name !== timestampHeader) };
}

describe("bodies that are not UTF-8", () => {
  it.each(named(oracles.filter(({ covers, signedBody }) => covers === undefined && signedBody === undefined)))(
    "are told apart by %s",
    (_name, oracle) => {
      const [one, two] = [Buffer.from([0x22, 0xff, 0x22]), Buffer.from([0x22, 0xfe, 0x22])];

      expect(check(oracle, { sent: { body: one } }).valid).toBe(true);
      expect(check(oracle, { sent: { body: one }, body: two }).valid).toBe(false);
    },
  );
});
