import { join } from "node:path";
import { rootDir } from "../../helpers/data.js";
import { startLocaltunnelServer } from "../../helpers/localtunnel-server.js";
import { startClient } from "./client.js";
import type { StartSystem } from "./system.js";

const program = join(rootDir, "node_modules/localtunnel/bin/lt.js");
const NAME = "faults-ledger";

/** localtunnel's own client and server, as users start them, on loopback. */
export const startLocaltunnel: StartSystem = async ({ port }) => {
  const server = await startLocaltunnelServer();
  const argv = [program, "--host", server.host, "--subdomain", NAME, "--port", String(port), "--local-host"];
  const start = () => startClient([...argv, "127.0.0.1"], /your url is/);
  let client = await start();
  return {
    url: server.host,
    headers: { host: `${NAME}.localhost:${server.port}` },
    kill: () => client.kill(),
    async restart() {
      const startedAt = performance.now();
      client = await start();
      return performance.now() - startedAt;
    },
    stored: () => Promise.resolve(new Map()),
    async close() {
      await client.kill();
      await server.close();
    },
  };
};
