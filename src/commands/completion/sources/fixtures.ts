import { join } from "node:path";
import { listFixtures } from "../../../fixtures/find.js";
import { entryName } from "../../../fixtures/folder.js";
import type { Candidate } from "../reply.js";
import type { Place } from "../values.js";
import { configOf } from "./config.js";

/** Fixtures by their whole names, and by the event's name alone while no provider is typed. */
export async function fixtureNames({ line, typed, context }: Place): Promise<Candidate[]> {
  const { fixturesDir } = await configOf({ line, context });
  const entries = await listFixtures([join(context.cwd, "fixtures"), fixturesDir, context.fixturesDir]);
  const whole = entries.map((entry) => ({
    value: entryName(entry),
    about: entry.root === context.fixturesDir ? undefined : "your own",
  }));
  return typed.includes("/") ? whole : [...whole, ...entries.map(({ event }) => ({ value: event }))];
}
