import { makeChecker, type ByteAlgorithm, type Credential } from "./algorithm.js";
import { digestProblem } from "./content-digest.js";
import { contentPieces } from "./content.js";
import { INPUT_HEADER, signatureBase, type SignatureBase } from "./message-base.js";
import { wantedComponents } from "./message-components.js";
import { fieldValue } from "./message-fields.js";
import { formProblem, mismatch, windowProblem } from "./problems.js";
import type { RequestReading } from "./read-request.js";
import { isToleranceOff, type Settings, type SignedRequest, type VerifyOptions } from "./request.js";
import type { SignatureParse } from "./scheme.js";
import { MAX_SIGNATURES, type SignatureProblem } from "./signature-text.js";
import {
  parseDictionary,
  writeMember,
  type BareItem,
  type Dictionary,
  type InnerList,
  type Member,
} from "./structured-field.js";
import { readTimestamp } from "./timestamp.js";

/** What was found out of one of the signatures. */
export interface MessageOutcome {
  /** Absent: it counts. */
  readonly problem?: SignatureProblem;
  readonly reading?: RequestReading;
  /** Set when the signature itself is right. */
  readonly match?: { readonly secretIndex: number; readonly signatureIndex: number };
  /** What a signature that counts leaves open. */
  readonly note?: string;
}

type DictionaryParse = Extract<SignatureParse, { readonly kind: "dictionary" }>;

/** A signature with what the request says of it; nothing is believed yet. */
interface Labelled {
  readonly label: string;
  readonly member: Member;
  readonly input: Member;
  readonly index: number;
}

/**
 * Checks the signatures of a request as RFC 9421 has them: each says itself what it covers; the scheme says which algorithm
 * counts, whatever the request does. One that counts is enough; else the one that comes nearest gives the reason.
 *
 * @throws SecretError for keys of another kind; CliError when a signature covers the URL, and that is not known
 */
export function verifyMessage(
  options: VerifyOptions,
  parse: DictionaryParse,
  credentials: readonly Credential[],
): MessageOutcome {
  const labelled = readLabelled(options.request);
  if ("reason" in labelled) return { problem: labelled };
  let nearest: MessageOutcome | undefined;
  for (const one of labelled) {
    const outcome = examine(one, { options, parse, credentials });
    if (outcome.problem === undefined) return outcome;
    if (nearest === undefined || rank(outcome) > rank(nearest)) nearest = outcome;
  }
  return nearest ?? { problem: malformed(`no signature is in both Signature and ${INPUT_HEADER}`) };
}

/** A signature that is right comes before one that was only read, and that before one that was not. */
function rank({ match, reading }: MessageOutcome): number {
  return match === undefined ? Number(reading !== undefined) : 2;
}

function readLabelled({ headers }: SignedRequest): Labelled[] | SignatureProblem {
  const signatures = readDictionary(fieldValue(headers, "signature"), "Signature");
  if ("reason" in signatures) return signatures;
  const text = fieldValue(headers, "signature-input");
  const inputs = readDictionary(text, INPUT_HEADER);
  if ("reason" in inputs) return inputs.reason === "malformed_header" ? (junkTime(text) ?? inputs) : inputs;
  if (signatures.members.size > MAX_SIGNATURES)
    return malformed(`${signatures.members.size} signatures at once; at most ${MAX_SIGNATURES} are looked at`);
  return [...signatures.members].flatMap(([label, member], index) => {
    const input = inputs.members.get(label);
    return input === undefined ? [] : [{ label, member, input, index }];
  });
}

function readDictionary(text: string | undefined, name: string): Dictionary | SignatureProblem {
  if (text === undefined) return { reason: "missing_header", message: `header ${name} is missing` };
  const dictionary = parseDictionary(text);
  if (dictionary === undefined || dictionary.members.size === 0)
    return malformed(`${name} is no dictionary of labels as RFC 9421 has it`);
  if (dictionary.repeated !== undefined) return malformed(`${name} has "${dictionary.repeated}" more than once`);
  return dictionary;
}

/** A header that cannot be read because of what stands for the time in it. */
function junkTime(text: string | undefined): SignatureProblem | undefined {
  const time = /;created=([^;,]{0,64})/.exec(text ?? "")?.[1];
  return time === undefined || readTimestamp(time, "s") !== undefined ? undefined : notATime("created", time);
}

interface Given {
  readonly options: VerifyOptions;
  readonly parse: DictionaryParse;
  readonly credentials: readonly Credential[];
}

function examine({ label, member, input, index }: Labelled, given: Given): MessageOutcome {
  const { options } = given;
  if (!("item" in member) || member.item.kind !== "binary")
    return { problem: { reason: "signature_malformed", message: `Signature: ${label} is not base64 between colons` } };
  if (!("items" in input)) return { problem: malformed(`${INPUT_HEADER}: ${label} is not a list in parentheses`) };
  const signature = member.item.value;
  const text = signature.toString("base64");
  const wrongForm = signature.length === 0 ? EMPTY : formProblem(options.scheme, [signature], [text]);
  if (wrongForm !== undefined) return { problem: wrongForm };
  const facts = readFacts(input, given);
  if ("reason" in facts) return { problem: facts };
  const base = signatureBase(input, {
    request: options.request,
    scheme: options.scheme.name,
    settings: options.settings ?? {},
  });
  if ("reason" in base) return { problem: base };
  const uncovered = coverageProblem(base, label, options.settings);
  if (uncovered !== undefined) return { problem: uncovered };
  const reading: RequestReading = { signatures: [text], timestamp: facts.created, id: undefined, keyId: facts.keyId };
  const secretIndex = matching(given, facts, { base: base.text, signature });
  if (typeof secretIndex === "object") return { problem: secretIndex, reading };
  const match = { secretIndex, signatureIndex: index };
  const problem =
    bodyProblem(base, options.request) ?? lateProblem(options, facts.expires) ?? windowProblem(options, reading);
  if (problem !== undefined) return { problem, reading, match };
  return coversBody(base) ? { reading, match } : { reading, match, note: BODY_OPEN };
}

