import { broken, ok, skipped, warning, type Finding, type Result } from "./finding.js";
import { knock } from "./knock.js";
import type { Patient } from "./patient.js";
import { authorityOf } from "../events/authority.js";

const PROXY_NAMES = ["HTTP_PROXY", "HTTPS_PROXY"] as const;
/** What a NO_PROXY that is meant for local work names. */
const LOOPBACK_NAMES = ["localhost", "127.0.0.1"] as const;

/** The proxy variables, and the proxies that they name. */
export const proxyFindings: readonly Finding[] = [
  {
    name: "proxy",
    probes: "HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in upper and lower case",
    severity: "broken",
    fix: "write proxies as http://host:port, and NO_PROXY as a list of names",
    probe: async (patient) => probeVariables(patient),
  },
  {
    name: "proxy-server",
    probes: "whether the proxies can be connected to",
    severity: "broken",
    fix: "start the proxy, or unset the variable",
    probe: probeServers,
  },
];

interface Variable {
  readonly name: string;
  readonly value: string;
}

function probeVariables(patient: Patient): Result {
  const { parse, label } = patient.network.proxies;
  const proxies = PROXY_NAMES.flatMap((name) => spellings(patient, name));
  const noProxy = spellings(patient, "NO_PROXY");
  const [all] = spellings(patient, "ALL_PROXY");
  if (proxies.length === 0 && all !== undefined) {
    return warning(
      `${all.name} is set, which hookcli does not read`,
      "set HTTP_PROXY and HTTPS_PROXY, if a proxy is needed",
    );
  }
  if (proxies.length === 0) return ok(noProxy.length === 0 ? "no proxy is named" : "NO_PROXY alone, and no proxy");
  const malformed = proxies.find(({ value }) => parse(value) === undefined);
  if (malformed !== undefined) return broken(...describeMalformed(malformed, label(malformed.value)));
  const named = proxies.map(({ name, value }) => `${name} ${label(value)}`).join(", ");
  const twice =
    PROXY_NAMES.find((name) => differ(proxies, name)) ?? (differ(noProxy, "NO_PROXY") ? "NO_PROXY" : undefined);
  if (twice !== undefined) {
    return warning(
      `${twice} and ${twice.toLowerCase()} differ (${named})`,
      `hookcli takes ${twice.toLowerCase()}; programs differ: unset one`,
    );
  }
  const entries = (noProxy[0]?.value ?? "").split(/[,\s]+/).map((entry) => entry.toLowerCase());
  const missing = LOOPBACK_NAMES.filter((name) => !entries.includes(name) && !entries.includes("*"));
  if (missing.length === 0) return ok(`${named}, but not for ${noProxy[0]?.value ?? ""}`);
  return warning(
    `NO_PROXY does not name ${missing.join(" and ")}: hookcli never sends loopback to a proxy, but other programs do (${named})`,
    `${patient.platform === "win32" ? "set" : "export"} NO_PROXY=${[...entries.filter((entry) => entry !== ""), ...missing].join(",")}`,
  );
}

function describeMalformed({ name, value }: Variable, label: string): [string, string] {
  if (/^socks/i.test(value))
    return [
      `${name} names a SOCKS proxy (${label}), which hookcli does not speak`,
      `set ${name} to an http proxy, or unset it`,
    ];
  return [`${name} is not the URL of a proxy: ${label}`, `write it as ${name}=http://proxy.example:3128`];
}

async function probeServers(patient: Patient, signal: AbortSignal): Promise<Result> {
  const { parse, label } = patient.network.proxies;
  const urls = PROXY_NAMES.flatMap((name) => spellings(patient, name)).flatMap(({ value }) => parse(value) ?? []);
  const distinct = [...new Map(urls.map((url) => [url.host, url])).values()];
  if (distinct.length === 0) return skipped("no proxy is named");
  const results = await Promise.all(
    distinct.map(async (url) => {
      const { hostname: host, port } = authorityOf(url);
      return { url, found: await knock({ host, port, timeoutMs: patient.limits.connectMs, signal }) };
    }),
  );
  for (const { url, found } of results) {
    if (found.outcome !== "open") return broken(`${label(url.href)} is not reachable: ${found.reason}`);
  }
  return ok(`${distinct.map((url) => label(url.href)).join(", ")} can be connected to`);
}

/** A variable as it is set, in lower case first, which is the one that counts. */
function spellings({ env }: Patient, name: string): Variable[] {
  return [name.toLowerCase(), name].flatMap((spelling) => {
    const value = env[spelling]?.trim() ?? "";
    return value === "" ? [] : [{ name: spelling, value }];
  });
}

function differ(variables: readonly Variable[], name: string): boolean {
  const values = variables.filter((variable) => variable.name.toUpperCase() === name).map(({ value }) => value);
  return new Set(values).size > 1;
}
