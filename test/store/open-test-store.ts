import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openStore, type OpenOptions } from "../../src/store/open.js";
import type { Store } from "../../src/store/store.js";
import { TEST_NOW } from "../helpers/event.js";
import { writerUrl } from "../helpers/writer.js";

/** A folder that is gone after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in a folder of its own (or at `path`), closed after the test. */
export async function openTestStore(options: Partial<OpenOptions> = {}): Promise<Store> {
  const path = options.path ?? join(testFolder(), "events.db");
  const writerPath = options.writerPath ?? (await writerUrl());
  const store = await openStore({ context: { now: () => TEST_NOW }, ...options, path, writerPath });
  onTestFinished(() => store.close());
  return store;
}
