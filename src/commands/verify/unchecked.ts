import type { Provider } from "../../providers/provider.js";
import { signsBody } from "../../signatures/content.js";
import type { ContentPart, Scheme } from "../../signatures/scheme.js";
import type { Verdict } from "../../signatures/verdict.js";

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

/** The same of a request that was checked: nothing is left open of a body that is not there. */
export function uncheckedOf(provider: Provider, verdict: Verdict, body: Uint8Array): string | undefined {
  if (!verdict.valid || body.length === 0) return undefined;
  const scheme = provider.schemes.find(({ name }) => name === verdict.scheme);
  return scheme === undefined ? undefined : uncheckedText(provider, scheme);
}

/** The same of all that a provider sends: its row's words, else those of its schemes, named where they differ. */
export function uncheckedWords(provider: Provider): string | undefined {
  if (provider.unchecked !== undefined) return provider.unchecked;
  const schemes = provider.schemes.filter(({ weak }) => weak !== true);
  const byText = new Map<string, string[]>();
  for (const scheme of schemes) {
    const text = uncheckedText(provider, scheme);
    if (text !== undefined) byText.set(text, [...(byText.get(text) ?? []), scheme.name]);
  }
  const words = [...byText].map(([text, names]) =>
    names.length === schemes.length ? text : `with ${names.join(" and ")} ${text}`,
  );
  return words.length === 0 ? undefined : words.join("; ");
}
