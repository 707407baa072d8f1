import { headerValue } from "../../events/headers.js";
import { signsBody } from "../content.js";
import { utf8 } from "./body.js";
import { jsonTextOf } from "./json-text.js";
import { areKeysSorted } from "./key-order.js";
import type { Subject } from "./subject.js";

/** What a body shows of the encoder that wrote it. */
export interface Writing {
  /** Completes "the body is written as ...". */
  readonly how: string;
  /** False: most senders write so too, and it proves little. */
  readonly isTelling: boolean;
}

/** Larger bodies are not written again to compare them. */
const MAX_BYTES = 2 ** 20;

/** Which language's encoder writes JSON just as the body is; `undefined`: none that is known, or the body is not signed. */
export function writingOf({ scheme, request }: Pick<Subject, "scheme" | "request">): Writing | undefined {
  const { body, headers } = request;
  if (!signsBody(scheme) || body.length > MAX_BYTES) return undefined;
  const json = jsonTextOf(body);
  if (json === undefined || json.own === "as it is" || !json.tokens.includes(":")) return undefined;
  const text = utf8(body);
  const encoder = json.own.name === "in Python's style" ? "Python's json.dumps writes it" : compactEncoder(text);
  if (encoder === undefined) return undefined;
  if (areKeysSorted(json.tokens)) return { how: `${encoder}, with its keys sorted`, isTelling: true };
  if (json.own.name === "in Python's style") return { how: encoder, isTelling: true };
  // A body that is as long as its sender said was hardly written again; it was sent compact.
  if (headerValue(headers, "content-length") === String(body.length)) return undefined;
  return { how: encoder, isTelling: false };
}

/** JavaScript's or PHP's, when it writes this very text. */
function compactEncoder(text: string): string | undefined {
  const again = writtenAgain(text);
  if (again === undefined) return undefined;
  if (again === text) return "JSON.stringify writes it";
  const php = again
    .replaceAll("/", "\\/")
    .replace(/[\u007f-\uffff]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return php === text ? "PHP's json_encode writes it" : undefined;
}

function writtenAgain(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    // No JSON, or too deep.
    return undefined;
  }
}
