import { listFixtures } from "../../../fixtures/find.js";
import { entryName } from "../../../fixtures/folder.js";
import type { Candidate } from "../reply.js";
import type { Place } from "../values.js";
import { configOf } from "./config.js";
import { fixtureRoots } from "../../fixtures/roots.js";

/** Fixtures by their whole names, and by the event's name alone while no provider is typed. */
export async function fixtureNames({ line, typed, context }: Place): Promise<Candidate[]> {
  const entries = await listFixtures(fixtureRoots(context, await configOf({ line, context })));
  const whole = entries.map((entry) => ({
    value: entryName(entry),
    about: entry.root === context.fixturesDir ? undefined : "your own",
  }));
  return typed.includes("/") ? whole : [...whole, ...entries.map(({ event }) => ({ value: event }))];
}
