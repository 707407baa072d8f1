import { request } from "node:http";

/** An answer that came through a public URL. */
export interface PublicAnswer {
  readonly status: number;
  readonly body: string;
  readonly durationMs: number;
}

/**
 * Sends a POST to a public URL of a localtunnel server on loopback, whose names only its Host header knows. Rejects when
 * there is no answer within `timeoutMs`.
 */
export function sendPublic(
  publicUrl: string,
  options: { path?: string; body: string | Uint8Array; headers?: Record<string, string>; timeoutMs?: number },
): Promise<PublicAnswer> {
  const { host, port } = new URL(publicUrl);
  const body = Buffer.from(options.body);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const call = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      path: options.path ?? "/",
      agent: false,
      headers: { host, "content-length": body.length, ...options.headers },
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
    });
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString("utf8"),
          durationMs: performance.now() - startedAt,
        }),
      );
    });
    call.on("error", reject);
    call.end(body);
  });
}
