import { CliError } from "../errors.js";
import { byCodeUnits } from "./form.js";
import { componentOf, componentValue, type Component, type Message } from "./message-components.js";
import { fieldValue } from "./message-fields.js";
import type { SignatureProblem } from "./signature-text.js";
import { parseDictionary, writeMember, type InnerList } from "./structured-field.js";

/** The name of the header that says what a signature covers. */
export const INPUT_HEADER = "Signature-Input";

/** What is signed, and what it covers. */
export interface SignatureBase {
  readonly text: string;
  readonly components: readonly Component[];
}

/**
 * The signature base of RFC 9421, section 2.5: a line for each component that is covered, and one for the list itself.
 *
 * @throws CliError when a component is taken from the URL, and that is not known
 */
export function signatureBase(input: InnerList, message: Message): SignatureBase | SignatureProblem {
  const base = linesOf(input, message);
  if ("reason" in base) return base;
  return { ...base, text: `${base.text}"@signature-params": ${writeMember(input)}` };
}

/** The lines of the components, each with its line feed. */
export function linesOf({ items }: Pick<InnerList, "items">, message: Message): SignatureBase | SignatureProblem {
  const components: Component[] = [];
  const seen = new Set<string>();
  let text = "";
  for (const item of items) {
    const component = componentOf(item);
    if ("reason" in component) return component;
    const value = componentValue(component, message);
    if (typeof value === "object") return value;
    if (seen.size === seen.add(sameWhatever(component)).size)
      return { reason: "malformed_header", message: `${component.identifier} is covered twice` };
    components.push(component);
    text += `${component.identifier}: ${value}\n`;
  }
  return { text, components };
}

/** The base of the first signature in a request; empty when there is none that can be read. */
export function firstBase(message: Message): string {
  const [first] = parseDictionary(fieldValue(message.request.headers, "signature-input") ?? "")?.members.values() ?? [];
  if (first === undefined || !("items" in first)) return "";
  try {
    const base = signatureBase(first, message);
    return "reason" in base ? "" : base.text;
  } catch (error) {
    if (error instanceof CliError) return "";
    throw error;
  }
}

/** Two identifiers are the same whatever the order of their parameters. */
function sameWhatever({ name, parameters }: Component): string {
  const written = [...parameters].map(([key, { value }]) => JSON.stringify([key, String(value)]));
  return JSON.stringify([name, ...written.toSorted(byCodeUnits)]);
}
