import { isIP, type Socket } from "node:net";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";

/** What a server showed of itself in a handshake. */
export interface Shown {
  /** Node's (OpenSSL's) code of why the chain is not trusted; `undefined`: it is. */
  readonly fault: string | undefined;
  /** Milliseconds since 1970; `undefined`: it showed no certificate. */
  readonly validFrom: number | undefined;
  readonly validTo: number | undefined;
  /** Names that the certificate is for. */
  readonly names: string;
  readonly issuer: string;
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
}

export interface Handshake {
  readonly socket: Socket;
  readonly hostname: string;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Shakes hands over a connection and closes it. Rejects when there is no TLS at the other end. */
export function shakeHands({ socket, hostname, ca, timeoutMs, signal }: Handshake): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const tls = connect({
      socket,
      host: hostname,
      rejectUnauthorized: false,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", late);
      tls.destroy();
      reject(error);
    };
    const late = (): void => fail(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener("abort", late, { once: true });
    tls.on("error", fail);
    tls.once("close", () => fail(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    tls.once("secureConnect", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", late);
      resolve(readShown(tls));
      tls.destroy();
    });
  });
}

/** What a fault means, and what mends it. */
export function explainFault(fault: string, shown: Shown): { readonly why: string; readonly fix: string } {
  const row = FAULTS[fault];
  if (row !== undefined) return { why: row.why(shown), fix: row.fix };
  return {
    why: `its certificate is not trusted (${fault})`,
    fix: "let the server show a certificate of a public authority",
  };
}

const COMPLETE_CHAIN = "let the server send its whole chain (the fullchain file, not the certificate alone)";
const PUBLIC_AUTHORITY = "use a certificate of a public authority, such as Let's Encrypt";

const FAULTS: Readonly<Record<string, { readonly why: (shown: Shown) => string; readonly fix: string }>> = {
  CERT_HAS_EXPIRED: {
    why: ({ validTo }) =>
      `its certificate, or one of its chain, has expired${validTo === undefined ? "" : ` (${day(validTo)})`}`,
    fix: "renew the certificate, and load it anew",
  },
  CERT_NOT_YET_VALID: {
    why: ({ validFrom }) =>
      `its certificate is not valid yet${validFrom === undefined ? "" : ` (from ${day(validFrom)})`}`,
    fix: "set the clock of this computer, or of the one that made the certificate",
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { why: () => "its certificate is self-signed", fix: PUBLIC_AUTHORITY },
  SELF_SIGNED_CERT_IN_CHAIN: {
    why: () => "its chain ends at an authority that nobody knows: a company's own, or a program that reads along",
    fix: `${PUBLIC_AUTHORITY}; trust your company's own with NODE_EXTRA_CA_CERTS=ca.pem`,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    why: () => "a certificate between is missing from its chain",
    fix: COMPLETE_CHAIN,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    why: ({ issuer }) => `its chain does not lead to an authority that is known here (${issuer})`,
    fix: COMPLETE_CHAIN,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: ({ names }) => `its certificate is for ${names === "" ? "another name" : names}`,
    fix: "use the name that the certificate is for, or get one for this name",
  },
};

/** A date for people. */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function readShown(tls: TLSSocket): Shown {
  const certificate: Partial<DetailedPeerCertificate> = tls.getPeerCertificate(true);
  // Typed as an Error; it is a code.
  const fault: unknown = tls.authorizationError;
  return {
    fault: tls.authorized ? undefined : fault instanceof Error ? fault.message : String(fault),
    validFrom: timeOf(certificate.valid_from),
    validTo: timeOf(certificate.valid_to),
    names: certificate.subjectaltname ?? String(certificate.subject?.CN ?? ""),
    issuer: String(certificate.issuer?.O ?? certificate.issuer?.CN ?? "unknown"),
    protocol: tls.getProtocol() ?? "",
  };
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
