import { secretVariable } from "../../config/secrets.js";
import type { Line } from "../../output/output.js";
import { bold, dim, yellow } from "../../output/style.js";
import { wrapText } from "../../output/wrap.js";
import { handshakes } from "../../providers/handshakes.js";
import type { HandshakeKind, Provider } from "../../providers/provider.js";
import { evidenceWords, placesWords, retryMarkWords, retryWords, waitWords } from "../../providers/words.js";
import { signsBody } from "../../signatures/content.js";
import { encodingWords } from "../../signatures/content-words.js";
import { frameworks } from "../../signatures/frameworks.js";
import type { Recipe } from "../../signatures/recipes.js";
import type { Scheme } from "../../signatures/scheme.js";
import {
  algorithmWords,
  besideWords,
  secretWords,
  signatureWords,
  signedWords,
  timestampWords,
  toleranceWords,
  useWords,
} from "../../signatures/scheme-words.js";
import { uncheckedWords } from "../verify/unchecked.js";
import { readyCommands, type ReadyCommands } from "./ready.js";

/** A label and what stands beside it. */
type Fact = readonly [label: string, text: string | undefined];

/** How the bytes of a body are had in a framework: its title, and the recipe. */
export interface RawBody extends Omit<Recipe, "framework"> {
  readonly for: string;
}

export interface PageOptions {
  readonly fixtures: readonly string[];
  readonly rawBody: RawBody | undefined;
  /** Columns of the terminal. */
  readonly columns: number;
}

/** Wider lines are hard to read. */
const MAX_COLUMNS = 100;
const LABEL_WIDTH = 14;
/** Names of fixtures that are shown; the rest are counted. */
const SHOWN_FIXTURES = 8;

/** Everything that a person needs of a provider, on one screen. */
export function pageLines(provider: Provider, options: PageOptions): Line[] {
  const columns = Math.min(options.columns, MAX_COLUMNS);
  const facts = (rows: readonly Fact[]) => rows.flatMap((row) => factLines(row, columns));
  const { name, aliases, title, schemes } = provider;
  const unchecked = uncheckedWords(provider);
  const standard = defaultOf(schemes);
  const names = aliases.length === 0 ? name : `${name}, also ${aliases.join(", ")}`;
  return [
    [bold(title), dim(`  ${names}`)],
    ...schemes.flatMap((scheme, index) => [
      "",
      schemeTitle(scheme, scheme === standard),
      ...facts(schemeFacts(scheme, schemes[index === 0 ? -1 : 0])),
    ]),
    ...(unchecked === undefined ? [] : ["", ...uncheckedLines(unchecked, columns)]),
    "",
    ...facts(secretFacts(provider)),
    ...facts(eventFacts(provider)),
    ...facts(sourceFacts(provider, options)),
    "",
    ...commandLines(provider, options.fixtures),
    ...(options.rawBody === undefined ? [] : recipeLines(options.rawBody, columns)),
  ];
}

/** Where there are several: the one that counts where no other's condition is fulfilled. Where each has one there is none. */
function defaultOf(schemes: readonly Scheme[]): Scheme | undefined {
  if (schemes.length < 2) return undefined;
  return schemes.find(({ only, weak }) => only === undefined && weak !== true);
}

function schemeTitle(scheme: Scheme, isDefault: boolean): Line {
  const use = [...(isDefault ? ["the default"] : []), useWords(scheme)].filter((words) => words !== "").join("; ");
  return [bold(scheme.name), dim(use === "" ? "" : `  ${use}`)];
}

/** Facts of a scheme; of a further one, those in which it differs from the first. */
function schemeFacts(scheme: Scheme, first: Scheme | undefined): Fact[] {
  const own = allSchemeFacts(scheme);
  if (first === undefined) return own;
  const known = new Map(allSchemeFacts(first));
  return own.filter(([label, text]) => text !== known.get(label));
}

