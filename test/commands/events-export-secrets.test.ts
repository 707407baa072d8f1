import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { EXPORT_FORMS } from "../../src/commands/events/export.js";
import { FORMS } from "../../src/commands/events/export/forms.js";
import type { ImportedEvent } from "../../src/events/event.js";
import type { HeaderList } from "../../src/events/headers.js";
import { redactEvent } from "../../src/events/redact.js";
import { anyEvent, asStored } from "../helpers/any-event.js";

const CANARY = "cAnArY0123456789";

/** Places in headers where a credential stands. */
const secretHeader: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "Authorization",
      "PROXY-AUTHORIZATION",
      "cookie",
      "Set-Cookie",
      "X-Api-Key",
      "X-Gitlab-Token",
      "x-access-token",
      "X-Forwarded-Authorization",
      "Api-Key",
      "X-Webhook-Secret",
      "X-Auth",
      "X-Amz-Security-Token",
      "X-Session-Id",
      "x-password",
    ),
    fc.constantFrom(CANARY, `Bearer ${CANARY}`, `a=b; sid=${CANARY}; Path=/`, `"${CANARY}"`),
  ),
  fc.tuple(
    fc.constantFrom("X-Custom", "X-Event-Type", "Via"),
    fc.constantFrom(
      `whsec_${CANARY}`,
      `sk_live_${CANARY}`,
      `key ghp_${CANARY}`,
      `xoxb-${CANARY}`,
      `Bearer ${CANARY}`,
      `Basic ${CANARY}`,
      `glpat-${CANARY}`,
      `eyJhbGciOiJIUzI1NiJ9.eyJ${CANARY}.x`,
      `AKIAIOSFODNN7EXAMPLE/${CANARY}`,
    ),
  ),
  fc.tuple(
    fc.constantFrom("Referer", "Location", "X-Original-URL", "Link"),
    fc.constantFrom(
      `https://a.example/?token=${CANARY}`,
      `https://user:${CANARY}@a.example/`,
      `/cb#access_token=${CANARY}&x=1`,
      `<https://a/?x=1&api_key=${CANARY}>; rel=next`,
      `https://a/?next=https%3A%2F%2Fb%2F%3Ftoken%3D${CANARY}`,
      `/a;secret=${CANARY}/b`,
    ),
  ),
);

const secretPath = fc.constantFrom(
  `/hook?token=${CANARY}`,
  `/hook?a=1&%74oken=${CANARY}&b`,
  `/hook?a=1;secret=${CANARY}`,
  `/hook?x=whsec_${CANARY}`,
  `/hook/whsec_${CANARY}/in`,
  `/hook;jwt=${CANARY}`,
  `/hook?u=http%3A%2F%2Fb%3Fpassword%3D${CANARY}`,
  `/hook?a=b?api-key=${CANARY}`,
  `/hook#access_token=${CANARY}`,
  `//u:${CANARY}@b/`,
  `/hook?signature=${CANARY}`,
  `/hook?code=1&sessionid=${CANARY}`,
);

/** An event with canaries wherever a credential may stand, and none in its body. */
const leaky: fc.Arbitrary<ImportedEvent> = fc
  .tuple(anyEvent, fc.array(secretHeader, { minLength: 1, maxLength: 4 }), secretPath, fc.nat(3))
  .map(([event, secrets, path, place]) => {
    const target = `http://u:${CANARY}@localhost:5000/hook?token=${CANARY}`;
    const mixed = (headers: HeaderList) => [...headers.slice(0, place), ...secrets, ...headers.slice(place)];
    const attempts = [...event.attempts, { ...emptyAttempt, n: event.attempts.length + 1 }];
    return {
      ...event,
      path,
      eventType: place === 0 ? `whsec_${CANARY}` : event.eventType,
      deliveryId: place === 1 ? `xoxb-${CANARY}` : event.deliveryId,
      headers: mixed(event.headers),
      trailers: mixed(event.trailers),
      attempts: attempts.map((attempt) => ({ ...attempt, target, headers: mixed(attempt.headers) })),
    };
  });

const emptyAttempt = {
  target: "",
  startedAt: 0,
  durationMs: 1,
  status: 200,
  error: null,
  headers: [],
  body: new Uint8Array(0),
};

function exported(name: (typeof EXPORT_FORMS)[number], event: ImportedEvent, includeSecrets: boolean): string {
  const shown = asStored(event);
  const given = includeSecrets ? shown : redactEvent(shown);
  const settings = {
    version: "1",
    includeSecrets,
    own: [],
    placeOf: ({ path }: { path: string }) => ({ url: `http://localhost:5000${path}`, path }),
  };
  const form = FORMS[name](settings);
  if (form.kind === "stream") return form.head + form.entry(given) + form.tail;
  const { folder, base, extension } = form.name(given);
  return `${folder}/${base}${extension}\n${Buffer.from(form.entry(given)).toString("latin1")}`;
}

describe.each(EXPORT_FORMS)("credentials in the form %s", (name) => {
  it("never come out, wherever they stand", () => {
    fc.assert(
      fc.property(leaky, (event) => {
        expect(exported(name, event, false)).not.toContain(CANARY);
      }),
      { numRuns: 300 },
    );
  });

  it("leave the body as it is", () => {
    const event = { ...fc.sample(leaky, { numRuns: 1, seed: 1 })[0]!, body: Buffer.from(`token=${CANARY}`) };

    expect(exported(name, event, false)).toContain(`token=${CANARY}`);
  });
});

it.each(EXPORT_FORMS.filter((name) => name !== "fixture"))(
  "credentials come out in the form %s when they are asked for",
  (name) => {
    const event = { ...fc.sample(leaky, { numRuns: 1, seed: 1 })[0]!, headers: [["Authorization", CANARY]] as const };

    expect(exported(name, event, true)).toContain(CANARY);
  },
);
