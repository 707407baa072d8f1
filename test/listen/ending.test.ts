import { describe, expect, it } from "vitest";
import { endEach } from "../../src/commands/listen/ending.js";

describe("the end of listen", () => {
  it("takes every step in order though some fail, then tells of the first failure", async () => {
    const taken: string[] = [];
    const step = (name: string, error?: Error) => async () => {
      await Promise.resolve();
      taken.push(name);
      if (error !== undefined) throw error;
    };

    const ending = endEach([
      step("stop", new Error("first")),
      step("close"),
      step("end", new Error("second")),
      step("store"),
    ]);

    await expect(ending).rejects.toThrow("first");
    expect(taken).toEqual(["stop", "close", "end", "store"]);
  });

  it("is quiet when all goes well", async () => {
    await expect(endEach([async () => {}, async () => {}])).resolves.toBeUndefined();
  });
});
