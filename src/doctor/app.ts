import { explainFault } from "./certificate.js";
import { broken, ok, skipped, warning, type Finding, type Result } from "./finding.js";
import { oncePer } from "./once.js";
import type { AppSide, Patient } from "./patient.js";
import { hear, type Speech } from "./speech.js";
import { redactUrl } from "../events/redact.js";

/** The app's port. */
export const appFindings: readonly Finding[] = [
  {
    name: "app-port",
    probes: "who listens on the app's port, on 127.0.0.1 and on ::1",
    severity: "broken",
    fix: "start the app, or name the port that it listens on",
    probe: withApp(probePort),
  },
  {
    name: "localhost",
    probes: "whether 127.0.0.1 and ::1 are the same program",
    severity: "warning",
    fix: "name the address that is meant",
    probe: withApp(probeLocalhost),
  },
  {
    name: "app-protocol",
    probes: "whether the app speaks HTTP or HTTPS, as the target says",
    severity: "broken",
    fix: "name the protocol that the app speaks in the target",
    probe: withApp(probeProtocol),
  },
];

interface Heard {
  readonly address: string;
  readonly speech: Speech;
}

function withApp(probe: (app: AppSide, heard: readonly Heard[]) => Result): Finding["probe"] {
  return async (patient, signal) => {
    const { app } = patient;
    if (typeof app === "string") return skipped(app);
    if (app.throughProxy) return skipped("the target is reached through a proxy");
    return probe(app, await hearAll(patient)(app, signal));
  };
}

/** Every address is spoken to once. */
const hearAll = oncePer(({ limits, network: { ca } }: Patient) => {
  let heard: Promise<readonly Heard[]> | undefined;
  return (app: AppSide, signal: AbortSignal) => {
    heard ??= Promise.all(
      app.addresses.map(async (address) => ({ address, speech: await hear({ app, address, limits, ca, signal }) })),
    );
    return heard;
  };
});

function probePort({ target }: AppSide, heard: readonly Heard[]): Result {
  const open = heard.filter(({ speech }) => speech.speaks !== "nothing");
  const closed = heard.filter(({ speech }) => speech.speaks === "nothing");
  const places = (list: readonly Heard[]) => list.map(({ address }) => address).join(" and ");
  if (heard.length === 0) return broken(`${target.hostname} does not resolve to an address`);
  if (open.length === 0) {
    const reasons = new Set(heard.map(({ speech }) => (speech.speaks === "nothing" ? speech.reason : "")));
    return broken(`nothing listens on port ${target.port} of ${places(heard)}: ${[...reasons].join("; ")}`);
  }
  const silent = open.filter(({ speech }) => speech.speaks === "silence");
  if (silent.length === open.length) {
    return broken(
      `port ${target.port} of ${places(silent)} takes connections, and does not answer`,
      "look whether the app hangs, waits for a debugger, or starts still",
    );
  }
  const only =
    closed.length === 0
      ? ""
      : `, not on ${places(closed)}${target.hostname === "localhost" ? " (hookcli tries both)" : ""}`;
  return ok(`port ${target.port} answers on ${places(open)}${only}`);
}

function probeLocalhost({ target }: AppSide, heard: readonly Heard[]): Result {
  if (target.hostname !== "localhost") return skipped(`${target.hostname} is one address`);
  const faces = heard.flatMap(({ address, speech }) => {
    if (speech.speaks === "nothing") return [];
    return [{ address, face: speech.speaks === "http" ? speech.face : speech.speaks }];
  });
  if (faces.length < 2) return ok("localhost is unambiguous here");
  if (new Set(faces.map(({ face }) => face)).size === 1) return ok("127.0.0.1 and ::1 answer alike");
  return warning(
    `127.0.0.1 and ::1 are answered by different programs on port ${target.port}`,
    `name the one that is meant: 127.0.0.1:${target.port} or [::1]:${target.port}`,
  );
}

function probeProtocol({ target, insecure }: AppSide, heard: readonly Heard[]): Result {
  const speeches = heard
    .map(({ speech }) => speech)
    .filter(({ speaks }) => speaks !== "nothing" && speaks !== "silence");
  const [speech] = speeches;
  if (speech === undefined) return skipped("the app does not answer");
  const place = redactUrl(target.label).replace(/^https?:\/\//, "");
  if (speech.speaks === "other")
    return broken(`${place} answers, but neither HTTP nor TLS`, "another program has this port");
  const secure = target.protocol === "https:";
  if (speech.speaks === "http") {
    if (!secure) return ok("the app speaks HTTP");
    return broken(`the app speaks plain HTTP, and the target says https`, `hookcli doctor http://${place}`);
  }
  if (!secure && speech.speaks === "tls") {
    return broken("the app speaks HTTPS, and the target says http", `hookcli doctor https://${place}`);
  }
  return speech.speaks === "tls" ? judgeOwnCertificate(speech.shown, insecure) : skipped("the app does not answer");
}

function judgeOwnCertificate(shown: Extract<Speech, { speaks: "tls" }>["shown"], insecure: boolean): Result {
  if (shown.fault === undefined) return ok("the app speaks HTTPS, and its certificate is trusted");
  const { why } = explainFault(shown.fault, shown);
  if (insecure) return ok(`the app speaks HTTPS; ${why}, which -k accepts`);
  return broken(
    `the app speaks HTTPS, but ${why}`,
    "-k accepts it; or trust it: NODE_EXTRA_CA_CERTS=ca.pem (mkcert -CAROOT shows where mkcert keeps its own)",
  );
}
