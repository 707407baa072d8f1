import { isIP, type Socket } from "node:net";
import { isPrivate } from "./address.js";
import { day, explainFault, shakeHands, type Shown } from "./certificate.js";
import { sentenceOf } from "./failure.js";
import { broken, ok, skipped, warning, type Finding, type Result } from "./finding.js";
import { knock, openSocket } from "./knock.js";
import type { Patient } from "./patient.js";
import { authorityOf } from "../events/authority.js";

/** Certificates are renewed a month before they end, as a rule: two weeks before, something is wrong. */
const SOON_MS = 14 * 86_400_000;

/** The public URL. No request is made to it: `listen` would capture it and the app would get it. */
export const publicFindings: readonly Finding[] = [
  {
    name: "public-dns",
    probes: "whether the public URL's name resolves, to an address that others can reach",
    severity: "broken",
    fix: "point the name's A and AAAA records to the public address",
    probe: withUrl(probeName),
  },
  {
    name: "public-url",
    probes: "whether the public URL can be connected to",
    severity: "broken",
    fix: "open the port in the firewall, and check that the server runs",
    probe: withUrl(probeConnection),
  },
  {
    name: "public-tls",
    probes: "the public URL's certificate: its chain, its name, its expiry",
    severity: "broken",
    fix: "use a certificate of a public authority, such as Let's Encrypt",
    probe: withUrl(probeCertificate),
  },
];

type UrlProbe = (url: URL, patient: Patient, signal: AbortSignal) => Promise<Result>;

function withUrl(probe: UrlProbe): Finding["probe"] {
  return async (patient, signal) =>
    typeof patient.publicUrl === "string" ? skipped(patient.publicUrl) : probe(patient.publicUrl, patient, signal);
}

async function probeName(url: URL, { network }: Patient): Promise<Result> {
  const { hostname } = authorityOf(url);
  let addresses: readonly string[];
  try {
    addresses = isIP(hostname) === 0 ? await network.lookup(hostname) : [hostname];
  } catch (error) {
    return broken(`${hostname}: ${sentenceOf(error)}`);
  }
  const own = addresses.find(network.isLoopback);
  if (own !== undefined)
    return warning(
      `${hostname} is ${own}: only this computer can reach it`,
      "a tunnel gives a public URL: hookcli listen 5000",
    );
  const inner = addresses.find(isPrivate);
  if (inner !== undefined)
    return broken(`${hostname} is ${inner}, an address of a local network: no provider can reach it`);
  return ok(`${hostname} is ${addresses.join(", ")}`);
}

async function probeConnection(url: URL, patient: Patient, signal: AbortSignal): Promise<Result> {
  const { proxy, socket } = await connectTo(url, patient, signal).catch((error: unknown) => ({
    proxy: error,
    socket: undefined,
  }));
  if (socket !== undefined) {
    socket.destroy();
    return ok(`${url.host} can be connected to${proxy === undefined ? "" : ", through the proxy"}`);
  }
  const { hostname: host, port } = authorityOf(url);
  const found = await knock({ host, port, timeoutMs: patient.limits.connectMs, signal });
  if (found.outcome === "silent") return broken(`${url.host} does not answer: a firewall between drops the connection`);
  return broken(`${url.host} is not reachable: ${found.outcome === "open" ? sentenceOf(proxy) : found.reason}`);
}

async function probeCertificate(url: URL, patient: Patient, signal: AbortSignal): Promise<Result> {
  const { hostname } = authorityOf(url);
  if (url.protocol === "http:") {
    return patient.network.isLoopback(hostname) || hostname.endsWith("localhost")
      ? skipped(`${url.origin} is on this computer, without TLS`)
      : warning(
          `${url.origin} is not https: most providers refuse it, and events travel readable`,
          "serve it over https",
        );
  }
  let shown: Shown;
  try {
    const { socket } = await connectTo(url, patient, signal);
    shown = await shakeHands({ socket, hostname, ca: patient.network.ca, timeoutMs: patient.limits.answerMs, signal });
  } catch (error) {
    return broken(`${url.host} does not speak TLS: ${sentenceOf(error)}`, "let the server speak https at this port");
  }
  return judgeCertificate(url, shown, patient);
}

function judgeCertificate({ host }: URL, shown: Shown, { now, text }: Patient): Result {
  if (shown.fault !== undefined) {
    const { why, fix } = explainFault(shown.fault, shown);
    return broken(`${host}: ${why}`, fix);
  }
  if (shown.validTo === undefined) return warning(`${host} shows no certificate`);
  const leftMs = shown.validTo - now();
  if (leftMs <= 0)
    return broken(`${host}: its certificate has expired (${day(shown.validTo)})`, "renew the certificate");
  if (leftMs < SOON_MS) {
    const left = leftMs < 172_800_000 ? text.duration(leftMs) : `${Math.floor(leftMs / 86_400_000)} days`;
    return warning(`${host}: its certificate ends in ${left} (${day(shown.validTo)})`, "renew the certificate");
  }
  return ok(`${host}: a certificate of ${shown.issuer} until ${day(shown.validTo)}, ${shown.protocol}`);
}

/** A connection as hookcli would make it. */
async function connectTo(
  url: URL,
  { network, limits }: Patient,
  signal: AbortSignal,
): Promise<{ socket: Socket; proxy: URL | undefined }> {
  const destination = authorityOf(url);
  const { dialer } = network;
  const proxy = await dialer?.proxyFor(destination);
  if (dialer === undefined || proxy === undefined) {
    const host = await addressOf(destination.hostname, network);
    return {
      socket: await openSocket({ host, port: destination.port, timeoutMs: limits.connectMs, signal }),
      proxy: undefined,
    };
  }
  const { socket, opened } = dialer.dial(proxy, destination);
  const timer = setTimeout(() => socket.destroy(), limits.connectMs);
  try {
    await opened;
    return { socket, proxy };
  } finally {
    clearTimeout(timer);
  }
}

/** The first address of a name: what is connected to is what was looked up. */
async function addressOf(hostname: string, { lookup }: Patient["network"]): Promise<string> {
  return isIP(hostname) === 0 ? ((await lookup(hostname))[0] ?? hostname) : hostname;
}
