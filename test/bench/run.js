// `npm run bench [names]`: runs the benches, prints their tables and writes docs/benchmarks.md (sections of benches that did
// not run stay as they are).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { benchDeliver } from "./deliver.js";
import { benchMemory } from "./memory.js";
import { benchPort } from "./port.js";
import { benchPrune } from "./prune.js";
import { benchSdks } from "./sdks.js";
import { benchStart } from "./start.js";
import { benchTiming } from "./timing.js";
import { benchVerifyBatch } from "./verify-batch.js";
import { beside } from "./measure.js";

const PAGE = beside("../../docs/benchmarks.md");
const BENCHES = {
  start: benchStart,
  deliver: benchDeliver,
  "verify-batch": verifyBatch,
  memory: benchMemory,
  port: benchPort,
  prune: benchPrune,
  sdks: benchSdks,
  timing: benchTiming,
};
const HEAD = `# Benchmarks

Everything in a table was measured in one run, interleaved (A B A B ...), so that what else the machine does falls on all of
them: compare within a table only. Numbers are the median with the lowest and the highest. \`npm run bench\` makes this page.
`;

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  process.stderr.write(`no bench ${unknown}; there are: ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(2);
}

const sections = readSections();
let missed = 0;
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  process.stderr.write(`${name} ...\n`);
  const result = await BENCHES[name]();
  const text = section(result);
  process.stdout.write(`${text}\n`);
  sections.set(result.title, text);
  missed += result.findings.filter(({ met }) => !met).length;
  writePage();
}
process.exit(missed === 0 ? 0 : 1);

/** The bench of `verify --batch`, which gives rates only, in the form of the others. */
async function verifyBatch() {
  const { unit, aim, met, ratio, rows } = await benchVerifyBatch();
  const number = (value) => value.toLocaleString("en-US");
  return {
    name: "verify-batch",
    title: "verify --batch",
    about: "GitHub deliveries as NDJSON on standard input; whole processes, start included.",
    columns: ["what", unit],
    rows: rows.map(({ what, median, lowest, highest }) => [
      what,
      `${number(median)} (${number(lowest)}..${number(highest)})`,
    ]),
    findings: [{ aim, found: ratio.toFixed(2), met }],
    notes: [],
  };
}

function section({ name, title, about, columns, rows, findings, notes }) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    `## ${title}`,
    "",
    about,
    "",
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map(line),
    "",
    ...findings.map(({ aim, found, met }) => `- Aim: ${aim}. Found: ${found}${met ? "" : " (**missed**)"}.`),
    ...notes.map((note) => `- ${note}`),
    "",
    `Made by \`npm run bench ${name}\`, Node ${process.versions.node}, ${availableParallelism()} cores.`,
    "",
  ].join("\n");
}

/** The sections of the page as it is, by title. */
function readSections() {
  if (!existsSync(PAGE)) return new Map();
  const parts = readFileSync(PAGE, "utf8").split(/^(?=## )/m);
  return new Map(parts.slice(1).map((text) => [/^## (.*)/.exec(text)[1], `${text.trimEnd()}\n`]));
}

function writePage() {
  writeFileSync(PAGE, [HEAD, ...sections.values()].join("\n"));
}
