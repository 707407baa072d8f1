import type { CommandDefinition, Invocation } from "./command.js";
import { EXIT } from "../errors.js";
import { dim, green, red } from "../output/style.js";

/** The whole loop on loopback; every line is checked, and one that is not true makes the exit code 1. */
export const demo: CommandDefinition<Record<string, never>> = {
  examples: [
    { line: "hookcli demo", about: "capture, send, replay and verify against a sample app" },
    { line: "hookcli demo --json", about: "the same, one line of JSON for each step" },
  ],
  endsOnSignal: true,
  run: runDemo,
};

async function runDemo({ context, output }: Invocation<Record<string, never>>): Promise<number> {
  const { playDemo } = await import("./demo/play.js");
  let failed = 0;
  const started = context.monotonic();
  const ended = await playDemo(context, (step) => {
    if (!step.ok) failed += 1;
    const mark = step.ok ? green("ok  ") : red("FAIL");
    if (step.command !== undefined) output.line([dim("$ "), step.command]);
    output.line([mark, ` ${step.claim}`, step.ok ? "" : `: ${step.found}`]);
    output.record({ type: "step", claim: step.claim, ok: step.ok, command: step.command ?? null, found: step.found });
  });
  const seconds = ((context.monotonic() - started) / 1000).toFixed(1);
  if (!ended) failed += 1;
  output.note(
    failed === 0
      ? `all of it is true, in ${seconds} s`
      : `${failed} ${failed === 1 ? "claim is" : "claims are"} not true`,
  );
  return failed === 0 ? EXIT.done : EXIT.no;
}
