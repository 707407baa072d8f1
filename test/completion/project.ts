import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { writerUrl } from "../helpers/writer.js";

/** A folder with a store, fixtures of its own and a config with profiles. */
export interface Project {
  readonly folder: string;
  readonly dbPath: string;
  /** Of its events, the oldest first. */
  readonly ids: readonly string[];
  remove(): void;
}

/** What a sender could put into a type, and somebody else's repository into its folders, to take over a shell. */
export const HOSTILE = [
  "$(touch pwned)",
  "`touch pwned`",
  "a'; touch pwned; '",
  'b"; touch pwned; "',
  "c; touch pwned",
  "\u001b]0;owned\u0007red",
  "d\nvalues\n-rf",
  "e\tabout",
  "=touch",
  "~root",
  "{x,y}",
  "*",
  "f\u202egnp.exe",
];

/** Makes a project whose events have these types, the oldest first. */
export async function createProject(types: readonly string[], path = "/webhook?token=canary"): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-completion-"));
  const dbPath = join(folder, "state", "events.db");
  const store = await openStore({ path: dbPath, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  const ids: string[] = [];
  for (const eventType of types) {
    const event: NewEvent = newEvent({ project: folder, eventType, path });
    ids.push(event.id);
    await store.append(event);
  }
  await store.close();
  mkdirSync(join(folder, "fixtures/acme"), { recursive: true });
  for (const name of ["order.paid", ...HOSTILE.filter((text) => !/[/\0]/.test(text))]) {
    writeFileSync(join(folder, "fixtures/acme", `${name}.json`), "{}");
  }
  const profiles = { staging: { target: "5001" }, "local-2": { target: "5002" } };
  writeFileSync(join(folder, "hookcli.config.json"), JSON.stringify({ target: "5000", profiles }));
  return { folder, dbPath, ids, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
