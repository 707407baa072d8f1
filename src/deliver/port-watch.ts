import type { Context } from "../context.js";
import type { Delivery } from "./deliverer.js";
import { portBack } from "./port.js";

/** After a broken connection, an app that goes has closed its port in this time, milliseconds. */
const CLOSING_MS = 100;

export interface PortWatchParts {
  readonly context: Pick<Context, "sleep">;
  /** Whether the port takes connections. */
  readonly look: () => Promise<boolean>;
  readonly ending: AbortSignal;
  /** Nothing is delivered from now on; and again. */
  readonly held: () => void;
  readonly back: () => void;
}

/** Watches a target's port while it refuses connections. */
export class PortWatch {
  private readonly parts: PortWatchParts;
  private isHeld = false;

  constructor(parts: PortWatchParts) {
    this.parts = parts;
  }

  /** The port refuses: what is for the target is held. */
  get holds(): boolean {
    return this.isHeld;
  }

  /** Whether an attempt failed because the app is not there: it refuses connections, or has gone in the middle of it. */
  async isAway({ error, status }: Pick<Delivery, "error" | "status">): Promise<boolean> {
    if (status !== null) return false;
    return error === "refused" || ((error === "reset" || error === "failed") && (await this.isClosed()));
  }

  /** Holds all until the port takes connections again. */
  hold(): void {
    const { context, look, ending, held, back } = this.parts;
    if (this.isHeld || ending.aborted) return;
    this.isHeld = true;
    held();
    portBack(look, (ms, signal) => context.sleep(ms, signal), ending).then(
      () => {
        if (ending.aborted) return;
        this.isHeld = false;
        back();
      },
      () => {},
    );
  }

  /** An app that ends may break its connections a moment before it closes its port. */
  private async isClosed(): Promise<boolean> {
    const { context, look, ending } = this.parts;
    if (!(await look())) return true;
    await context.sleep(CLOSING_MS, ending).catch(() => {});
    return !(await look());
  }
}
