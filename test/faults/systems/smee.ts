import { join } from "node:path";
import { rootDir } from "../../helpers/data.js";
import { startClient } from "./client.js";
import { startSmeeRelay } from "./smee-relay.js";
import type { StartSystem } from "./system.js";

const program = join(rootDir, "test/faults/node_modules/smee-client/bin/smee.js");

/** smee-client as users start it, with a relay on loopback in the place of smee.io. */
export const startSmee: StartSystem = async ({ port }) => {
  const relay = await startSmeeRelay();
  const url = `http://127.0.0.1:${relay.port}/channel`;
  const start = async () => {
    const client = await startClient([program, "--url", url, "--target", `http://127.0.0.1:${port}/`], /Connected/);
    await relay.connected();
    return client;
  };
  let client = await start();
  return {
    url,
    headers: {},
    kill: () => client.kill(),
    async restart() {
      const startedAt = performance.now();
      client = await start();
      return performance.now() - startedAt;
    },
    stored: () => Promise.resolve(new Map()),
    async close() {
      await client.kill();
      await relay.close();
    },
  };
};
