import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Listens with a queue of one, and accepts nothing any more. */
const PROGRAM = `
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, String(server.address().port) + "\\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;
/** More than the queue takes; Linux rounds it up a little. */
const FILLING = 4;

/** A port of 127.0.0.1 on which connections get no answer at all, as behind a firewall that drops: its queue is full. */
export async function droppingPort(): Promise<number> {
  const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  const sockets = Array.from({ length: FILLING }, () => connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.slice(0, 2).map(opened));
  return port;
}

function opened(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("connect", resolve));
}
