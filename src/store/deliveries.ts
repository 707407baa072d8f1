import type { EventState } from "../events/event.js";
import type { Handlers } from "./apply.js";
import type { Attempts } from "./attempts.js";
import { textOf, toBlob } from "./codec.js";
import type { Background, BegunDelivery, Claim, Claimed, ClaimedDelivery } from "./delivery.js";
import type { Database, Row } from "./driver.js";
import { Leases } from "./leases.js";
import type { PackedDeliveryEnd } from "./operations.js";

const INSERT = `INSERT INTO deliveries (event, project, target, route, state, tries, attempt, planned_at, due_at, owner)
  SELECT seq, project, ?, ?, ?, ?, ?, ?, ?, ? FROM events WHERE seq = ?`;
const OF_LANE = "state = 'waiting' AND project = ? AND target = ?";
const COLUMNS = "d.id, d.event, d.route, d.tries, d.attempt, d.due_at, d.owner, e.id AS event_id";
const JOINED = `SELECT ${COLUMNS} FROM deliveries d JOIN events e ON e.seq = d.event`;
/** What was tried before and is due again; then what never was, in the order of the events. */
const FIND_AGAIN = `${JOINED} WHERE d.state = 'waiting' AND d.owner IS NULL AND d.project = ? AND d.target = ?
  AND d.due_at > 0 AND d.due_at <= ? ORDER BY d.due_at, d.event LIMIT ?`;
const FIND_AT_ONCE = `${JOINED} WHERE d.state = 'waiting' AND d.owner IS NULL AND d.project = ? AND d.target = ?
  AND d.due_at = 0 ORDER BY d.event LIMIT ?`;
const FIND_HEAD = `${JOINED} WHERE d.state = 'waiting' AND d.project = ? AND d.target = ? ORDER BY d.event LIMIT 1`;
/** Whether the app has taken another copy of an event: an earlier one, or a later one while this one waited. */
const FIND_TAKEN = `SELECT 1 FROM events e JOIN events f ON f.repeat_key = e.repeat_key
  WHERE e.seq = ? AND f.seq <> e.seq AND f.state = 'delivered' LIMIT 1`;
const HAS_ACCEPTED = `SELECT 1 FROM attempts WHERE event = ? AND error IS NULL
  AND (status = 101 OR status BETWEEN 200 AND 299) LIMIT 1`;
const INTERRUPT = `UPDATE attempts SET error = 'interrupted' WHERE event = ? AND duration_ms IS NULL AND error IS NULL
  AND n NOT IN (SELECT attempt FROM deliveries WHERE event = ? AND attempt IS NOT NULL)`;

/** The writes of deliveries in the background, over one connection. */
export class Deliveries {
  private readonly attempts: Attempts;
  private readonly leases: Leases;
  private readonly insert;
  private readonly take;
  private readonly finish;
  private readonly settle;
  private readonly ofEvent;
  private readonly findProject;
  private readonly findAgain;
  private readonly findAtOnce;
  private readonly findHead;
  private readonly findTaken;
  private readonly hasAccepted;
  private readonly nextDue;
  private readonly rewind;
  private readonly stateOf;
  private readonly interruptAttempts;

  constructor(db: Database, attempts: Attempts) {
    this.attempts = attempts;
    this.leases = new Leases(db);
    this.insert = db.prepare(INSERT);
    this.take = db.prepare("UPDATE deliveries SET owner = ?, attempt = ? WHERE id = ?");
    this.finish = db.prepare("DELETE FROM deliveries WHERE id = ?");
    this.settle =
      db.prepare(`UPDATE deliveries SET state = ?, tries = tries + ?, planned_at = ?, due_at = ?, owner = NULL
      WHERE id = ? AND owner = ?`);
    this.ofEvent = db.prepare("SELECT state FROM deliveries WHERE event = ?");
    this.findProject = db.prepare("SELECT id FROM names WHERE kind = 'project' AND value = ?");
    this.findAgain = db.prepare(FIND_AGAIN);
    this.findAtOnce = db.prepare(FIND_AT_ONCE);
    this.findHead = db.prepare(FIND_HEAD);
    this.findTaken = db.prepare(FIND_TAKEN);
    this.hasAccepted = db.prepare(HAS_ACCEPTED);
    this.nextDue = db.prepare(`SELECT min(due_at) AS due_at FROM deliveries WHERE ${OF_LANE} AND owner IS NULL`);
    this.rewind = db.prepare(`UPDATE deliveries SET due_at = 1, planned_at = ?
      WHERE ${OF_LANE} AND owner IS NULL AND due_at > ? AND planned_at > ?`);
    this.stateOf = db.prepare("SELECT state FROM events WHERE seq = ?");
    this.interruptAttempts = db.prepare(INTERRUPT);
  }

  /** Adds those of a new event; gives those that begin with it. `attempts`: how many attempts it has. */
  plan(seq: number, { deliveries, owner, now }: Background): BegunDelivery[] {
    const at = Math.trunc(now);
    return deliveries.flatMap(({ target, route, begins }) => {
      const n = begins ? this.attempts.start(seq, { target, startedAt: now }) : null;
      const end = [toBlob(target), toBlob(route), "waiting", 0, n, at, 0, begins ? owner : null, seq] as const;
      const id = Number(this.insert.run(...end).lastInsertRowid);
      return n === null ? [] : [{ id, n, route }];
    });
  }

