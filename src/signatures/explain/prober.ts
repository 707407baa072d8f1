import { CliError } from "../../errors.js";
import {
  makeChecker,
  makeSignature,
  sameBytes,
  signatureBytes,
  type ByteAlgorithm,
  type Credential,
} from "../algorithm.js";
import { bindingProblem } from "../binding.js";
import { contentPieces, signsUrl, type Piece } from "../content.js";
import { credentialsFor } from "../credentials.js";
import { mostBytes } from "../mac.js";
import { readRequest } from "../read-request.js";
import type { SignedRequest } from "../request.js";
import type { Scheme } from "../scheme.js";
import { readSignatureText } from "../signature-text.js";
import { requireUrl, urlSpellings } from "../url.js";
import { verifyRequest } from "../verify.js";
import type { Budget } from "./budget.js";
import type { Change } from "./fault.js";
import { signatureHeaders, type Subject } from "./subject.js";
import { findTargets, HASH_OF_BYTES, MIN_START_BYTES, type Target } from "./targets.js";

/** A hypothesis that holds. */
export interface Match {
  readonly secretIndex: number;
  /** What of the request's headers the signature is; absent where the scheme has read it itself. */
  readonly target?: Target;
  /** Another hash than the scheme's made it, or only its start is there. */
  readonly algorithm?: ByteAlgorithm;
  readonly isCutOff?: boolean;
}

/** Rewriting a body takes longer than hashing it. */
const REWRITING = 4;

/** Tries one hypothesis after the other. */
export interface Prober {
  /** False: the request has no signature that any hypothesis could be compared with. */
  readonly canCompare: boolean;
  readonly probe: (change: Change) => Match | undefined;
}

/** A prober for the scheme: one that compares bytes with all that the headers may mean, or one that verifies anew each time. */
export function makeProber(subject: Subject, budget: Budget): Prober {
  const { algorithm, signature } = subject.scheme;
  return algorithm.family !== "jwt" && signature.from === "header" && KNOWN_PARSES.has(signature.parse.kind)
    ? new ByteProber(subject, budget, algorithm)
    : new VerdictProber(subject, budget);
}

/** Of these the signature's text says nothing about what was signed but a timestamp. */
const KNOWN_PARSES: ReadonlySet<string> = new Set(["raw", "prefix", "pairs", "list", "base64Json"]);

