import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Signed } from "./senders.js";

/** What a wrong handler worked with when it checked a signature. */
export interface Seen {
  /** The bytes that it would hash. */
  readonly body: Buffer;
  /** The headers as its framework names them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The URL as its framework puts it together. */
  readonly url: string;
}

/** What an app answers, in JSON: the body in base64, the headers as pairs or as an object. */
interface Answer {
  readonly body: string;
  readonly headers: readonly (readonly [string, string])[] | Readonly<Record<string, string>>;
  readonly url: string;
}

export interface Delivery {
  readonly port: number;
  /** Of the handler: `/json`. */
  readonly path: string;
  /** Sent in these pieces, one after the other, in place of the body in one. */
  readonly pieces?: readonly Uint8Array[];
  /** What the sender has in its Host header. */
  readonly host?: string;
  /** Through TLS, whoever made the certificate. */
  readonly isSecure?: boolean;
}

/** Sends a signed request, byte for byte, to an app on this computer; resolves with what its handler saw. */
export async function deliver(signed: Signed, delivery: Delivery): Promise<Seen> {
  const { status, text } = await post(signed, delivery);
  if (status !== 200) throw new Error(`${delivery.path} answered ${status}: ${text.slice(0, 2_000)}`);
  return seenOf(text);
}

/** What an app says of itself, from its answer. */
export function seenOf(text: string): Seen {
  const { body, headers, url } = JSON.parse(text) as Answer;
  return {
    body: Buffer.from(body, "base64"),
    headers: Array.isArray(headers) ? headers : Object.entries(headers),
    url,
  };
}

function post(
  signed: Signed,
  { port, path, pieces, host, isSecure }: Delivery,
): Promise<{ status: number; text: string }> {
  const length = pieces === undefined ? { "content-length": String(signed.body.length) } : {};
  const headers = { host: host ?? `127.0.0.1:${port}`, ...length, ...signed.headers };
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path, method: "POST", headers, rejectUnauthorized: false };
    const request = (isSecure === true ? httpsRequest : httpRequest)(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.on("error", reject);
    request.setNoDelay(true);
    if (pieces === undefined) request.end(signed.body);
    else void inPieces(request, pieces);
  });
}

/** Each piece in a packet of its own: far enough apart that the app reads them one after the other. */
async function inPieces(request: ReturnType<typeof httpRequest>, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    request.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  request.end();
}
