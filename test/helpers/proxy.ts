import { createDeliverer } from "../../src/deliver/create.js";
import type { DelivererOptions, Delivery } from "../../src/deliver/deliverer.js";
import { parseTarget } from "../../src/deliver/target.js";
import type { ReceiverOptions, UpgradeRequest } from "../../src/receive/receiver.js";
import { openReceiver, type TestReceiver } from "./receiver.js";

/** A receiver that delivers what arrives to an app, as `listen` does, without a store. */
export interface TestProxy extends TestReceiver {
  readonly outcomes: Delivery[];
  close(): Promise<void>;
}

/** Joins a receiver with a deliverer. `target`: as on the command line. */
export async function openProxy(
  target: string,
  options: {
    deliverer?: Partial<DelivererOptions>;
    receiver?: Partial<ReceiverOptions>;
    /** What the deliverer gets in place of an upgrade. */
    changeUpgrade?: (upgrade: UpgradeRequest) => Promise<UpgradeRequest>;
  } = {},
): Promise<TestProxy> {
  const outcomes: Delivery[] = [];
  const parsed = parseTarget(target);
  const deliverer = createDeliverer({
    timeoutMs: 5_000,
    insecure: false,
    allowRemote: false,
    hostHeader: "target",
    headers: [],
    monotonic: () => performance.now(),
    ...options.deliverer,
  });
  const opened = await openReceiver({
    ...options.receiver,
    async onRequest(request, answer) {
      const outcome = await deliverer.deliver({ request, target: parsed, forwarded: {}, answer });
      outcomes.push(outcome);
      if (outcome.unanswered) answer.send(outcome.error === "timeout" ? 504 : 502, outcome.error ?? "", "no answer");
    },
    async onUpgrade(upgrade) {
      const changed = (await options.changeUpgrade?.(upgrade)) ?? upgrade;
      outcomes.push(await deliverer.upgrade(changed, { target: parsed, forwarded: {} }));
    },
  });
  return {
    ...opened,
    outcomes,
    async close() {
      await opened.receiver.close(0);
      await deliverer.close();
    },
  };
}
