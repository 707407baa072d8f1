import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.js";
import type { AttemptEnd } from "../../src/store/store.js";
import { writerUrl } from "../helpers/writer.js";
import { newEvent } from "../helpers/event.js";

const END: AttemptEnd = { durationMs: 1, status: 418, error: null, headers: [], body: new Uint8Array() };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-pages-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a list that is read page by page", () => {
  it.each(["newest", "oldest"] as const)("has the events that are answered meanwhile, %s first", async (order) => {
    const store = await openStore({
      path: join(folder, "events.db"),
      context: { now: Date.now },
      writerPath: await writerUrl(),
    });
    const events = Array.from({ length: 1_200 }, (_, index) =>
      newEvent({ project: "/p", eventType: `t.${index % 3}` }),
    );
    const start = { target: "http://localhost:1", startedAt: 1 };
    await Promise.all(events.map((event) => store.append(event, start)));
    await store.append(newEvent({ project: "/other", eventType: "t.1" }), start);

    const seen: number[] = [];
    for (const { seq } of store.select({ project: "/p", names: [], types: ["t.*"], order })) {
      seen.push(seq);
      // The first one with this status: a combination that there was not when the list began.
      if (seen.length === 10)
        await Promise.all([300, 600, 900].map((at) => store.endAttempt(events[at]?.id ?? "", 1, END)));
    }
    await store.close();

    expect(seen.toSorted((a, b) => a - b)).toEqual(events.map((_, index) => index + 1));
  });
});
