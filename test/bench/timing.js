// Does the time of a comparison tell where a wrong signature differs? Two classes of signatures, wrong in the first byte or in
// the last, in random order; Welch's t of their times. A report: other work on the machine adds noise, never a difference.
import { createHmac, randomBytes, randomInt } from "node:crypto";
import { beside } from "./measure.js";

const COMPARES = 20_000;
/** Times beyond this quantile are the machine's, not the comparison's. */
const KEPT = 0.9;
/** What is customary as the bound of evidence in tests for leaks (Goodwill et al., 2011). */
const BOUND = 4.5;

/** @returns what `run.js` prints as a section */
export async function benchTiming({ compares = COMPARES } = {}) {
  const { verify } = await import(beside("../../dist/index.js"));
  const secret = randomBytes(32).toString("hex");
  const body = randomBytes(1_024);
  const right = createHmac("sha256", secret).update(body).digest();
  const contenders = [
    { what: "hookcli", refuses: checkBy(verify, { secret, body }) },
    { what: "=== on hex, for comparison", refuses: naive(right) },
  ];
  const rows = contenders.map(({ what, refuses }) => ({ what, ...compareClasses(refuses, right, compares) }));
  const found = Math.abs(rows[0].t);
  return {
    name: "timing",
    title: "Timing of comparisons",
    about: `Generic HMAC-SHA256, a body of 1 KB: ${compares.toLocaleString("en-US")} signatures wrong in the first byte, as many wrong in the last, in random order; the slowest tenth of each left out.`,
    columns: ["what", "first byte wrong, ns", "last byte wrong, ns", "Welch's t"],
    rows: rows.map(({ what, first, last, t }) => [what, mean(first).toFixed(0), mean(last).toFixed(0), t.toFixed(2)]),
    findings: [{ aim: `|t| under ${BOUND}`, found: found.toFixed(2), met: found < BOUND }],
    notes: [],
  };
}

/** A check of the library: true when it refuses. */
function checkBy(verify, { secret, body }) {
  return (signature) => {
    const headers = [["X-Signature", signature]];
    return !verify({ provider: "generic", secret, body, headers, now: 0 }).valid;
  };
}

/** What not to do. */
function naive(right) {
  const expected = right.toString("hex");
  return (signature) => signature !== expected;
}

function compareClasses(refuses, right, compares) {
  const classes = [wrongAt(right, 0), wrongAt(right, right.length - 1)];
  const order = Array.from({ length: compares * 2 }, (_, index) => index % 2);
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    [order[index], order[other]] = [order[other], order[index]];
  }
  for (let warm = 0; warm < 2_000; warm += 1) refuses(classes[warm % 2]());
  const times = [[], []];
  for (const which of order) {
    const signature = classes[which]();
    const started = process.hrtime.bigint();
    const isRefused = refuses(signature);
    times[which].push(Number(process.hrtime.bigint() - started));
    if (!isRefused) throw new Error("a wrong signature was accepted");
  }
  const [first, last] = times.map((all) => all.toSorted((a, b) => a - b).slice(0, all.length * KEPT));
  return { first, last, t: welch(first, last) };
}

/** Makes texts of the signature with one byte changed, each a string of its own. */
function wrongAt(right, at) {
  return () => {
    const bytes = Buffer.from(right);
    bytes[at] ^= 1 + randomInt(255);
    return bytes.toString("hex");
  };
}

function welch(a, b) {
  return (mean(a) - mean(b)) / Math.sqrt(variance(a) / a.length + variance(b) / b.length);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values) {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}
