// How long the commands take over a store of a million events, above a bare `node -e 0`.
// Usage: node test/bench/million.js [--events N] [--db PATH] [--rounds N] [--only TEXT]
// Makes the store in the folder for temporary files, unless --db names one that is there already; that one is kept.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildIndex, makeStore, namesOf, NEWEST_AT, RARE_WORD } from "./million-events.js";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    db: { type: "string" },
    rounds: { type: "string", default: "7" },
    only: { type: "string", default: "" },
  },
});
const bin = fileURLToPath(new URL("../../bin/hookcli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hookcli-million-"));
const db = values.db ?? join(folder, "events.db");
const rounds = Number(values.rounds);
const all = "--all-projects";

try {
  if (!existsSync(db)) await timed("make", () => makeStore(db, Number(values.events)));
  await timed("index", () => buildIndex(db));
  const names = await namesOf(db);
  const since = new Date(NEWEST_AT - 1000 * names.count).toISOString();
  const old = new Date(NEWEST_AT - 1000 * (names.count - 1000)).toISOString();
  print({ events: names.count, bytes: statSync(db).size, node: process.version });
  const list = (name, ...filters) => [name, ["events", "list", all, ...filters]];
  const cases = [
    list("list"),
    ["show by number", ["events", "show", String(names.middleSeq), all]],
    ["show by id prefix", ["events", "show", names.middleId.slice(0, 14), all]],
    list("list by id prefix", names.middleId.slice(0, 16)),
    list("type, frequent", "--type", "invoice.*"),
    list("type, none", "--type", "nothing.*"),
    list("provider", "--provider", "github"),
    list("status, frequent", "--status", "5xx"),
    list("status, oldest only", "--status", "418"),
    list("status, none", "--status", "302"),
    list("state, oldest only", "--state", "dead"),
    list("signature, oldest only", "--signature", "not_checkable"),
    list("source, oldest only", "--source", "import"),
    list("since, all of it", "--since", since),
    list("since, none", "--since", "1s"),
    list("until, oldest only", "--until", old),
    list("until, none", "--until", "2001-01-01"),
    list("frequent ones, none together", "--state", "failed", "--status", "2xx"),
    list("type and status and signature", "--type", "push", "--status", "404", "--signature", "invalid"),
    list("type and time, oldest only", "--type", "invoice.*", "--status", "5xx", "--until", old),
    list(
      "all filters, none",
      "--type",
      "push",
      "--provider",
      "github",
      "--status",
      "5xx",
      "--state",
      "failed",
      "--signature",
      "invalid",
      "--source",
      "send",
      "--until",
      old,
    ),
    list("grep, once in the middle", "--grep", RARE_WORD),
    list("grep, frequent", "--grep", "customer"),
    list("grep, in all", "--grep", "webhook"),
    list("grep, absent word", "--grep", "absentword"),
    list("grep, absent word of frequent parts", "--grep", "customerpaymentaddress"),
    list("grep, hex id there", "--grep", names.hexId),
    list("grep, hex id absent", "--grep", "0123456789abcdef01234567"),
    list("grep, 8 hex digits absent", "--grep", "f0f1e2d3c4"),
    list("grep, a number absent", "--grep", '"amount":123456'),
    list("grep, zeros absent", "--grep", "0000000000"),
    list("grep, three characters absent", "--grep", "qqq"),
    list("grep, upper case, in Unicode", "--grep", "ZÜRICH"),
    list("grep and type", "--grep", "customer", "--type", "push"),
    list("grep, frequent, and oldest only", "--grep", "webhook", "--status", "418"),
    list("grep, frequent elsewhere", "--grep", "invoice", "--type", "push"),
    ["stats", ["events", "stats", all]],
    ["stats, filtered", ["events", "stats", all, "--type", "invoice.*"]],
  ];
  for (const [name, args] of cases.filter(([name]) => name.includes(values.only))) measure(name, args);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Interleaved with a bare start, so that what else the computer does weighs on both. */
function measure(name, args) {
  const bare = [];
  const whole = [];
  let lines = 0;
  for (let round = 0; round < rounds; round += 1) {
    bare.push(run(["-e", "0"]).ms);
    const { ms, stdout } = run([bin, ...args, "--db", db]);
    whole.push(ms);
    lines = stdout.split("\n").length - 1;
  }
  const ms = Math.round(median(whole) - median(bare));
  print({ name, ms, wholeMs: Math.round(median(whole)), worstMs: Math.round(Math.max(...whole)), lines });
}

function run(args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: folder });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return { ms: performance.now() - start, stdout };
}

async function timed(name, work) {
  const start = performance.now();
  await work();
  print({ name, seconds: Number(((performance.now() - start) / 1000).toFixed(1)) });
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