/** The request with what a change puts into it. */
export function changedRequest(request: SignedRequest, { body, url, headers }: Change): SignedRequest {
  if (body === undefined && url === undefined && headers === undefined) return request;
  return {
    ...request,
    ...(body === undefined ? {} : { body }),
    ...(url === undefined ? {} : { url }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** Verifies each hypothesis from its start: for tokens, signatures in bodies, and other schemes. */
class VerdictProber implements Prober {
  readonly canCompare = true;
  private readonly subject: Subject;
  private readonly budget: Budget;

  constructor(subject: Subject, budget: Budget) {
    this.subject = subject;
    this.budget = budget;
  }

  probe(change: Change): Match | undefined {
    const { secrets, keys, settings, now } = this.subject;
    const { key } = change;
    const scheme = schemeOf(this.subject.scheme, change);
    const request = changedRequest(this.subject.request, change);
    this.budget.spend(request.body.length, Math.max(1, key === undefined ? secrets.length : 1));
    try {
      const used = key === undefined ? { secrets, keys } : { secrets: [key.bytes] };
      const verdict = verifyRequest({ scheme, request, ...used, settings, now, tolerance: "off" });
      return verdict.valid ? { secretIndex: key?.index ?? verdict.secretIndex } : undefined;
    } catch (error) {
      if (error instanceof CliError) return undefined;
      throw error;
    }
  }
}

/** The scheme with what a change says of it. */
function schemeOf(scheme: Scheme, change: Change): Scheme {
  if (change.scheme !== undefined) return change.scheme;
  const { key, content, family } = change;
  const { algorithm } = scheme;
  return {
    ...scheme,
    ...(key?.decoded === true ? { secret: { kind: "utf8" } as const } : {}),
    ...(content === undefined ? {} : { content }),
    ...(family !== undefined && "hash" in algorithm ? { algorithm: { family, hash: algorithm.hash } } : {}),
  };
}

/** Makes the content of each hypothesis and compares what the algorithm makes of it with every target. */
class ByteProber implements Prober {
  readonly canCompare: boolean;
  private readonly subject: Subject;
  private readonly budget: Budget;
  private readonly algorithm: ByteAlgorithm;
  private readonly targets: readonly Target[];
  private readonly credentials: readonly IndexedCredential[];
  private readonly facts: { readonly timestamp: string | undefined; readonly id: string | undefined };
  private readonly whole: VerdictProber;
  private readonly algorithms = new Map<Change["family"], readonly ByteAlgorithm[]>();

  constructor(subject: Subject, budget: Budget, algorithm: ByteAlgorithm) {
    this.subject = subject;
    this.budget = budget;
    this.algorithm = algorithm;
    this.targets = findTargets(subject);
    this.canCompare = this.targets.length > 0;
    this.credentials = credentialsOf(subject);
    this.facts = signedFacts(subject);
    this.whole = new VerdictProber(subject, budget);
  }

  probe(change: Change): Match | undefined {
    if (change.scheme !== undefined) return this.whole.probe(change);
    try {
      return this.compareAll(change);
    } catch (error) {
      if (error instanceof CliError) return undefined;
      throw error;
    }
  }

  private compareAll(change: Change): Match | undefined {
    const request = changedRequest(this.subject.request, change);
    const content = change.content ?? this.subject.scheme.content;
    for (const { credential, index } of this.credentialsFor(change)) {
      for (const url of this.urls(request, change)) {
        const { timestamp, id } = { ...this.facts, ...definedOf(change) };
        const secret = "bytes" in credential ? credential.bytes : undefined;
        const pieces = contentPieces(content, { request, url, timestamp, id, secret, settings: this.subject.settings });
        const match = this.compare(pieces, credential, change);
        if (match === undefined) continue;
        if (bindingProblem(this.subject.scheme.bindings ?? [], request) === undefined)
          return { ...match, secretIndex: index };
      }
    }
    return undefined;
  }

  private compare(
    pieces: readonly Piece[],
    credential: Credential,
    change: Change,
  ): Omit<Match, "secretIndex"> | undefined {
    for (const algorithm of this.algorithmsFor(change)) {
      this.budget.spend(mostBytes(pieces) * (change.body === undefined ? 1 : REWRITING));
      const found =
        "bytes" in credential
          ? this.compareMade(algorithm, credential, pieces)
          : this.check(algorithm, credential, pieces);
      if (found !== undefined) return algorithm === this.algorithm ? found : { ...found, algorithm };
    }
    return undefined;
  }

  private compareMade(algorithm: ByteAlgorithm, credential: Credential, pieces: readonly Piece[]) {
    const made = makeSignature(algorithm, credential, pieces);
    const target = this.targets.find(({ bytes }) => sameBytes(bytes, made));
    if (target !== undefined) return { target };
    if (algorithm !== this.algorithm || algorithm.family === "token") return undefined;
    const start = this.targets.find(({ bytes }) => isStart(bytes, made));
    return start === undefined ? undefined : { target: start, isCutOff: true };
  }

  private check(algorithm: ByteAlgorithm, credential: Credential, pieces: readonly Piece[]) {
    const check = makeChecker(algorithm, credential, pieces);
    const target = this.targets.find(({ bytes }) => check(bytes));
    return target === undefined ? undefined : { target };
  }

  /** A shared secret's hashes are those of which the targets have the length; a key's algorithm stays, but for its hash and writing. */
  private algorithmsFor({ family }: Change): readonly ByteAlgorithm[] {
    const known = this.algorithms.get(family);
    if (known !== undefined) return known;
    const made = algorithmsLike(this.algorithm, family, this.targets);
    this.algorithms.set(family, made);
    return made;
  }

  private credentialsFor({ key }: Change): readonly IndexedCredential[] {
    if (key === undefined) return this.credentials;
    const scheme: Scheme = key.decoded ? { ...this.subject.scheme, secret: { kind: "utf8" } } : this.subject.scheme;
    return decoded(scheme, key.bytes, key.index);
  }

  private urls(request: SignedRequest, { content, url }: Change): readonly (string | undefined)[] {
    const { scheme } = this.subject;
    if (!signsUrl(content ?? scheme.content) && scheme.urlForms === undefined) return [undefined];
    const whole = requireUrl(scheme.name, request.url, request.headers);
    return url === undefined ? urlSpellings(whole, scheme.urlForms ?? []) : [whole];
  }
}

interface IndexedCredential {
  readonly credential: Credential;
  readonly index: number;
}

function definedOf({ timestamp, id }: Change): { timestamp?: string; id?: string } {
  return { ...(timestamp === undefined ? {} : { timestamp }), ...(id === undefined ? {} : { id }) };
}

/** Those secrets that can be used as the scheme says: of the others only variants are tried. */
function credentialsOf({ scheme, secrets, keys }: Subject): IndexedCredential[] {
  if (scheme.secret.kind !== "key") return secrets.flatMap((secret, index) => decoded(scheme, secret, index));
  try {
    return credentialsFor(scheme, secrets, keys).map((credential, index) => ({ credential, index }));
  } catch (error) {
    if (error instanceof CliError) return [];
    throw error;
  }
}

function decoded(scheme: Scheme, secret: Uint8Array, index: number): IndexedCredential[] {
  try {
    return credentialsFor(scheme, [secret], []).map((credential) => ({ credential, index }));
  } catch (error) {
    if (error instanceof CliError) return [];
    throw error;
  }
}

/** Timestamp and id as the request has them, even where the scheme would refuse it. */
function signedFacts({ scheme, request }: Subject): { timestamp: string | undefined; id: string | undefined } {
  const reading = readRequest(scheme, request);
  if (!("reason" in reading)) return { timestamp: reading.timestamp?.text, id: reading.id };
  const texts = signatureHeaders(scheme, request.headers).map(([, text]) =>
    readSignatureText(text, scheme.signature.parse),
  );
  const inSignature = texts.flatMap((fields) => ("signatures" in fields ? (fields.timestamp ?? []) : []))[0];
  const { timestamp, id } = scheme;
  const names = timestamp?.from.kind === "header" ? timestamp.from.names : [];
  return { timestamp: inSignature ?? firstHeader(request, names), id: firstHeader(request, id ?? []) };
}

function firstHeader({ headers }: SignedRequest, names: readonly string[]): string | undefined {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return headers.find(([name]) => wanted.has(name.toLowerCase()))?.[1];
}

function algorithmsLike(own: ByteAlgorithm, family: Change["family"], targets: readonly Target[]): ByteAlgorithm[] {
  if (own.family === "ecdsa") {
    const forms = [own.format, own.format === "der" ? "p1363" : "der"] as const;
    const hashes = new Set([own.hash, "sha256", "sha384", "sha512"] as const);
    const all = forms.flatMap((format) => [...hashes].map((hash) => ({ ...own, format, hash })));
    return [own, ...all.slice(1)];
  }
  if (own.family === "rsa") {
    const hashes = new Set([own.hash, "sha256", "sha1", "sha512"] as const);
    const all = (["pkcs1", "pss"] as const).flatMap((padding) =>
      [...hashes].map((hash) => ({ ...own, padding, hash })),
    );
    return [own, ...all.filter((other) => other.padding !== own.padding || other.hash !== own.hash)];
  }
  if (own.family !== "hmac" && own.family !== "hash") return [own];
  const used = family ?? own.family;
  const isOwn = used === own.family;
  const lengths = new Set(targets.map(({ bytes }) => bytes.length));
  const others = [...lengths].flatMap((length) => HASH_OF_BYTES[length] ?? []);
  const whole = signatureBytes(own);
  const kept = others.filter((hash) => !isOwn || hash !== own.hash || whole !== OWN_BYTES[hash]);
  return [...(isOwn ? [own] : []), ...kept.map((hash) => ({ family: used, hash }))];
}

const OWN_BYTES: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

function isStart(bytes: Uint8Array, whole: Uint8Array): boolean {
  return (
    bytes.length >= MIN_START_BYTES && bytes.length < whole.length && sameBytes(bytes, whole.subarray(0, bytes.length))
  );
}
