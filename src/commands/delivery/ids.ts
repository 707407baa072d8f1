import type { Context } from "../../context.js";
import type { Provider } from "../../providers/provider.js";

/** An id for a delivery: as Svix and its kin write ids, where the scheme signs one; else a UUID. */
export function newDeliveryId(provider: Provider, context: Pick<Context, "random">): string {
  if (!provider.schemes.some(({ id }) => id !== undefined)) return newUuid(context);
  return `msg_${Buffer.from(context.random(14)).toString("hex").slice(0, 27)}`;
}

/** RFC 9562, version 4. */
export function newUuid({ random }: Pick<Context, "random">): string {
  const bytes = Buffer.from(random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
