import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataPath, hasData } from "../helpers/data.js";
import { newEvent } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

function jsonTestSuite(): Buffer[] {
  const folder = dataPath("jsontestsuite", "test_parsing");
  return readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`));
}

function naughtyStrings(): string[] {
  return JSON.parse(readFileSync(dataPath("blns", "blns.json"), "utf8")) as string[];
}

describe.skipIf(!hasData)("bodies of the corpora (skipped without HOOKCLI_TEST_DATA)", () => {
  it.each([
    { name: "JSONTestSuite", count: 318, bodies: jsonTestSuite },
    { name: "naughty strings", count: 515, bodies: () => naughtyStrings().map((text) => Buffer.from(text)) },
  ])("$name: $count come back byte for byte", async ({ bodies, count }) => {
    const store = await openTestStore();
    const events = bodies().map((body) => newEvent({ body }));

    await Promise.all(events.map((event) => store.append(event)));
    const damaged = events.filter(({ id, body }) => !Buffer.from(body).equals(store.get(id)?.body ?? Buffer.from("?")));

    expect(events).toHaveLength(count);
    expect(damaged).toEqual([]);
  });

  it("naughty strings come back as types, ids, headers and paths, too", async () => {
    const store = await openTestStore();
    const events = naughtyStrings().map((text) =>
      newEvent({
        path: `/${text}`,
        headers: [[`X-${text}`, text]],
        eventType: text,
        provider: text,
        providerEventId: text,
        deliveryId: text,
      }),
    );

    await Promise.all(events.map((event) => store.append(event)));

    for (const event of events) {
      const { path, headers, eventType, provider, providerEventId, deliveryId } = event;
      expect(store.get(event.id)).toMatchObject({ path, headers, eventType, provider, providerEventId, deliveryId });
    }
  });
});
