import type { Examined } from "../../doctor/examine.js";
import type { Status } from "../../doctor/finding.js";
import type { Output, Span } from "../../output/output.js";
import { bold, cyan, dim, green, red, yellow } from "../../output/style.js";
import { counted } from "../../output/quantity.js";

const STYLES: Readonly<Record<Status, (text: string) => Span>> = {
  ok: green,
  warning: yellow,
  broken: red,
  skipped: dim,
};
const STATUS_WIDTH = Math.max(...Object.keys(STYLES).map((status) => status.length));

/** Tells what was found: a line for each row, with its fix below where something is wrong; with `--json` one document. */
export function report(examined: readonly Examined[], output: Output): void {
  const nameWidth = Math.max(...examined.map(({ finding }) => finding.name.length));
  for (const row of examined) if (row.status !== "skipped") printRow(row, nameWidth, output);
  printSkipped(examined, output);
  const count = (status: Status) => examined.filter((row) => row.status === status).length;
  const [wrong, doubtful] = [count("broken"), count("warning")];
  output.note(
    wrong + doubtful === 0 ? "nothing is wrong" : [bold(`${wrong} broken`), `, ${counted(doubtful, "warning")}`],
  );
  output.record({ broken: wrong, warnings: doubtful, findings: examined.map(toJson) });
}

function printRow({ status, message, fix = [], finding }: Examined, nameWidth: number, output: Output): void {
  const head = `${status.padEnd(STATUS_WIDTH)}  ${finding.name.padEnd(nameWidth)}  `;
  output.line([STYLES[status](head.slice(0, STATUS_WIDTH)), head.slice(STATUS_WIDTH), message]);
  for (const [index, text] of fix.entries()) {
    output.line([" ".repeat(head.length), cyan(index === 0 ? "fix: " : "     "), text]);
  }
}

/** What was not looked at comes last, together with what shares its reason. */
function printSkipped(examined: readonly Examined[], output: Output): void {
  const reasons = new Map<string, string[]>();
  for (const { status, message, finding } of examined) {
    if (status === "skipped") reasons.set(message, [...(reasons.get(message) ?? []), finding.name]);
  }
  for (const [message, names] of reasons) {
    output.line([dim(`${"skipped".padEnd(STATUS_WIDTH)}  ${names.join(", ")}: ${message}`)]);
  }
}

function toJson({ finding, status, message, fix, durationMs }: Examined) {
  const { name, probes, severity } = finding;
  return { name, probes, severity, status, message, fix: fix ?? [], durationMs };
}
