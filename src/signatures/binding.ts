import { createHash } from "node:crypto";
import { sameBytes } from "./algorithm.js";
import type { SignedRequest } from "./request.js";
import type { Binding } from "./scheme.js";
import type { SignatureProblem } from "./signature-text.js";
import { queryParameter, withQueryParameter } from "./url.js";

/** Which of the facts beside the signature does not hold; `undefined`: all do. */
export function bindingProblem(bindings: readonly Binding[], request: SignedRequest): SignatureProblem | undefined {
  for (const { parameter, hash } of bindings) {
    const said = queryParameter(request.url, parameter);
    if (said !== undefined && sameBytes(Buffer.from(said.toLowerCase()), Buffer.from(bodyHash(request.body, hash))))
      continue;
    const message =
      said === undefined
        ? `the URL has no ${parameter}`
        : `the body's ${hash.toUpperCase()} is not the ${parameter} of the URL`;
    return { reason: "body_hash_mismatch", message };
  }
  return undefined;
}

/** The URL with what the bindings demand. */
export function bindUrl(bindings: readonly Binding[], url: string, body: Uint8Array): string {
  return bindings.reduce(
    (bound, { parameter, hash }) => withQueryParameter(bound, parameter, bodyHash(body, hash)),
    url,
  );
}

function bodyHash(body: Uint8Array, hash: Binding["hash"]): string {
  return createHash(hash).update(body).digest("hex");
}
