import { readInput } from "../../config/input.js";
import type { Context } from "../../context.js";
import { applyOverrides, parseMerge, type Override } from "../../fixtures/overrides.js";
import type { DeliveryOptions } from "./options.js";

type Changes = Pick<DeliveryOptions, "set" | "unset" | "merge" | "edit">;

/** Whether the options change the body. */
export function changesBody({ set, unset, merge, edit }: Changes): boolean {
  return set.length + unset.length + merge.length > 0 || edit === true;
}

/** What `--merge FILE` (or `@FILE`, as other options have it), `--set` and `--unset` ask for, in the order in which they are applied. */
export async function readOverrides({ set, unset, merge }: Changes, context: Context): Promise<Override[]> {
  const merges: Override[] = [];
  for (const given of merge) {
    const file = given.replace(/^@/, "");
    merges.push(parseMerge(await readInput(`@${file}`, { context, what: "--merge" }), file));
  }
  return [...merges, ...set, ...unset];
}

/** A body with the overrides applied, and then edited by hand where that was asked for. */
export async function changedBody(
  body: Uint8Array,
  changes: {
    readonly overrides: readonly Override[];
    readonly form: boolean;
    readonly edit: boolean;
    readonly context: Context;
  },
): Promise<Uint8Array> {
  const overridden = applyOverrides(body, changes.overrides, changes.form);
  if (!changes.edit) return overridden;
  const { editBody } = await import("./editor.js");
  return editBody(overridden, changes.context);
}
