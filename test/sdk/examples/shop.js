// What the examples test: a shop that tells its customers of an order by a signed webhook, and tries again when it is not taken.
import { createHmac } from "node:crypto";

/** Posts `order.paid` to `url`, at most `tries` times. */
export async function payOrder(order, { url, secret, tries = 3 }) {
  const body = JSON.stringify({ type: "order.paid", id: `evt_${order.id}`, data: order });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const headers = { "Content-Type": "application/json", "X-Signature": signature };
    const answer = await fetch(`${url}/orders`, { method: "POST", headers, body });
    if (answer.ok) return attempt;
  }
  throw new Error(`nobody took ${order.id}`);
}
