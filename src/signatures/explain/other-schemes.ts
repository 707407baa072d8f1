import type { Fault } from "./fault.js";
import type { Subject } from "./subject.js";

/** The request as other schemes read it: of other providers, and others of the same one. */
export function* otherSchemeFaults({ scheme, others }: Subject): Generator<Fault> {
  for (const { provider, scheme: other } of others) {
    if (other.name === scheme.name) continue;
    const about = `this is a valid ${provider} signature (scheme ${other.name})`;
    yield { dimension: "scheme", cause: "other_scheme", about, change: { scheme: other } };
  }
}
