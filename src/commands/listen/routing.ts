import type { Context } from "../../context.js";
import { readInput } from "../../config/input.js";
import type { DeliveryRequest, Target } from "../../deliver/deliverer.js";
import type { ForwardedEvent } from "../../deliver/queue.js";
import { createRouter, type RoutedEvent, type Router, type RouteRule } from "../../deliver/routes.js";
import { BodyFields } from "../../events/body-fields.js";
import type { EventRequest } from "../../events/event.js";
import { headerValue } from "../../events/headers.js";
import { MAX_JSON_BYTES } from "../../signatures/body.js";
import type { OwnAnswer } from "./flow.js";
import type { ListenOptions } from "./options.js";

/** Where events go: by the rules, else to the target, when there is one; only those that `--events` names. */
export function router(
  target: Target | undefined,
  events: readonly string[],
  rules: readonly RouteRule[] = [],
): Router {
  return createRouter({ rules, target, events });
}

/** What an event is routed by. Its body is read only when a rule asks for a field. */
export function routedEvent(
  { path, headers, body }: EventRequest,
  { eventType, provider }: Pick<RoutedEvent, "eventType" | "provider">,
): RoutedEvent {
  let fields: BodyFields | undefined;
  const read = () => (body.length > MAX_JSON_BYTES ? undefined : (fields ??= new BodyFields({ headers, body })));
  return { eventType, provider, path, headers, body: read };
}

/** What the app is told of the public side: by the tunnel's URL, or as the sender called us. */
export function forwardedFor(
  publicUrl: () => string | undefined,
): (request: ForwardedEvent) => DeliveryRequest["forwarded"] {
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
