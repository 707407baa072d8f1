import { createHash } from "node:crypto";
import type { Context } from "../../../context.js";
import type { ImportedEvent } from "../../../events/event.js";
import { newEventId } from "../../../events/id.js";
import type { ForeignRequest, Imported } from "../../../events/import-request.js";
import { REDACTED } from "../../../events/redact.js";
import { describeEvent } from "../../../providers/describe.js";
import { findProvider, type Provider } from "../../../providers/index.js";

export interface IntakeOptions {
  readonly context: Pick<Context, "now" | "random">;
  /** The project that events are put into. */
  readonly project: string;
  /** Events of hookcli stay in theirs. */
  readonly keepProject: boolean;
  /** Rows that the user has defined. */
  readonly own: readonly Provider[];
}

/** What was read as the event that is stored: source `import`, and all that a capture would have told of it. */
export function eventOfImport(imported: Imported, options: IntakeOptions): ImportedEvent {
  if (imported.kind === "request") return eventOfRequest(imported.request, options);
  const { event } = imported;
  const keeps = options.keepProject && event.project !== "";
  return {
    ...event,
    source: "import",
    project: keeps ? event.project : options.project,
    // Whoever was about to deliver it does not know of this copy.
    state: event.state === "pending" ? "stored" : event.state,
  };
}

/** True when credentials were taken out of it before. */
export function isRedacted({ headers, path }: ImportedEvent): boolean {
  return path.includes(`=${REDACTED}`) || headers.some(([, value]) => value === REDACTED);
}

function eventOfRequest(request: ForeignRequest, { context, project, own }: IntakeOptions): ImportedEvent {
  const { method, path, headers, body, attempts, receivedAt } = request;
  const provider = request.provider === undefined ? undefined : findProvider(request.provider, own);
  const last = attempts.at(-1);
  return {
    id: idOf(request, context),
    project,
    receivedAt: receivedAt ?? context.now(),
    source: "import",
    method,
    path,
    headers,
    trailers: [],
    body,
    bodyComplete: true,
    remoteIp: null,
    ...describeEvent({ method, path, headers, body }, provider, own),
    signature: { status: "unchecked" },
    duplicateOf: null,
    replayOf: null,
    state: last === undefined ? "stored" : isSuccess(last.status) ? "delivered" : "failed",
    refusal: null,
    attempts,
  };
}

/** Where a file says when a request came, the same request has the same id every time: it is imported once. */
function idOf(request: ForeignRequest, { now, random }: IntakeOptions["context"]): string {
  const { receivedAt, method, path, headers, body } = request;
  if (receivedAt === null) return newEventId(now(), random);
  const hash = createHash("sha256")
    .update(JSON.stringify([method, path, headers]))
    .update(body)
    .digest();
  return newEventId(receivedAt, (length) => hash.subarray(0, length));
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
