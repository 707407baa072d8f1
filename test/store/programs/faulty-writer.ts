import { parentPort, workerData } from "node:worker_threads";
import { openDatabase, type OpenDatabase } from "../../../src/store/driver.js";
import type { WriterData } from "../../../src/store/operations.js";
import { serveWriter } from "../../../src/store/writer-loop.js";
import type { WriterFaults } from "../faults.js";

const data = workerData as WriterData & { readonly faults: WriterFaults };

/** A connection that does to commits what the test asked for. */
const openFaulty: OpenDatabase = async (path, options) => {
  const db = await openDatabase(path, options);
  const { failCommits = [], crashAtCommit, starts, gate, quota } = data.faults;
  if (starts !== undefined) Atomics.add(starts, 0, 1);
  let commits = 0;
  // The first commit makes the schema and counts for nothing.
  let counting = false;
  const exec = (sql: string) => {
    if (sql.startsWith("BEGIN") && quota !== undefined) {
      const pages = Atomics.load(quota, 0);
      db.exec(`PRAGMA max_page_count = ${pages === 0 ? 1_000_000 : pages}`);
    }
    if (sql === "COMMIT" && counting) {
      commits += 1;
      if (gate !== undefined) passGate(gate, commits);
      if (commits === crashAtCommit) process.exit(1);
      if (failCommits.includes(commits)) throw Object.assign(new Error("disk I/O error"), { errcode: 10 });
    }
    db.exec(sql);
  };
  setImmediate(() => {
    counting = true;
  });
  return {
    get isTransaction() {
      return db.isTransaction;
    },
    exec,
    prepare: (sql) => db.prepare(sql),
    close: () => db.close(),
  };
};

/** Tells the test which commit has been reached, and waits until it may pass. */
function passGate(gate: Int32Array, commit: number): void {
  Atomics.store(gate, 1, commit);
  for (let open = Atomics.load(gate, 0); open < commit; open = Atomics.load(gate, 0)) Atomics.wait(gate, 0, open);
}

if (parentPort !== null) await serveWriter(parentPort, data, openFaulty);
