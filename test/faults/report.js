// Prints what the last runs of `npm run test:faults` and `npm run test:soak` measured: node test/faults/report.js
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const path = join(import.meta.dirname, "../../node_modules/.cache/hookcli/faults.jsonl");
const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
const newest = new Map();
for (const line of lines) {
  const row = { suite: "short", ...JSON.parse(line) };
  newest.set(`${row.suite} ${row.id} ${row.fault} ${row.system}`, row);
}
const byNumber = (a, b) => a.id.localeCompare(b.id, "en", { numeric: true });
const rows = [...newest.values()].toSorted(byNumber);

sayTable("short", "npm run test:faults");
sayTable("long", "npm run test:soak");

function sayTable(suite, command) {
  const own = rows.filter((row) => row.suite === suite);
  if (own.length === 0) return;
  const isLong = suite === "long";
  say(`${command}\n\n| fault | system | sent | acknowledged | lost | besides |${isLong ? " took |" : ""}`);
  say(`| --- | --- | --- | --- | --- | --- |${isLong ? " --- |" : ""}`);
  for (const { fault, system, sent, acknowledged, lost, note, tookSeconds } of own) {
    const took = isLong ? ` ${duration(tookSeconds)} |` : "";
    say(`| ${fault} | ${system} | ${sent} | ${acknowledged} | ${lost} | ${note} |${took}`);
  }
  say(`\nNode ${process.versions.node}, ${own.at(-1).at.slice(0, 10)}.\n`);
}

function duration(seconds) {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