  isTaken(seq: number): boolean {
    return this.findTaken.get(seq) !== undefined;
  }

  /** Whether an event has any, in whatever state. */
  has(seq: number): boolean {
    return this.ofEvent.get(seq) !== undefined;
  }

  readonly handlers: Handlers<"claim" | "endDelivery" | "renewLease" | "releaseLease" | "interrupt"> = {
    claim: ({ claim }) => this.claim(claim),
    endDelivery: ({ end }) => this.end(end),
    renewLease: ({ lease }) => this.leases.renew(lease),
    releaseLease: ({ owner }) => this.leases.release(owner),
    interrupt: ({ seqs }) => seqs.filter((seq) => this.interrupt(seq)).length,
  };

  private claim(claim: Claim): Claimed {
    const { now, target, lease } = claim;
    this.leases.endLost(lease.owner, now);
    const project = this.findProject.get(toBlob(claim.project))?.["id"];
    if (typeof project !== "number") return { deliveries: [], dropped: [], nextDueAt: null };
    const lane = [project, toBlob(target)] as const;
    if (claim.clockWentBack) this.rewind.run(Math.trunc(now), ...lane, Math.trunc(now), Math.trunc(now));
    const rows = claim.ordered ? this.head(lane, now) : this.due(lane, claim);
    const dropped = claim.dropDuplicates ? rows.filter((row) => this.isTaken(Number(row["event"]))) : [];
    for (const row of dropped) this.drop(row);
    const deliveries = rows.filter((row) => !dropped.includes(row)).map((row) => this.begin(row, claim));
    if (deliveries.length > 0) this.leases.renew(lease);
    const nextDueAt = claim.ordered ? this.headDueAt(lane) : this.dueAt(lane);
    return { deliveries, dropped: dropped.map((row) => Number(row["event"])), nextDueAt };
  }

  private due(lane: readonly [number, Uint8Array], { now, count }: Claim): Row[] {
    const again = this.findAgain.all(...lane, Math.trunc(now), count);
    return [...again, ...this.findAtOnce.all(...lane, count - again.length)];
  }

  private head(lane: readonly [number, Uint8Array], now: number): Row[] {
    const head = this.findHead.get(...lane);
    return head === undefined || head["owner"] !== null || Number(head["due_at"]) > now ? [] : [head];
  }

  private dueAt(lane: readonly [number, Uint8Array]): number | null {
    const dueAt = this.nextDue.get(...lane)?.["due_at"];
    return typeof dueAt === "number" ? dueAt : null;
  }

  /** When another process has the head, its own end is what is waited for. */
  private headDueAt(lane: readonly [number, Uint8Array]): number | null {
    const head = this.findHead.get(...lane);
    return head === undefined || head["owner"] !== null ? null : Number(head["due_at"]);
  }

  private drop(row: Row): void {
    const seq = Number(row["event"]);
    this.finish.run(Number(row["id"]));
    this.attempts.become(
      seq,
      this.attempts.judged(seq, this.hasAccepted.get(seq) === undefined ? "stored" : "delivered"),
    );
  }

  private begin(row: Row, { now, target, lease }: Claim): ClaimedDelivery {
    const [id, seq] = [Number(row["id"]), Number(row["event"])];
    const n = this.attempts.start(seq, { target, startedAt: now });
    this.take.run(lease.owner, n, id);
    const tries = Number(row["tries"]);
    return { id, n, seq, tries, route: textOf(row["route"]), eventId: textOf(row["event_id"]), startedAt: now };
  }

  private end({ id, eventId, n, owner, target, route, end, next }: PackedDeliveryEnd): EventState | null {
    const seq = this.attempts.seqOf(eventId);
    if (seq === undefined) return null;
    this.attempts.end(seq, n, end);
    const kept = next.kind === "wait" ? "waiting" : next.kind;
    const [tries, now, dueAt] =
      next.kind === "wait" ? [next.counts ? 1 : 0, Math.trunc(next.now), Math.trunc(next.dueAt)] : [1, 0, 0];
    if (id === undefined && kept !== "done" && (kept !== "failed" || this.has(seq))) {
      this.insert.run(toBlob(target), toBlob(route), kept, tries, n, now, dueAt, null, seq);
    } else if (id !== undefined && kept === "done") this.finish.run(id);
    else if (id !== undefined) this.settle.run(kept, tries, now, dueAt, id, owner);
    const state = this.attempts.judged(seq, id === undefined && kept === "failed" ? "failed" : "delivered");
    if (this.attempts.isLastOf(seq, n)) this.attempts.judge(seq, end.status, state);
    else this.attempts.become(seq, state);
    return state;
  }

  /** An event whose answer nobody knows, because the process that made the attempt is gone. True when it was one. */
  private interrupt(seq: number): boolean {
    if (textOf(this.stateOf.get(seq)?.["state"]) !== "pending") return false;
    const { changes } = this.interruptAttempts.run(seq, seq);
    const waits = this.ofEvent.all(seq).some((row) => row["state"] === "waiting");
    if (!waits) this.attempts.become(seq, "failed");
    else if (Number(changes) > 0) this.insert.run(toBlob(""), toBlob(""), "failed", 1, null, 0, 0, null, seq);
    return !waits;
  }
}
