import type { Sandbox } from "./program.js";
import { runProgram } from "./program.js";

/** An event as `events list --json` shows it, as far as ledgers need it. */
export interface StoredEvent {
  readonly seq: number;
  readonly bodySha256: string;
  readonly providerEventId: string | null;
  readonly state: string;
  readonly attempts: readonly { readonly status: number | null; readonly error: string | null }[];
}

/** All events of a store, oldest first. */
export async function storedEvents(sandbox: Sandbox): Promise<readonly StoredEvent[]> {
  const { code, stdout, stderr } = await runProgram(["events", "list", "--limit", "0", "--json"], { sandbox });
  if (code !== 0) throw new Error(`events list ended with ${code}: ${stderr}`);
  return (JSON.parse(stdout) as StoredEvent[]).toSorted((a, b) => a.seq - b.seq);
}
