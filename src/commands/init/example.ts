import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../../context.js";

/** The first fixture of a project: a copy of a built-in one, to be changed. */
export interface Example {
  /** As `send` takes it. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** What providers send most, or what one begins with: the event whose fixture is the example. */
const USUAL_EVENTS: Readonly<Record<string, string>> = {
  discord: "application_command",
  generic: "message.created",
  github: "push",
  gitlab: "push",
  sendgrid: "delivered",
  shopify: "orders.create",
  slack: "message",
  square: "payment.updated",
  "standard-webhooks": "contact.created",
  stripe: "invoice.paid",
  svix: "message.attempt.exhausted",
  twilio: "message.received",
};

/** The example for a provider, or for any, to lie in the folder `root`. */
export async function exampleFixture(
  provider: string | undefined,
  { root, context }: { root: string; context: Context },
): Promise<Example> {
  const { listFolder } = await import("../../fixtures/folder.js");
  const entries = await listFolder(context.fixturesDir);
  const of = (name: string) => {
    const own = entries.filter((entry) => entry.provider === name);
    return own.find(({ event }) => event === USUAL_EVENTS[name]) ?? own[0];
  };
  const entry = (provider === undefined ? undefined : of(provider)) ?? of("generic");
  if (entry?.provider === undefined) throw new Error(`no fixtures in ${context.fixturesDir}`);
  const { provider: folder, event } = entry;
  const name = folder === "generic" ? event : `${folder}/${event}`;
  return { name, path: join(root, folder, `${event}.json`), text: await readFile(entry.path, "utf8") };
}
