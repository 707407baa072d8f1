#!/usr/bin/env node
// Stands in for cloudflared and ssh: says what they say, as FAKE_MODE wants it. FAKE_LOG gets its arguments.
const { appendFileSync, writeSync } = require("node:fs");
const path = require("node:path");

const args = process.argv.slice(2);
const mode = process.env.FAKE_MODE;
const out = (line) => writeSync(1, `${line}\n`);
const err = (line) => writeSync(2, `${line}\n`);
const stay = () => setInterval(() => undefined, 1000);
appendFileSync(process.env.FAKE_LOG, `${JSON.stringify([path.basename(process.argv[1]), ...args])}\n`);

const scripts = {
  cloudflared: () => {
    err("2024-01-01T00:00:00Z ERR Configuration file /dev/null was empty");
    err("2024-01-01T00:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...");
    err("2024-01-01T00:00:00Z INF |  https://calm-blue-sky.trycloudflare.com                    |");
    if (mode === "unregistered") return stay();
    setTimeout(() => err("2024-01-01T00:00:01Z INF Registered tunnel connection connIndex=0"), 20);
    if (mode === "dies") setTimeout(() => process.exit(1), 600);
    if (mode === "stubborn") process.on("SIGTERM", () => undefined);
    return stay();
  },
  refused: () => {
    err("2024-01-01T00:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...");
    err('failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: no route to host');
    process.exit(1);
  },
  service: () => {
    err("debug1: remote forward success for: listen 80, connect 127.0.0.1:5000");
    out(
      "Welcome! See https://localhost.run/docs/ and https://admin.localhost.run/ or https://twitter.com/localhost_run",
    );
    out("\u001b[32mHTTP:\u001b[0m http://abc.lhr.life");
    out("\u001b[32mabc.lhr.life tunneled with tls termination, https://abc.lhr.life\u001b[0m");
    return stay();
  },
  ownHost: () => {
    err("debug1: remote forward success for: listen 80, connect 127.0.0.1:5000");
    return stay();
  },
  noSession: () => {
    err("debug1: remote forward success for: listen 80, connect 127.0.0.1:5000");
    if (args.includes("-N")) return stay();
    out("This account is currently not available.");
    process.exit(1);
  },
  denied: () => {
    err("OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.11");
    err("me@example.com: Permission denied (publickey).");
    err("debug1: Exit status -1");
    process.exit(255);
  },
};
(scripts[mode] ?? scripts.cloudflared)();
