import { describe, expect, it } from "vitest";
import { repeatIdentity } from "../../src/events/repeat.js";
import { newEvent } from "../helpers/event.js";

const EVENT = newEvent({ provider: "stripe", providerEventId: "evt_1", deliveryId: "d_1" });

describe("a repeated delivery", () => {
  it("is known by the provider's id of the event, whatever the delivery's", () => {
    expect(repeatIdentity({ ...EVENT, deliveryId: "d_2" })).toBe(repeatIdentity(EVENT));
  });

  it("is known by the id of the delivery where that is the only one", () => {
    const first = { ...EVENT, providerEventId: null };

    expect(repeatIdentity({ ...first, state: "failed" })).toBe(repeatIdentity(first));
    expect(repeatIdentity({ ...first, deliveryId: "d_2" })).not.toBe(repeatIdentity(first));
    expect(repeatIdentity({ ...first, deliveryId: "evt_1" })).not.toBe(repeatIdentity(EVENT));
  });

  it.each([{ project: "/other" }, { provider: "github" }, { eventType: "other" }, { providerEventId: "evt_2" }])(
    "is none with another %o",
    (fields) => {
      expect(repeatIdentity({ ...EVENT, ...fields })).not.toBe(repeatIdentity(EVENT));
    },
  );

  it.each([{ state: "refused" }, { replayOf: "evt_0" }, { providerEventId: null, deliveryId: null }] as const)(
    "is not seen in one with %o",
    (fields) => {
      expect(repeatIdentity({ ...EVENT, ...fields })).toBeNull();
    },
  );

  it.each([null, "generic"])("of a sender nobody knows (%s) is known by the body's own id", (provider) => {
    const first = newEvent({ provider, providerEventId: "7", body: Buffer.from('{"id":7,"try":1}') });

    expect(repeatIdentity({ ...first, body: Buffer.from('{"id":7,"try":2}') })).toBe(repeatIdentity(first));
  });

  it("of a sender nobody knows is none where the same thing has changed, and one where the body is the same", () => {
    const body = (total: number) => Buffer.from(`{"data":{"id":"order_1","total":${total}}}`);
    const first = newEvent({ providerEventId: "order_1", body: body(1) });

    expect(repeatIdentity({ ...first, body: body(2) })).not.toBe(repeatIdentity(first));
    expect(repeatIdentity({ ...first, body: body(1) })).toBe(repeatIdentity(first));
  });

  it.each(["", "id", '{"id":', "null", '"id"', "[]"])("is looked for in any body, as in %j", (text) => {
    const event = newEvent({ providerEventId: "id", body: Buffer.from(text) });

    expect(repeatIdentity({ ...event, body: Buffer.from(`${text} `) })).not.toBe(repeatIdentity(event));
  });
});
