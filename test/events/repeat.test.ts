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
});
