import { safeText } from "../../events/safe-text.js";

/** Something that may stand at the cursor. */
export interface Candidate {
  readonly value: string;
  /** What it is, in a few words, for shells that show it. May quote an event: untrusted text. */
  readonly about?: string | undefined;
}

/**
 * What may stand at the cursor: some values (`open`: the word goes on after them), or files or folders, which the shell knows
 * best how to complete, after a `prefix` such as `@`.
 */
export type Reply =
  | { readonly kind: "values"; readonly candidates: readonly Candidate[]; readonly open?: boolean }
  | { readonly kind: "files" | "folders"; readonly prefix: string };

export const NOTHING: Reply = { kind: "values", candidates: [] };

/** The most that a shell is given at once. */
const MOST = 200;
/** Characters of a description. */
const ABOUT_LENGTH = 80;

/**
 * What no shell reads as more than a word, wherever it stands: no quotes, expansions, globs, separators or control characters.
 * Names that have others (an event's type, from the network) are not offered.
 */
const HARMLESS = /^[A-Za-z0-9_.@-][A-Za-z0-9_.@:,+=~/-]*$/;

/** Values that begin with what is typed. */
export function values(candidates: Iterable<Candidate | string>, typed: string): Reply {
  const fitting = new Map<string, Candidate>();
  for (const item of candidates) {
    const candidate = typeof item === "string" ? { value: item } : item;
    if (candidate.value.startsWith(typed) && !fitting.has(candidate.value)) fitting.set(candidate.value, candidate);
    if (fitting.size === MOST) break;
  }
  return { kind: "values", candidates: [...fitting.values()] };
}

/** A reply on a part of a word, for the whole word. */
export function withPrefix(reply: Reply, prefix: string): Reply {
  if (reply.kind !== "values") return { ...reply, prefix: prefix + reply.prefix };
  return { ...reply, candidates: reply.candidates.map((one) => ({ ...one, value: prefix + one.value })) };
}

/**
 * A reply as the scripts read it: a line that says what kind it is (`values`, `open`, or `files` or `folders` and their prefix),
 * then the values, each with a tab and what it is.
 */
export function replyText(reply: Reply): string {
  if (reply.kind !== "values") return HARMLESS.test(`x${reply.prefix}`) ? `${reply.kind} ${reply.prefix}\n` : "";
  const lines = reply.candidates.filter(({ value }) => HARMLESS.test(value)).map(lineOf);
  return lines.length === 0 ? "" : [reply.open === true ? "open" : "values", ...lines, ""].join("\n");
}

function lineOf({ value, about }: Candidate): string {
  return about === undefined || about === "" ? value : `${value}\t${shortened(safeText(about))}`;
}

function shortened(text: string): string {
  const letters = Array.from(text);
  return letters.length <= ABOUT_LENGTH ? text : `${letters.slice(0, ABOUT_LENGTH - 1).join("")}…`;
}
