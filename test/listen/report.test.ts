import { describe, expect, it } from "vitest";
import { ListenReporter } from "../../src/commands/listen/report.js";
import { createOutput } from "../../src/output/terminal.js";
import { testContext } from "../helpers/run.js";

const READY = { localUrl: "http://localhost:1", target: undefined, routes: [], caution: "plain TCP", remarks: [] };
const UP = { state: "up", url: "https://a.test", changed: false, verified: true } as const;

function reporting() {
  const context = testContext();
  const output = createOutput(context, { json: false, quiet: false, verbose: false, color: "never" });
  return {
    reporter: new ListenReporter(output, context),
    told: () => context.stderr.text.split("plain TCP").length - 1,
  };
}

describe("what to know of a tunnel", () => {
  it("is told with the banner when the tunnel is up", () => {
    const { reporter, told } = reporting();

    reporter.tunnel(UP);
    reporter.ready({ ...READY, url: UP.url });

    expect(told()).toBe(1);
  });

  it("is not told while there is no tunnel, and once when there is one", () => {
    const { reporter, told } = reporting();

    reporter.tunnel({ state: "down", reason: "no network" });
    reporter.ready({ ...READY, url: undefined });
    const before = told();
    reporter.tunnel(UP);
    reporter.tunnel({ state: "down", reason: "gone" });
    reporter.tunnel(UP);

    expect([before, told()]).toEqual([0, 1]);
  });
});
