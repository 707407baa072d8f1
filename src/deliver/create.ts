import { Client, Pool } from "undici";
import { createConnector } from "./connect.js";
import type { Deliverer, DelivererOptions, Delivery, DeliveryRequest } from "./deliverer.js";
import { Exchange } from "./exchange.js";
import { overridesOf, requestHead } from "./request-head.js";
import { hostOf, targetUrl } from "./target.js";
import { joinUpgrade } from "./upgrade.js";
import { Watch } from "./watch.js";
import { isIP } from "node:net";

/** Connections to one target at a time; more attempts wait for a free one. */
const MAX_CONNECTIONS = 512;
/** An idle connection is closed before most servers close theirs (Node: 5 s), so that the two do not meet half-way. */
const KEEP_ALIVE_MS = 3_000;
const KEEP_ALIVE_MAX_MS = 30_000;
/** Largest head of an app's answer. */
const MAX_ANSWER_HEAD_BYTES = 64 * 1024;
/** How often attempts under way are looked at, when there is no shorter time limit. */
const WATCH_MS = 250;

/** Makes attempts, over one pool of kept-alive connections for each target. */
export function createDeliverer(options: DelivererOptions): Deliverer {
  const connect = createConnector(options);
  const watch = new Watch(watchInterval(options.timeoutMs), options.monotonic);
  const pools = new Map<string, Pool>();
  const upgrades = new Set<() => void>();
  const overrides = overridesOf(options.headers);
  // Time-outs are counted by Watch: one timer, and a flood of 1xx answers does not renew them.
  const settings = { connect, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: MAX_ANSWER_HEAD_BYTES, pipelining: 1 };

  const poolOf = (origin: string): Pool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        ...settings,
        connections: MAX_CONNECTIONS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      });
      pools.set(origin, pool);
    }
    return pool;
  };

  const overridesWith = (headers: DeliveryRequest["headers"]) =>
    headers === undefined ? overrides : overridesOf(headers, overrides);

  const deliver = (delivery: DeliveryRequest): Promise<Delivery> =>
    new Promise((settle) => {
      const { request, target } = delivery;
      const origin = `${target.protocol}//${hostOf(target)}`;
      const headers = requestHead({
        headers: request.headers,
        forwarded: delivery.forwarded,
        overrides: overridesWith(delivery.headers),
        hostHeader: options.hostHeader,
      });
      const call = {
        path: targetUrl(target, request.path),
        method: request.method,
        headers,
        body: request.body.byteLength === 0 ? null : request.body,
        // Else undici would ask the certificate for the name in a kept Host header.
        ...(target.protocol === "https:" && isIP(target.hostname) === 0 ? { servername: target.hostname } : {}),
      };
      const exchange = new Exchange({
        delivery,
        requestBytes: headSize(call.path, headers) + request.body.byteLength,
        timeoutMs: delivery.timeoutMs ?? options.timeoutMs,
        monotonic: options.monotonic,
        watch,
        again: (again) => {
          const client = new Client(origin, settings);
          client.dispatch(call, again);
          void client.close();
        },
        settle,
      });
      if (delivery.signal?.aborted === true) exchange.fail("aborted");
      else poolOf(origin).dispatch(call, exchange);
    });

  return {
    deliver,
    upgrade: (upgrade, { headers, ...way }) =>
      joinUpgrade({ ...way, upgrade, options, overrides: overridesWith(headers), upgrades }),
    async close() {
      watch.close();
      for (const cut of upgrades) cut();
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

function watchInterval(timeoutMs: number): number {
  return timeoutMs === 0 ? WATCH_MS : Math.min(WATCH_MS, Math.max(10, Math.floor(timeoutMs / 8)));
}

function headSize(path: string, headers: readonly string[]): number {
  let size = path.length;
  for (const text of headers) size += text.length + 4;
  return size;
}