function allSchemeFacts(scheme: Scheme): Fact[] {
  const { algorithm, encoding, secret, timestamp, id } = scheme;
  const isText = algorithm.family === "jwt" || algorithm.family === "token";
  return [
    ["signature", signatureWords(scheme)],
    ["signed", signedWords(scheme)],
    ["algorithm", `${algorithmWords(algorithm)}${isText ? "" : `, in ${encodingWords(encoding)}`}`],
    ["secret", secretWords(secret)],
    ["id", id === undefined ? undefined : `${id[0]}${id.length > 1 ? ` (or ${id.slice(1).join(", ")})` : ""}`],
    ["timestamp", isText ? undefined : timestampWords(timestamp)],
    ["tolerance", timestamp === undefined ? undefined : toleranceWords(timestamp)],
    ["besides", besideWords(scheme).join("; ")],
  ];
}

function uncheckedLines(unchecked: string, columns: number): Line[] {
  return wrapText(`not checked: ${unchecked}`, columns).map((line) => [yellow(line)]);
}

function secretFacts({ name, schemes, secretPlace }: Provider): Fact[] {
  const flag = schemes[0]?.secret.kind === "key" ? "--key" : "--secret";
  return [
    ["found in", secretPlace],
    ["read from", schemes.length === 0 ? undefined : `${flag}, ${secretVariable(name)}, HOOKCLI_SECRET, the config`],
  ];
}

function eventFacts(provider: Provider): Fact[] {
  const { eventType, eventId, deliveryId, contentType, ackDeadlineMs, handshake, outgoing } = provider;
  const { retry, retryMark } = provider;
  return [
    ["event type", placesWords(eventType)],
    ["event id", placesWords(eventId)],
    ["delivery id", placesWords(deliveryId)],
    ["content type", contentType],
    ["other headers", outgoing.map((header) => header.name).join(", ")],
    ["answer within", ackDeadlineMs === undefined ? undefined : waitWords(ackDeadlineMs)],
    ["retries", retry === undefined ? undefined : retryWords(retry)],
    ["marks retries", retryMark === undefined ? undefined : retryMarkWords(retryMark)],
    ["handshake", handshake === undefined ? undefined : handshakes[handshake].words],
    ["try it", handshake === undefined ? undefined : handshakeCommands(provider, handshake)],
  ];
}

/** What sends the handshake to an app, and judges its answer. */
function handshakeCommands({ name }: Provider, kind: HandshakeKind): string {
  const sent = handshakes[kind].exchanges.flatMap((exchange) => exchange.sent);
  return sent.map((one) => `hookcli send ${name}/${one.name}`).join(", ");
}

function sourceFacts({ documents, evidence, schemes }: Provider, { fixtures, rawBody }: PageOptions): Fact[] {
  const hint = schemes.some(signsBody) ? `how to have it: --framework ${frameworks.join(", ")}` : undefined;
  const hidden = fixtures.length - SHOWN_FIXTURES;
  const shown = fixtures.slice(0, SHOWN_FIXTURES).join(", ");
  return [
    ["raw body", rawBody === undefined ? hint : `${rawBody.for}: see below`],
    ["documents", documents],
    ["evidence", evidenceWords(evidence)],
    ["fixtures", hidden > 0 ? `${shown} and ${hidden} more` : shown],
  ];
}

/** To be copied: not wrapped. */
function commandLines(provider: Provider, fixtures: readonly string[]): Line[] {
  const { withKeys, ...commands } = readyCommands(provider, fixtures);
  const linesOf = ({ newKey, send, verify }: ReadyCommands) =>
    [newKey, send, verify].flatMap((line) => (line === undefined ? [] : [line]));
  return [...linesOf(commands), ...(withKeys === undefined ? [] : ["", ...linesOf(withKeys)])];
}

/** The code is to be copied: not wrapped. */
function recipeLines({ for: title, code, notes }: RawBody, columns: number): Line[] {
  const wrapped = notes.flatMap((note) => wrapText(`- ${note}`, columns));
  return ["", [bold(`The bytes to check in ${title}`)], "", ...code.trimEnd().split("\n"), "", ...wrapped];
}

function factLines([label, text]: Fact, columns: number): Line[] {
  if (text === undefined || text === "") return [];
  const indent = LABEL_WIDTH + 2;
  return wrapText(text, columns - indent).map((line, index) => [
    dim((index === 0 ? label : "").padEnd(LABEL_WIDTH + 2)),
    line,
  ]);
}
