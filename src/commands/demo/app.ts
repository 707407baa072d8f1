import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The largest body that the sample app reads, bytes. */
const BODY_LIMIT_BYTES = 2 ** 20;

/** What the sample app saw of one request. */
export interface Seen {
  readonly accepted: boolean;
  /** Lower-case hex of the exact body. */
  readonly bodySha256: string;
}

/** An app as a developer would write one: it accepts what is signed with its secret and refuses all else. */
export interface SampleApp {
  readonly port: number;
  readonly seen: readonly Seen[];
  close(): void;
}

/**
 * Starts the sample app on a free port of 127.0.0.1. Its check is written out with node:crypto, so that it proves something about
 * what hookcli signs: hex HMAC-SHA256 of the body in X-Signature.
 */
export async function startSampleApp(secret: string): Promise<SampleApp> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on("error", () => {});
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const accepted = isSigned(body, request.headers["x-signature"], secret);
      seen.push({ accepted, bodySha256: createHash("sha256").update(body).digest("hex") });
      response.writeHead(accepted ? 200 : 401, { "content-type": "text/plain" });
      response.end(accepted ? "thank you\n" : "wrong signature\n");
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function isSigned(body: Uint8Array, signature: string | string[] | undefined, secret: string): boolean {
  const expected = Buffer.from(createHmac("sha256", secret).update(body).digest("hex"));
  const given = Buffer.from(typeof signature === "string" ? signature : "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
