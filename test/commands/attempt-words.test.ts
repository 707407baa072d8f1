import { beforeAll, describe, expect, it } from "vitest";
import { judge, SUCCESS } from "../../src/commands/delivery/judgement.js";
import { TEST_NOW } from "../helpers/event.js";
import { projectWith } from "../helpers/project.js";
import { setup } from "../helpers/writer.js";

beforeAll(setup);

describe("an attempt that brought no answer", () => {
  it("is told of in the same words by list, show and what sends, and by its code to programs", async () => {
    const { run } = await projectWith([{ answer: { status: null, error: "refused" } }]);

    const list = (await run(["events", "list"])).stdout;
    const show = (await run(["events", "show", "1"])).stdout;
    const json = JSON.parse((await run(["events", "show", "1", "--json"])).stdout) as object;

    const words = "app down: connection refused, nothing listens there";
    expect(list).toContain("app down");
    expect(show).toMatch(new RegExp(`^${words}$`, "m"));
    expect(show).not.toMatch(/^refused/m);
    expect(judge({ status: null, error: "refused" }, SUCCESS, false).remark).toBe(words);
    expect(json).toMatchObject({ attempts: [{ error: "refused" }] });
  });

  it("mentions --allow-remote for a name that does not resolve as for an address elsewhere", () => {
    for (const error of ["dns", "not_allowed"])
      expect(judge({ status: null, error }, SUCCESS, false).remark).toContain("--allow-remote");
  });

  it("shows the date of an event and of its attempts on another day", async () => {
    const { run } = await projectWith([{ receivedAt: TEST_NOW, answer: {} }]);
    const date = `${new Date(TEST_NOW).getFullYear()}-`;

    const sameDay = (await run(["events", "show", "1"])).stdout;
    const later = (await run(["events", "show", "1"], { now: TEST_NOW + 86_400_000 })).stdout;

    expect(sameDay).toMatch(/received: +\d\d:\d\d:\d\d/);
    expect(later).toMatch(new RegExp(`received: +${date}\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d`));
    expect(later).toMatch(new RegExp(`attempt 1 to [^,]+, ${date}\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d`));
  });
});
