import type { Finding, Result } from "./finding.js";
import type { Patient } from "./patient.js";

/** A row of the table with what its probe found. */
export interface Examined extends Result {
  readonly finding: Finding;
  readonly durationMs: number;
}

/** Probes all at once, each within its time; resolves in the order of the table. Never rejects. */
export async function examine(
  findings: readonly Finding[],
  patient: Patient,
  by: { readonly monotonic: () => number; readonly signal: AbortSignal },
): Promise<readonly Examined[]> {
  const controllers = new Set<AbortController>();
  const abort = (): void => controllers.forEach((controller) => controller.abort());
  by.signal.addEventListener("abort", abort, { once: true });
  const examined = findings.map(async (finding) => {
    const controller = new AbortController();
    controllers.add(controller);
    const startedAt = by.monotonic();
    const result = await probeInTime(finding, patient, controller);
    return { ...withFix(result, finding), finding, durationMs: Math.round(by.monotonic() - startedAt) };
  });
  try {
    return await Promise.all(examined);
  } finally {
    by.signal.removeEventListener("abort", abort);
  }
}

async function probeInTime(finding: Finding, patient: Patient, controller: AbortController): Promise<Result> {
  const { probeMs } = patient.limits;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => {
      resolve({ status: "warning", message: `no result within ${probeMs / 1000} s` });
      controller.abort();
    }, probeMs);
  });
  try {
    return await Promise.race([finding.probe(patient, controller.signal).catch(failed), late]);
  } finally {
    clearTimeout(timer);
  }
}

function failed(error: unknown): Result {
  return { status: "warning", message: `it cannot be told: ${error instanceof Error ? error.message : String(error)}` };
}

/** The row's own fix, where something is wrong and the probe knows nothing better. */
function withFix(result: Result, { fix }: Finding): Result {
  const well = result.status === "ok" || result.status === "skipped";
  return well || result.fix !== undefined ? result : { ...result, fix: [fix] };
}
