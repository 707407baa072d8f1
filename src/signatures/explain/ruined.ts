import { headerValue } from "../../events/headers.js";
import { signsBody } from "../content.js";
import type { Cause } from "../explanation.js";
import type { SignedRequest } from "../request.js";
import { latin1 } from "./body.js";
import type { Subject } from "./subject.js";

/** What a body shows of itself where nothing can bring back the one that was signed. */
export interface Ruin {
  readonly cause: Extract<Cause, "body_lost" | "body_reserialised" | "body_encoding">;
  readonly message: string;
}

/** What frameworks hand over for a body that nobody has read. */
const UNREAD: ReadonlySet<string> = new Set(["", "undefined", "null", "{}"]);
const MAX_UNREAD = 32;

/** Methods whose requests have no body. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

/** Why the bytes that were signed are gone; `undefined`: nothing shows that they are. */
export function ruinOf({ scheme, request }: Pick<Subject, "scheme" | "request">): Ruin | undefined {
  const { body } = request;
  if (body.length === 0 && signsBody(scheme)) return lostBody(request, "") ?? emptyBody(request);
  const text = body.length > MAX_UNREAD ? undefined : latin1(body).trim();
  if (text !== undefined && UNREAD.has(text)) return lostBody(request, text);
  if (text === "[object Object]")
    return {
      cause: "body_reserialised",
      message: "the body is the text [object Object]: it was parsed, and the object was put into a text",
    };
  if (!Buffer.from(body.buffer, body.byteOffset, body.length).includes("\ufffd")) return undefined;
  return {
    cause: "body_encoding",
    message:
      "the body has U+FFFD in it, which stands for bytes that were lost when it was decoded as text, or piece by piece; if it was sent so, most likely another secret signed it",
  };
}

/** Nothing says what length the body had. */
function emptyBody({ method = "POST", headers }: SignedRequest): Ruin | undefined {
  if (BODILESS.has(method) || headerValue(headers, "content-length") !== undefined) return undefined;
  return {
    cause: "body_lost",
    message:
      "the body is empty: most likely something else has read it before, so that nothing was left; if it was sent so, another secret signed it",
  };
}

function lostBody({ headers, body }: SignedRequest, text: string): Ruin | undefined {
  const length = headerValue(headers, "content-length") ?? "";
  const isChunked = /chunked/i.test(headerValue(headers, "transfer-encoding") ?? "");
  const isOther = /^[1-9]\d{0,14}$/.test(length) && Number(length) !== body.length;
  if (!isOther && !(isChunked && text === "")) return undefined;
  const says = isOther ? `Content-Length says ${length}` : "it was sent in chunks";
  const is = text === "" ? "empty" : `the text ${text}`;
  return {
    cause: "body_lost",
    message: `the body is ${is}, and ${says}: something else has read it before, or the server did not`,
  };
}
