import type { EventState } from "../events/event.js";
import { textOf, toBlob } from "./codec.js";
import type { Database } from "./driver.js";
import type { PackedEnd } from "./operations.js";
import type { AttemptStart } from "./store.js";

const START_ATTEMPT = "INSERT INTO attempts (event, n, target, started_at) VALUES (?, ?, ?, ?)";
const END_ATTEMPT = `UPDATE attempts SET duration_ms = ?, status = ?, error = ?, headers = ?, body = ?
  WHERE event = ? AND n = ?`;
const IS_LAST = "SELECT ? = max(n) AS is_last FROM attempts WHERE event = ?";
/** What a replay has brought to the app is a dead letter there no more. */
const FIND_REVIVED = `SELECT e.seq FROM requests r JOIN events e ON e.id = r.replay_of
  WHERE r.seq = ? AND e.state = 'dead'`;
const LAST_TARGET = "SELECT target FROM attempts WHERE event = ? ORDER BY n DESC LIMIT 1";

/** What writes attempts, and what they make of their events, over one connection. */
export class Attempts {
  private readonly findEvent;
  private readonly nextNumber;
  private readonly startAttempt;
  private readonly forgetStatus;
  private readonly endAttempt;
  private readonly isLast;
  private readonly setStatus;
  private readonly setState;
  private readonly findRevived;
  private readonly lastTarget;
  private readonly forgetDead;
  private readonly wasAt;
  private readonly forgetAllDead;
  private readonly deliveryStates;

  constructor(db: Database) {
    this.findEvent = db.prepare("SELECT seq FROM events WHERE id = ?");
    this.nextNumber = db.prepare("SELECT coalesce(max(n), 0) + 1 AS n FROM attempts WHERE event = ?");
    this.startAttempt = db.prepare(START_ATTEMPT);
    this.forgetStatus = db.prepare("UPDATE events SET status = NULL WHERE seq = ?");
    this.endAttempt = db.prepare(END_ATTEMPT);
    this.isLast = db.prepare(IS_LAST);
    this.setStatus = db.prepare("UPDATE events SET status = ?, state = ? WHERE seq = ?");
    this.setState = db.prepare("UPDATE events SET state = ? WHERE seq = ?");
    this.findRevived = db.prepare(FIND_REVIVED);
    this.lastTarget = db.prepare(LAST_TARGET);
    this.forgetDead = db.prepare("DELETE FROM deliveries WHERE event = ? AND state <> 'waiting' AND target = ?");
    this.wasAt = db.prepare("SELECT 1 FROM attempts WHERE event = ? AND target = ? LIMIT 1");
    this.forgetAllDead = db.prepare("DELETE FROM deliveries WHERE event = ? AND state <> 'waiting'");
    this.deliveryStates = db.prepare("SELECT state FROM deliveries WHERE event = ?");
  }

  seqOf(eventId: string): number | undefined {
    const seq = this.findEvent.get(eventId)?.["seq"];
    return typeof seq === "number" ? seq : undefined;
  }

  /** The first attempt of an event. */
  first(seq: number, start: AttemptStart): void {
    this.startAttempt.run(seq, 1, toBlob(start.target), Math.trunc(start.startedAt));
  }

  /** A further attempt; gives its number. */
  start(seq: number, start: AttemptStart): number {
    const n = Number(this.nextNumber.get(seq)?.["n"]);
    this.startAttempt.run(seq, n, toBlob(start.target), Math.trunc(start.startedAt));
    this.forgetStatus.run(seq);
    return n;
  }

  /** Throws when there is no such attempt. */
  end(seq: number, n: number, end: PackedEnd): void {
    const { durationMs, status, error } = end;
    const { changes } = this.endAttempt.run(durationMs, status, error, toBlob(end.headers), end.body, seq, n);
    if (Number(changes) === 0) throw new Error(`no attempt ${n} of event ${seq}`);
  }

  isLastOf(seq: number, n: number): boolean {
    return this.isLast.get(n, seq)?.["is_last"] === 1;
  }

  /** Puts an event into a state, after the attempt that ended so. */
  judge(seq: number, status: number | null, state: EventState): void {
    this.setStatus.run(status, state, seq);
    if (state === "delivered") this.revive(seq);
  }

  /** The same without a new status. */
  become(seq: number, state: EventState): void {
    this.setState.run(state, seq);
    if (state === "delivered") this.revive(seq);
  }

  /** What the deliveries of an event make of it; `withoutAny`: where none is left. */
  judged(seq: number, withoutAny: EventState): EventState {
    const states = new Set(this.deliveryStates.all(seq).map((row) => textOf(row["state"])));
    if (states.has("waiting")) return "pending";
    return states.has("dead") ? "dead" : states.has("failed") ? "failed" : withoutAny;
  }

  /**
   * A replay that the app took settles what became of the event itself at that target; at a new one, whatever it had been given
   * up for. One to a target that had taken the event settles nothing.
   */
  private revive(seq: number): void {
    const original = this.findRevived.get(seq)?.["seq"];
    const target = this.lastTarget.get(seq)?.["target"];
    if (typeof original !== "number" || !(target instanceof Uint8Array)) return;
    const { changes } = this.forgetDead.run(original, target);
    if (Number(changes) === 0) {
      if (this.wasAt.get(original, target) !== undefined) return;
      this.forgetAllDead.run(original);
    }
    this.setState.run(this.judged(original, "delivered"), original);
  }
}
