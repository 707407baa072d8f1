import { loadConfig } from "../../config/config.js";
import { EXIT } from "../../errors.js";
import type { DoctorOptions } from "../doctor.js";
import type { Invocation } from "../command.js";
import { chooseFindings } from "./choice.js";
import { describePatient } from "./patient.js";
import { report } from "./report.js";

/** Looks at everything that was asked for, and tells what it found. Resolves to the exit code: 1 when something is broken. */
export async function runDoctor(invocation: Invocation<DoctorOptions>): Promise<number> {
  const { context, output, global, options } = invocation;
  const [{ findings }, { examine }] = await Promise.all([
    import("../../doctor/findings.js"),
    import("../../doctor/examine.js"),
  ]);
  const chosen = chooseFindings(findings, options);
  const config = await loadConfig(context, global);
  const { patient, close } = await describePatient(invocation, config);
  try {
    const examined = await examine(chosen, patient, { monotonic: context.monotonic, signal: context.signal });
    report(examined, output);
    return examined.some(({ status }) => status === "broken") ? EXIT.no : EXIT.done;
  } finally {
    await close();
  }
}
