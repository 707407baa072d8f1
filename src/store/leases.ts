import { textOf } from "./codec.js";
import type { Lease } from "./delivery.js";
import type { Database } from "./driver.js";
import { processLives } from "./platform.js";

const RENEW = `INSERT INTO leases (owner, pid, until_at) VALUES (?, ?, ?)
  ON CONFLICT (owner) DO UPDATE SET until_at = excluded.until_at`;
const OTHERS = `SELECT DISTINCT d.owner, l.pid, l.until_at FROM deliveries d LEFT JOIN leases l ON l.owner = d.owner
  WHERE d.owner IS NOT NULL AND d.owner <> ?`;
const INTERRUPT = `UPDATE attempts SET error = 'interrupted' WHERE duration_ms IS NULL AND error IS NULL AND (event, n) IN
  (SELECT event, attempt FROM deliveries WHERE owner = ?)`;
/** Rows of processes that were killed with nothing in hand are kept this long. */
const KEPT_MS = 24 * 3_600_000;

/** Which process makes which attempts, over one connection. */
export class Leases {
  private readonly save;
  private readonly others;
  private readonly interrupt;
  private readonly free;
  private readonly remove;
  private readonly forget;

  constructor(db: Database) {
    this.save = db.prepare(RENEW);
    this.others = db.prepare(OTHERS);
    this.interrupt = db.prepare(INTERRUPT);
    this.free = db.prepare("UPDATE deliveries SET owner = NULL, due_at = 0 WHERE owner = ?");
    this.remove = db.prepare("DELETE FROM leases WHERE owner = ?");
    this.forget = db.prepare("DELETE FROM leases WHERE until_at < ?");
  }

  renew({ owner, pid, untilAt }: Lease): null {
    this.save.run(owner, pid, Math.trunc(untilAt));
    this.forget.run(Math.trunc(untilAt) - KEPT_MS);
    return null;
  }

  /** What an owner had in hand is anybody's again. */
  release(owner: string): null {
    this.interrupt.run(owner);
    this.free.run(owner);
    this.remove.run(owner);
    return null;
  }

  /** Ends the leases of others whose time is over, or whose process is gone. */
  endLost(owner: string, now: number): void {
    for (const { owner: other, pid, until_at: untilAt } of this.others.all(owner)) {
      const isHeld = typeof pid === "number" && Number(untilAt) > now && processLives(pid);
      if (!isHeld) this.release(textOf(other));
    }
  }
}
