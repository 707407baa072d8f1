import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createListener } from "hookcli/listener";
import { payOrder } from "../shop.js";

let hook;

beforeAll(async () => {
  hook = await createListener({ secret: "s3cret" });
});
afterEach(() => hook.clear());
afterAll(() => hook.close());

test("a paid order is told of, signed", async () => {
  await payOrder({ id: "A1", total: 1200 }, { url: hook.url, secret: "s3cret" });

  const event = await hook.waitFor({ type: "order.paid", path: "/orders" });

  expect(event.signature.status).toBe("valid");
  expect(event.json()).toMatchObject({ data: { id: "A1", total: 1200 } });
});

test("a webhook that is not taken is sent again, with the same id", async () => {
  hook.respond(503, { times: 1 });

  const attempts = await payOrder({ id: "A2" }, { url: hook.url, secret: "s3cret" });

  expect(attempts).toBe(2);
  expect(hook.events.map((event) => event.providerEventId)).toEqual(["evt_A2", "evt_A2"]);
});

test("an order that nobody takes is an error", async () => {
  hook.respond((event) => ({ status: 500, json: { refused: event.providerEventId } }));

  await expect(payOrder({ id: "A3" }, { url: hook.url, secret: "s3cret" })).rejects.toThrow("nobody took A3");
});
