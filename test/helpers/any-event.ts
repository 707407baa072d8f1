import { createHash } from "node:crypto";
import { fc } from "./properties.js";
import type { Attempt, HookEvent, ImportedEvent, SignatureNote } from "../../src/events/event.js";
import type { HeaderList } from "../../src/events/headers.js";
import { newEventId } from "../../src/events/id.js";

const LATEST_MS = Date.UTC(9999, 11, 31);

/** An event as it lies in the store. */
export function asStored(event: ImportedEvent, seq = 1): HookEvent {
  const bodySha256 = createHash("sha256").update(event.body).digest("hex");
  return { ...event, seq, bodySha256, size: event.body.byteLength };
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const latin1 = (pattern: RegExp) =>
  fc
    .array(
      fc
        .integer({ min: 0, max: 255 })
        .map((code) => String.fromCharCode(code))
        .filter((one) => pattern.test(one)),
      { maxLength: 20 },
    )
    .map((characters) => characters.join(""));

/** Header names of any case, repeated, with every byte that HTTP allows in a value. */
export const anyHeaders: fc.Arbitrary<HeaderList> = fc.array(
  fc.tuple(
    fc.oneof(
      token,
      fc.constantFrom("Content-Type", "content-type", "__proto__", "constructor", "COOKIE", "Set-Cookie"),
    ),
    latin1(/[\t\x20-\x7e\x80-\xff]/),
  ),
  { maxLength: 6 },
);

/** Bodies: any bytes, any text, and texts that something could take offence at. */
export const anyBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 100 }).map((text) => Buffer.from(text)),
  fc
    .constantFrom("", "\0", "\r\n", "\ufeff{}", "\u2028", "***", '{"__proto__":1}', "\n", "0\r\n\r\n")
    .map((text) => Buffer.from(text)),
);

const anyWord = fc.option(
  fc.string({ unit: fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }), maxLength: 20 }),
  { nil: null },
);
const anyTime = fc.integer({ min: 0, max: LATEST_MS });
const anyId = fc
  .tuple(anyTime, fc.uint8Array({ minLength: 10, maxLength: 10 }))
  .map(([ms, bytes]) => newEventId(ms, () => bytes));

const anyAttempt: fc.Arbitrary<Omit<Attempt, "n">> = fc.record({
  target: fc.constantFrom("http://localhost:5000", "http://[::1]:5000/hook", "https://example.com/a?b=c"),
  startedAt: anyTime,
  durationMs: fc.option(
    fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0),
    { nil: null },
  ),
  status: fc.option(fc.integer({ min: 100, max: 999 }), { nil: null }),
  error: fc.option(fc.constantFrom("refused", "bad_answer", "timeout"), { nil: null }),
  headers: anyHeaders,
  body: anyBody,
});

const anySignature: fc.Arbitrary<SignatureNote> = fc.oneof(
  fc.constant({ status: "unchecked" } as const),
  fc.record({
    status: fc.constantFrom("valid", "invalid", "not_checkable"),
    reason: fc.constantFrom("signature_mismatch", "timestamp_too_old"),
    provider: fc.constant("stripe"),
    scheme: fc.constant("stripe-v1"),
    secretIndex: fc.nat(3),
  }) as fc.Arbitrary<SignatureNote>,
);

/** Any event that a store may hold. */
export const anyEvent: fc.Arbitrary<ImportedEvent> = fc.record({
  id: anyId,
  project: fc.constantFrom("/home/dev/shop", "C:\\shop", "/ünï/\u0007"),
  receivedAt: anyTime,
  source: fc.constantFrom("tunnel", "local", "send", "replay", "import"),
  method: fc.oneof(fc.constantFrom("GET", "POST", "PUT", "HEAD", "OPTIONS"), token),
  path: latin1(/[\x21-\x7e\x80-\xff]/).map((text) => `/${text}`),
  headers: anyHeaders,
  trailers: anyHeaders,
  body: anyBody,
  bodyComplete: fc.boolean(),
  remoteIp: fc.option(fc.constantFrom("127.0.0.1", "::1"), { nil: null }),
  provider: anyWord,
  eventType: anyWord,
  providerEventId: anyWord,
  deliveryId: anyWord,
  signature: anySignature,
  duplicateOf: fc.option(anyId, { nil: null }),
  replayOf: fc.option(anyId, { nil: null }),
  state: fc.constantFrom("refused", "stored", "pending", "delivered", "failed", "dead"),
  refusal: fc.option(fc.constantFrom("body_too_large", "ip_not_allowed"), { nil: null }),
  attempts: fc
    .array(anyAttempt, { maxLength: 3 })
    .map((attempts) => attempts.map((attempt, index) => ({ n: index + 1, ...attempt }))),
});

/** The event with its bytes as plain arrays, so that two of them can be compared whatever holds them. */
export function comparable(event: ImportedEvent): unknown {
  const bytes = (body: Uint8Array) => Buffer.from(body).toString("hex");
  return {
    ...event,
    body: bytes(event.body),
    attempts: event.attempts.map((attempt) => ({ ...attempt, body: bytes(attempt.body) })),
  };
}
