import { bodyFaults, chained } from "./body.js";
import { charsetVariants } from "./charsets.js";
import { contentFaults } from "./contents.js";
import type { Fault } from "./fault.js";
import { formOrderVariants, formVariants } from "./forms.js";
import {
  escapedNumberVariants,
  emptyObjectVariants,
  escapeVariants,
  fewLayoutVariants,
  layoutVariants,
  lineEndVariants,
  numberVariants,
  orderVariants,
  roundedVariants,
  singleNumberVariants,
  sortedVariants,
} from "./json-bodies.js";
import { newlineVariants } from "./newlines.js";
import { otherSchemeFaults } from "./other-schemes.js";
import { printedBytesVariants, printedObjectVariants } from "./printed.js";
import { secretFaults } from "./secrets.js";
import type { Subject } from "./subject.js";
import { timeFaults } from "./times.js";
import { fewUrlFaults, urlFaults } from "./urls.js";
import { unwrapped, wrappingVariants } from "./wrappings.js";

/** Faults of one kind, made one after the other as they are asked for, the likeliest first. */
export type Family = (subject: Subject) => Iterable<Fault>;

/**
 * What is tried, in this order: cheap and common faults first. A step of one family is one fault at a time; one of two
 * families, which are of different dimensions, tries each of the first with each of the second.
 *
 * Faults in the signature's own text, and other hashes, are in no family: every hypothesis is compared with all that the
 * headers may mean (`targets.ts`).
 */
export interface Step {
  /** For tests, and for who reads the table. */
  readonly name: string;
  readonly families: readonly [Family] | readonly [Family, Family];
}

const secrets: Family = secretFaults;
const newlines = bodyFaults(newlineVariants);
const layouts = bodyFaults(layoutVariants);
const fewLayouts = bodyFaults(fewLayoutVariants);
const contents: Family = contentFaults;

/** The steps that need no signature of the scheme's own: something else may have signed the request. */
export const OTHER_SCHEMES: readonly Step[] = [{ name: "other schemes", families: [otherSchemeFaults] }];

export const STEPS: readonly Step[] = [
  { name: "secret", families: [secrets] },
  { name: "newlines", families: [newlines] },
  { name: "charset", families: [bodyFaults(charsetVariants)] },
  { name: "wrapping", families: [bodyFaults(wrappingVariants)] },
  { name: "form", families: [bodyFaults(formVariants)] },
  { name: "url", families: [urlFaults] },
  { name: "time", families: [timeFaults] },
  ...OTHER_SCHEMES,
  { name: "dropped line ends", families: [bodyFaults(lineEndVariants)] },
  { name: "layout", families: [layouts] },
  { name: "escapes", families: [bodyFaults(escapeVariants)] },
  { name: "printed bytes", families: [bodyFaults(printedBytesVariants)] },
  { name: "printed objects", families: [bodyFaults(printedObjectVariants)] },
  { name: "empty objects", families: [bodyFaults(emptyObjectVariants)] },
  { name: "numbers", families: [bodyFaults(numberVariants)] },
  { name: "sorted keys", families: [bodyFaults(sortedVariants)] },
  { name: "content", families: [contents] },
  { name: "single numbers", families: [bodyFaults(singleNumberVariants)] },
  { name: "escapes and numbers", families: [bodyFaults(escapedNumberVariants)] },
  { name: "field order", families: [bodyFaults(formOrderVariants)] },
  { name: "key order", families: [bodyFaults(orderVariants)] },
  { name: "secret and newlines", families: [secrets, newlines] },
  { name: "url and newlines", families: [fewUrlFaults, newlines] },
  { name: "secret and url", families: [secrets, fewUrlFaults] },
  { name: "time and newlines", families: [timeFaults, newlines] },
  { name: "wrapping, then newlines", families: [bodyFaults(chained(unwrapped, newlineVariants))] },
  { name: "wrapping, then layout", families: [bodyFaults(chained(unwrapped, fewLayoutVariants))] },
  { name: "charset, then newlines", families: [bodyFaults(chained(charsetVariants, newlineVariants))] },
  { name: "form, then layout", families: [bodyFaults(chained(formValues, fewLayoutVariants))] },
  { name: "secret and layout", families: [secrets, fewLayouts] },
  { name: "url and layout", families: [fewUrlFaults, fewLayouts] },
  { name: "time and layout", families: [timeFaults, fewLayouts] },
  { name: "content and newlines", families: [contents, newlines] },
  { name: "content and secret", families: [contents, secrets] },
  { name: "secret and wrapping", families: [secrets, bodyFaults(unwrapped)] },
  { name: "secret and time", families: [secrets, timeFaults] },
  { name: "content and layout", families: [contents, fewLayouts] },
  { name: "charset, then layout", families: [bodyFaults(chained(charsetVariants, fewLayoutVariants))] },
  { name: "secret and form", families: [secrets, bodyFaults(formVariants)] },
  { name: "rounded numbers", families: [bodyFaults(roundedVariants)] },
];

/** Of the forms those that take a value out of one: only that can be JSON. */
function* formValues(body: Uint8Array) {
  for (const variant of formVariants(body)) if (variant.about.startsWith("the value")) yield variant;
}