const EMPTY: SignatureProblem = { reason: "signature_malformed", message: "the signature is empty" };
const BODY_OPEN = "the signature does not cover content-digest: it proves nothing about the body";

/** What the parameters of a signature say. */
interface Facts {
  readonly created: { readonly text: string; readonly ms: number } | undefined;
  readonly expires: number | undefined;
  readonly keyId: string | undefined;
}

/** The parameters, each of its type; what they may be is for the scheme and the settings to say. */
function readFacts({ parameters }: InnerList, { options, parse }: Given): Facts | SignatureProblem {
  const [alg, keyId] = [parameters.get("alg"), parameters.get("keyid")];
  if (isOther(alg, "string") || isOther(keyId, "string")) return malformed("alg or keyid is not a string");
  if (alg !== undefined && alg.value !== parse.algorithm) return notAllowed(parse, String(alg.value));
  const wanted = options.settings?.["keyid"];
  const id = keyId === undefined ? undefined : String(keyId.value);
  if (wanted !== undefined && id !== wanted)
    return { reason: "key_not_trusted", message: `the signature's keyid is ${quote(id)}, not ${quote(wanted)}` };
  const [created, expires] = [timeOf(parameters.get("created")), timeOf(parameters.get("expires"))];
  if (typeof created === "string") return notATime("created", created);
  if (typeof expires === "string") return notATime("expires", expires);
  if (created === undefined && expires === undefined && !isToleranceOff(options.tolerance))
    return {
      reason: "timestamp_missing",
      message: "the signature says neither when it was created nor when it expires",
    };
  return {
    created: created === undefined ? undefined : { text: String(created), ms: created * 1000 },
    expires,
    keyId: id,
  };
}

function notAllowed({ algorithm }: DictionaryParse, said: string): SignatureProblem {
  return {
    reason: "algorithm_not_allowed",
    message: `the signature's alg is ${quote(said)}, and the key is taken for ${algorithm} unless --scheme names another`,
  };
}

function isOther(item: BareItem | undefined, kind: BareItem["kind"]): boolean {
  return item !== undefined && item.kind !== kind;
}

/** Seconds since 1970; a text: what stands there and is no time. */
function timeOf(item: BareItem | undefined): number | string | undefined {
  if (item === undefined) return undefined;
  const isTime = item.kind === "integer" && readTimestamp(String(item.value), "s") !== undefined;
  return isTime ? item.value : String(item.value);
}

function notATime(name: string, text: string): SignatureProblem {
  return { reason: "timestamp_malformed", message: `${name} is not unix seconds: ${quote(text.slice(0, 40))}` };
}

/** What the user demands to be covered. */
function coverageProblem(
  { components }: SignatureBase,
  label: string,
  settings: Settings | undefined,
): SignatureProblem | undefined {
  const missing = wantedComponents(settings)?.find((wanted) =>
    components.every(({ identifier }) => identifier !== writeMember(wanted)),
  );
  return missing === undefined
    ? undefined
    : malformed(`${label} does not cover ${writeMember(missing)}, which is demanded`);
}

/** Which of the credentials made the signature; those that are known by another keyid are not asked. */
function matching(
  { options, credentials }: Given,
  { keyId }: Facts,
  { base, signature }: { readonly base: string; readonly signature: Uint8Array },
): number | SignatureProblem {
  const { algorithm, content } = options.scheme;
  const own = credentials.map((credential) => !isOthers(credential, keyId));
  for (const [index, credential] of credentials.entries()) {
    if (own[index] !== true) continue;
    const facts = { request: options.request, url: undefined, timestamp: undefined, id: undefined, secret: undefined };
    const pieces = contentPieces(content, { ...facts, settings: {}, base });
    if (makeChecker(algorithm as ByteAlgorithm, credential, pieces)(signature)) return index;
  }
  const tries = own.filter(Boolean).length;
  if (tries > 0) return mismatch(options, tries);
  return { reason: "key_not_trusted", message: `none of the keys given is ${quote(keyId)}` };
}

function isOthers(credential: Credential, keyId: string | undefined): boolean {
  const kid = "key" in credential ? credential.key.kid : undefined;
  return kid !== undefined && keyId !== undefined && kid !== keyId;
}

function coversBody({ components }: SignatureBase): boolean {
  return components.some(({ name }) => name === "content-digest");
}

function bodyProblem(base: SignatureBase, { headers, body }: SignedRequest): SignatureProblem | undefined {
  return coversBody(base) ? digestProblem(headers, body) : undefined;
}

function lateProblem({ now, tolerance }: VerifyOptions, expires: number | undefined): SignatureProblem | undefined {
  if (expires === undefined || isToleranceOff(tolerance) || now <= expires * 1000) return undefined;
  const late = Math.floor(now / 1000) - expires;
  return { reason: "timestamp_too_old", message: `the signature is right, but it expired ${late} s ago` };
}

function quote(text: string | undefined): string {
  return text === undefined ? "not there" : `"${text.slice(0, 80)}"`;
}

function malformed(message: string): SignatureProblem {
  return { reason: "malformed_header", message };
}
