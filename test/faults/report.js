// Prints what the last runs of `npm run test:faults` and `npm run test:soak` measured: node test/faults/report.js
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const path = join(import.meta.dirname, "../../node_modules/.cache/hookcli/faults.jsonl");
const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
const newest = new Map();
for (const line of lines) {
  const row = JSON.parse(line);
  newest.set(`${row.id} ${row.fault} ${row.system}`, row);
}
const byNumber = (a, b) => a.id.localeCompare(b.id, "en", { numeric: true });
const rows = [...newest.values()].toSorted(byNumber);

say("| fault | system | sent | acknowledged | lost | besides |\n| --- | --- | --- | --- | --- | --- |");
for (const { fault, system, sent, acknowledged, lost, note } of rows) {
  say(`| ${fault} | ${system} | ${sent} | ${acknowledged} | ${lost} | ${note} |`);
}
say(`\nNode ${process.versions.node}, ${rows.at(-1)?.at.slice(0, 10) ?? "nothing measured"}.`);

function say(line) {
  process.stdout.write(`${line}\n`);
}
