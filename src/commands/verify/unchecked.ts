import type { Provider } from "../../providers/provider.js";
import { signsBody } from "../../signatures/content.js";
import type { ContentPart, Scheme } from "../../signatures/scheme.js";

/** Of these the rest of the body may be anything. */
const FIELDS: ReadonlySet<ContentPart["part"]> = new Set(["bodyField", "fieldLines", "formJsonField"]);
const PIECES: ReadonlySet<ContentPart["part"]> = new Set([...FIELDS, "formField", "crc32"]);

/**
 * What a right signature leaves open about a body: whoever has seen one request may send another body with it. `undefined`: the
 * whole body is signed.
 */
export function uncheckedText({ unchecked }: Provider, scheme: Scheme): string | undefined {
  if (isUnsigned(scheme)) return unchecked ?? "the body is not signed";
  const ofBody = scheme.content.filter((part) => signsBody({ ...scheme, content: [part] }));
  if (ofBody.length === 0 || !ofBody.every(({ part }) => PIECES.has(part))) return undefined;
  if (unchecked !== undefined) return unchecked;
  if (ofBody.some(({ part }) => FIELDS.has(part))) return "of the body only some fields are signed";
  return ofBody.some(({ part }) => part === "crc32")
    ? "of the body only its CRC-32 is signed, which other bodies can be made to have"
    : undefined;
}

function isUnsigned(scheme: Scheme): boolean {
  const { algorithm } = scheme;
  if (algorithm.family !== "jwt") return !signsBody(scheme);
  const parts = algorithm.claims.flatMap((rule) => ("content" in rule ? rule.content : []));
  return !parts.some(({ part }) => part === "body");
}
