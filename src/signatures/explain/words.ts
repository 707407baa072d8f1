import type { Scheme } from "../scheme.js";
import type { Cause } from "../explanation.js";
import { contentTitle } from "./contents.js";
import type { Dimension, Fault } from "./fault.js";
import type { Match } from "./prober.js";
import type { Finding } from "./search.js";

type Algorithm = Scheme["algorithm"];

/** A thing that is wrong, as the first clause of a sentence and as a later one. */
interface Clause {
  readonly cause: Cause;
  readonly first: string;
  readonly later: string;
}

/** What was found, in a sentence, and the causes in the order of it. */
export function describe({ faults, match }: Finding, scheme: Scheme): { causes: readonly Cause[]; message: string } {
  const ofFaults = faults.map((fault) => faultClause(fault, { match, scheme }));
  const isOtherContent = faults.some(({ dimension }) => dimension === "content");
  const clauses = [...ofFaults, ...signatureClauses(match, scheme, isOtherContent)];
  const [first, ...later] = clauses;
  if (first === undefined)
    return { causes: ["timestamp"], message: "the signature is right; only its timestamp is not" };
  const message = [first.first, ...later.map((clause) => clause.later)].join(", and ");
  return { causes: [...new Set(clauses.map(({ cause }) => cause))], message };
}

const SENTENCES: Readonly<
  Record<Exclude<Dimension, "secret" | "content" | "scheme">, readonly [first: string, later: string]>
> = {
  signature: ["the signature is right once", "is right once"],
  body: ["the signature is right for", "the signature is for"],
  url: ["the signature is right for the URL", "the signature is for the URL"],
  time: ["the signature is right with", "it is signed with"],
};

function faultClause(
  { dimension, cause, about, change }: Fault,
  { match, scheme }: { match: Match; scheme: Scheme },
): Clause {
  if (dimension === "scheme") return { cause, first: about, later: about };
  if (dimension === "secret") {
    const clause = `secret ${(change.key?.index ?? 0) + 1} is right ${about}`;
    return { cause, first: clause, later: clause };
  }
  if (dimension === "content") {
    const used =
      change.family === "hash"
        ? titleOf(match.algorithm ?? scheme.algorithm)
        : `${titleOf(match.algorithm ?? scheme.algorithm)} of`;
    const made = change.family === "hash" ? `${about} (${used})` : `${used} ${about}`;
    const words = `${made}, where this scheme has ${titleOf(scheme.algorithm)} of ${contentTitle(scheme.content)}`;
    return { cause, first: `the signature is right as ${words}`, later: `it is ${words}` };
  }
  const [first, later] = SENTENCES[dimension];
  return { cause, first: `${first} ${about}`, later: `${later} ${about}` };
}

/** What is wrong with the signature itself: its hash, its writing, its header. */
function* signatureClauses(
  { target, algorithm, isCutOff }: Match,
  scheme: Scheme,
  isOtherContent: boolean,
): Generator<Clause> {
  if (algorithm !== undefined && !isOtherContent) {
    const words = `${titleOf(algorithm)}, where this scheme has ${titleOf(scheme.algorithm)}`;
    yield { cause: "other_algorithm", first: `the signature is right as ${words}`, later: `it is ${words}` };
  }
  if (isCutOff === true) {
    const words = `its first ${target?.bytes.length ?? 0} bytes are right: the rest of the header was cut off`;
    yield { cause: "header_altered", first: `the signature is right as far as it goes: ${words}`, later: words };
  }
  const fault = target?.fault;
  if (fault === undefined || isCutOff === true) return;
  const isSaid = algorithm !== undefined && fault.cause === "signature_encoding" && fault.encoding === scheme.encoding;
  if (isSaid) return;
  const link = fault.cause === "header_altered" ? "once" : "as";
  yield {
    cause: fault.cause,
    first: `the signature is right ${link} ${fault.about}`,
    later: `it is right ${link} ${fault.about}`,
  };
}

/** `HMAC-SHA256`, `RSA-PSS with SHA512`. */
function titleOf(algorithm: Algorithm): string {
  if (algorithm.family === "hmac") return `HMAC-${algorithm.hash.toUpperCase()}`;
  if (algorithm.family === "hash") return `plain ${algorithm.hash.toUpperCase()}`;
  if (algorithm.family === "rsa")
    return `RSA ${algorithm.padding === "pss" ? "PSS" : "PKCS #1"} with ${algorithm.hash.toUpperCase()}`;
  if (algorithm.family === "ecdsa")
    return `ECDSA with ${algorithm.hash.toUpperCase()} in ${algorithm.format === "der" ? "DER" : "r and s"}`;
  return algorithm.family === "ed25519" ? "Ed25519" : algorithm.family;
}
