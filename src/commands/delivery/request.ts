import type { HeaderList } from "../../events/headers.js";
import { withHeaders } from "../../events/headers.js";
import type { Provider } from "../../providers/provider.js";

/** A request ready to be sent, printed or signed again. */
export interface OutgoingRequest {
  readonly method: string;
  /** The whole URL that it goes to. */
  readonly url: string;
  /** Path and query, as they stand in the request line. */
  readonly path: string;
  /** Begins with Host; without the headers of the connection. */
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** The request with headers in place of those of the same name. */
export function replaceHeaders(request: OutgoingRequest, headers: HeaderList): OutgoingRequest {
  return { ...request, headers: withHeaders(request.headers, headers) };
}

/** The request at a URL of the same origin, such as one with a body hash in its query. */
export function atUrl(request: OutgoingRequest, url: string): OutgoingRequest {
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, "");
  return { ...request, url, path: path.startsWith("/") ? path : `/${path}` };
}

/** Names of the headers in which a provider sends the secret itself. */
export function secretHeaders(provider: Provider | undefined): string[] {
  return (provider?.schemes ?? []).flatMap(({ algorithm, signature }) =>
    algorithm.family === "token" && signature.from === "header" ? signature.names : [],
  );
}
