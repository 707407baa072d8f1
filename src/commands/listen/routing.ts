import type { Context } from "../../context.js";
import { readInput } from "../../config/input.js";
import type { DeliveryRequest, Target } from "../../deliver/deliverer.js";
import { globMatches } from "../../events/glob.js";
import { headerValue } from "../../events/headers.js";
import type { ReceivedRequest } from "../../receive/receiver.js";
import type { OwnAnswer } from "./flow.js";
import type { ListenOptions } from "./options.js";

/** Where an event goes: to the target, when there is one and `--events` names its type. */
export function router(
  target: Target | undefined,
  globs: readonly string[],
): (facts: { readonly eventType: string | null }) => Target | undefined {
  if (globs.length === 0) return () => target;
  return ({ eventType }) =>
    eventType !== null && globs.some((glob) => globMatches(glob, eventType)) ? target : undefined;
}

/** What the app is told of the public side: by the tunnel's URL, or as the sender called us. */
export function forwardedFor(
  publicUrl: () => string | undefined,
): (request: ReceivedRequest) => DeliveryRequest["forwarded"] {
  return (request) => {
    const known = publicUrl();
    const outside = known === undefined ? undefined : new URL(known);
    const called = headerValue(request.headers, "host");
    const isOutside = outside !== undefined && (request.source === "tunnel" || called === outside.host);
    const host = isOutside ? outside.host : called;
    return {
      proto: isOutside ? outside.protocol.replace(":", "") : "http",
      ...(host === undefined ? {} : { host }),
      ...(request.remoteIp === null ? {} : { for: request.remoteIp }),
    };
  };
}

const TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  xml: "application/xml",
  html: "text/html; charset=utf-8",
  txt: "text/plain; charset=utf-8",
};

/** The answer of `--respond` and `--respond-body`; 200 with no body when neither is given. */
export async function ownAnswer(options: ListenOptions, context: Context): Promise<OwnAnswer> {
  const { respond: status, respondBody: file } = options;
  const bodyless = status === 204 || status === 205 || status === 304;
  if (file === undefined || bodyless)
    return { status, headers: bodyless ? [] : [["Content-Length", "0"]], body: new Uint8Array() };
  const body = await readInput(file === "-" || file.startsWith("@") ? file : `@${file}`, {
    context,
    what: "--respond-body",
  });
  const type = TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return {
    status,
    headers: [
      ["Content-Type", type],
      ["Content-Length", String(body.length)],
    ],
    body,
  };
}
