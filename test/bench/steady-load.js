// Offers requests at a steady rate, whatever the answers do: `steady-load.js PORT RATE SECONDS`. Prints one line of JSON.
// Raw sockets, one request at a time on each: the generator must cost less than what it measures.
import { connect } from "node:net";

const [port, rate, seconds] = process.argv.slice(2).map(Number);
const CONNECTIONS = 64;
/** A request that had to wait this long for a free connection is late. */
const LATE_MS = 100;
const TICK_MS = 5;

const fill = "x".repeat(1_900);
const waiting = [];
/** How long each request took from the moment it was due to its answer. */
const latencies = [];
const idle = [];
let due = 0;
let sent = 0;
let ok = 0;
let late = 0;
let open = 0;
let failed;

for (let index = 0; index < CONNECTIONS; index += 1) idle.push(await connection());
const started = performance.now();
const cpuBefore = process.cpuUsage();
const timer = setInterval(offer, TICK_MS);

function offer() {
  const passed = performance.now() - started;
  const wanted = Math.min(rate * seconds, Math.floor((passed / 1000) * rate));
  for (; due < wanted; due += 1) waiting.push(performance.now());
  send();
  if (due >= rate * seconds) {
    clearInterval(timer);
    if (open === 0) finish();
  }
}

function send() {
  while (waiting.length > 0 && idle.length > 0) {
    const dueAt = waiting.shift();
    if (performance.now() - dueAt > LATE_MS) late += 1;
    sent += 1;
    open += 1;
    const body = JSON.stringify({
      type: "message.created",
      id: `evt_${sent}`,
      data: { id: `msg_${sent}`, content: fill },
    });
    const socket = idle.pop();
    socket.dueAt = dueAt;
    socket.write(
      `POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
}

async function connection() {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    if (text.startsWith("HTTP/1.1 200")) ok += 1;
    else failed ??= text.slice(0, 200);
    text = "";
    latencies.push(performance.now() - socket.dueAt);
    open -= 1;
    idle.push(socket);
    send();
    if (open === 0 && due >= rate * seconds) finish();
  });
  return socket;
}

function finish() {
  const tookSeconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const generator = (user + system) / 1e6 / tookSeconds;
  latencies.sort((a, b) => a - b);
  const at = (share) =>
    Number(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))].toFixed(1));
  const [p50Ms, p99Ms, worstMs] = [at(0.5), at(0.99), at(1)];
  process.stdout.write(`${JSON.stringify({ ok, late, failed, tookSeconds, generator, p50Ms, p99Ms, worstMs })}\n`, () =>
    process.exit(0),
  );
}
