import type { Context } from "../../context.js";
import { newUuid } from "../../events/id.js";
import type { Provider } from "../../providers/provider.js";

/** An id for a delivery: as Svix and its kin write ids, where the scheme signs one; else a UUID. */
export function newDeliveryId(provider: Provider, context: Pick<Context, "random">): string {
  if (!provider.schemes.some(({ id }) => id !== undefined)) return newUuid(context.random);
  return `msg_${Buffer.from(context.random(14)).toString("hex").slice(0, 27)}`;
}
