import { startListen } from "../../helpers/program.js";
import { storedEvents } from "../../helpers/stored.js";
import type { StartSystem } from "./system.js";

/** `hookcli listen PORT`, whose local URL stands for the public one. */
export const startHookcli: StartSystem = async ({ sandbox, port, words = [] }) => {
  const start = (capturePort: string) =>
    startListen([String(port), "--no-tunnel", "--port", capturePort, ...words], { sandbox });
  let listen = await start("0");
  const url = listen.localUrl;
  return {
    url,
    headers: {},
    kill: async () => void (await listen.stop("SIGKILL")),
    async restart() {
      const startedAt = performance.now();
      listen = await start(new URL(url).port);
      return performance.now() - startedAt;
    },
    stored: async () =>
      new Map((await storedEvents(sandbox)).map((event) => [event.providerEventId ?? "", event.bodySha256])),
    close: async () => void (await listen.stop("SIGKILL")),
  };
};
