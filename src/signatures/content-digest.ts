import { createHash } from "node:crypto";
import type { HeaderList } from "../events/headers.js";
import { sameBytes } from "./algorithm.js";
import type { SignatureProblem } from "./signature-text.js";
import { fieldValue } from "./message-fields.js";
import { parseDictionary } from "./structured-field.js";

/** The digests of RFC 9530 that are not broken, under the names that it gives them. */
const HASHES: ReadonlyMap<string, "sha256" | "sha512"> = new Map([
  ["sha-256", "sha256"],
  ["sha-512", "sha512"],
]);

/** `sha-256=:...:` of a body. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

/** Why Content-Digest does not prove the body; `undefined`: it does. Every digest that is known must be right, and one must be. */
export function digestProblem(headers: HeaderList, body: Uint8Array): SignatureProblem | undefined {
  const members = parseDictionary(fieldValue(headers, "content-digest") ?? "")?.members;
  if (members === undefined)
    return { reason: "malformed_header", message: "Content-Digest is no dictionary of digests" };
  const known = [...members].flatMap(([name, member]) => {
    const hash = HASHES.get(name);
    return hash === undefined ? [] : [{ name, hash, member }];
  });
  if (known.length === 0)
    return { reason: "algorithm_not_allowed", message: "Content-Digest has neither sha-256 nor sha-512" };
  for (const { name, hash, member } of known) {
    const said = "item" in member && member.item.kind === "binary" ? member.item.value : undefined;
    if (said !== undefined && sameBytes(said, createHash(hash).update(body).digest())) continue;
    return { reason: "body_hash_mismatch", message: `the body's ${name} is not the one that Content-Digest says` };
  }
  return undefined;
}
