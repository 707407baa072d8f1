import { RAW_BODY } from "../signatures/explain-fixes.js";
import { oddBody, usualBodies } from "./bodies.js";
import { broken, ok, skipped, warning, type Finding, type Result } from "./finding.js";
import { oncePer } from "./once.js";
import type { AppSide, Patient, PostAnswer } from "./patient.js";
import { redactUrl } from "../events/redact.js";

const PROBE_ID = "hookcli-probe";
/** What a person reads; the rest of the frameworks stands in `hookcli verify`'s explanation of a mismatch. */
const FIXES = RAW_BODY.map((fix) => `${fix.for}: ${fix.text}`);

/** What the app does with events. */
export const signatureFindings: readonly Finding[] = [
  {
    name: "app-post",
    probes: "what the app answers to a POST: webhooks are not followed to another place",
    severity: "broken",
    fix: "give the path that the app serves: hookcli doctor 5000/webhook",
    probe: withApp(probePost),
  },
  {
    name: "app-verifies",
    probes: "whether the app refuses what is not signed",
    severity: "warning",
    fix: "let the app check signatures: anyone may send events to a public URL",
    probe: withApp(probeVerifies),
  },
  {
    name: "raw-body",
    probes: "whether the app checks the bytes that came, by a signed probe with odd JSON",
    severity: "broken",
    fix: "verify the bytes of the body as they came, not JSON that was parsed and written again",
    probe: withApp(probeRawBody),
  },
];

function withApp(probe: (app: AppSide, patient: Patient) => Promise<Result>): Finding["probe"] {
  return async (patient) => (typeof patient.app === "string" ? skipped(patient.app) : probe(patient.app, patient));
}

/** One POST of each kind for all that is to be known. */
const unsignedPost = oncePer((app: AppSide) => app.post(bytes(oddBody(PROBE_ID)), false));
const signedPost = oncePer((app: AppSide) => app.post(bytes(oddBody(PROBE_ID)), true));

async function probePost(app: AppSide): Promise<Result> {
  const answer = await (typeof app.signing === "string" ? unsignedPost(app) : signedPost(app));
  const label = redactUrl(app.target.label);
  const { status } = answer;
  if (status === null)
    return broken(`${label} gives no answer to a POST: ${failureText(answer.error)}`, ...failureFix(answer.error));
  if (status >= 300 && status <= 399) return redirected(app, answer, status);
  if (status === 404) return broken(`${label} answers 404 to a POST: the app has no such path`);
  if (status === 405) return broken(`${label} answers 405: the app takes no POST there`);
  if (status === 413 || status === 415 || status === 429)
    return warning(`${label} answers ${status} to a small JSON POST`, "look at the app's limits, and its body parser");
  if (status >= 500)
    return broken(
      `${label} answers ${status} to a probe event: the app fails on it`,
      "look at the app's log; a handler should take events that it does not know",
    );
  return ok(`${label} answers ${status} to a POST`);
}

function redirected({ target }: AppSide, { headers }: PostAnswer, status: number): Result {
  const location = headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (location === undefined) return broken(`${redactUrl(target.label)} answers ${status}, and does not say where to`);
  const base = target.path === undefined ? `${target.label}/` : target.label;
  const place = URL.canParse(location, base) ? new URL(location, base) : undefined;
  const login = /log-?in|sign-?in|auth/i.test(place?.pathname ?? "");
  return broken(
    `${redactUrl(target.label)} answers ${status} and points to ${redactUrl(location)}: webhooks are not followed there`,
    login
      ? "take the path out of what asks for a login"
      : `name that place: hookcli doctor ${redactUrl(place?.href ?? location)}; or let the app serve the path without a redirect`,
  );
}

async function probeVerifies(app: AppSide): Promise<Result> {
  if (typeof app.signing === "string") return skipped(app.signing);
  const { status, error } = await unsignedPost(app);
  if (status === null) return skipped(`the app gives no answer: ${failureText(error)}`);
  if (isAccepted(status))
    return warning(`an event without a signature was accepted (${status}): the app does not verify`);
  return isRefused(status)
    ? ok(`an event without a signature was refused (${status})`)
    : skipped(`the app answers ${status} to anything`);
}

async function probeRawBody(app: AppSide): Promise<Result> {
  if (typeof app.signing === "string") return skipped(app.signing);
  const [odd, unsigned] = await Promise.all([signedPost(app), unsignedPost(app)]);
  if (odd.status === null) return skipped(`the app gives no answer: ${failureText(odd.error)}`);
  if (isAccepted(odd.status)) {
    if (unsigned.status !== null && isAccepted(unsigned.status))
      return skipped("the app does not verify, so that it cannot be told");
    return ok(`a signed probe with odd JSON was accepted (${odd.status}, ${app.signing.scheme})`);
  }
  if (!isRefused(odd.status)) return skipped(`the app answers ${odd.status} to a POST`);
  for (const spelling of usualBodies(PROBE_ID)) {
    const { status } = await app.post(bytes(spelling.text), true);
    if (status !== null && isAccepted(status)) {
      return broken(
        `the app writes the body again before it checks the signature: odd JSON was refused (${odd.status}), JSON as ${spelling.by} writes it was accepted`,
        ...FIXES,
      );
    }
  }
  return broken(
    `the app refuses what is signed with ${app.signing.scheme} (${odd.status}), however it is spelled: its secret is another one, or it refuses the probe's type`,
    "compare the app's secret with hookcli's: hookcli send --to shows what the app answers, hookcli verify what it should check",
  );
}

function isAccepted(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** What apps answer to a signature that is not right. A path that is not there is no answer to it. */
function isRefused(status: number): boolean {
  return status >= 400 && status <= 499 && ![404, 405, 408, 413, 415, 429].includes(status);
}

const FAILURES: Readonly<Record<string, readonly [text: string, fix: string]>> = {
  refused: ["the connection was refused", "start the app, or name its port"],
  timeout: ["it does not answer in time", "let the handler answer at once, and work afterwards"],
  reset: ["it closes the connection", "look at the app's log"],
  tls: ["its certificate is not trusted", "-k accepts a self-signed certificate"],
  proxy: ["the proxy refused, or cannot be reached", "mend the proxy, or name the target in NO_PROXY"],
  bad_answer: ["what it answers is not HTTP", "check the port, and http or https"],
};

function failureText(error: string | null): string {
  return FAILURES[error ?? ""]?.[0] ?? error ?? "unknown";
}

function failureFix(error: string | null): string[] {
  const fix = FAILURES[error ?? ""]?.[1];
  return fix === undefined ? [] : [fix];
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}
