import type { ContentPart } from "../../signatures/scheme.js";
import { suggestion } from "../nearest.js";
import { part, partMembers } from "./members.js";
import { DefinitionError, either, list, mapped, text, type Place, type Shape } from "./shape.js";

const EXPECTED = 'a template such as "{timestamp}.{body}"';
/** A part in braces, a doubled brace, text, or a brace that is none of these. */
const PIECES = /\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g;

const template: Shape<readonly ContentPart[]> = mapped(text(EXPECTED, /^[\x01-\x7f]+$/), partsOf);

/** What is signed: a template, or a list of parts and templates. */
export const content: Shape<readonly ContentPart[]> = mapped(
  either<readonly ContentPart[]>(
    template,
    mapped(
      list(
        either<readonly ContentPart[]>(
          template,
          mapped(part, (one) => [one]),
        ),
      ),
      (items) => items.flat(),
    ),
  ),
  demandContent,
);

function partsOf(template: string, at: Place): readonly ContentPart[] {
  if (partMembers.has(template))
    throw new DefinitionError(at, `${template} would be signed as this word`, `write {${template}} for the part`);
  const parts: ContentPart[] = [];
  for (const [piece, inside] of template.matchAll(PIECES)) {
    if (inside !== undefined) parts.push(partNamed(inside, at));
    else if (piece === "{" || piece === "}")
      throw new DefinitionError(
        at,
        `${piece} stands alone in ${JSON.stringify(template)}`,
        `write ${piece}${piece} for the character`,
      );
    else addText(parts, piece === "{{" ? "{" : piece === "}}" ? "}" : piece);
  }
  return parts;
}

function addText(parts: ContentPart[], text: string): void {
  const last = parts.at(-1);
  if (last?.part === "literal") parts[parts.length - 1] = { part: "literal", text: last.text + text };
  else parts.push({ part: "literal", text });
}

/** Places are written as those of types and ids are. */
const PLACES: Readonly<Record<string, string>> = { body: "bodyField", form: "formField", query: "queryParameter" };

/** `timestamp`, `header:X-Id`, `body:data.id`, `bodyHash:sha256:hex`: a part's name, and what it must have, in order. */
function partNamed(inside: string, at: Place): ContentPart {
  const [word = "", ...rest] = inside.split(":");
  const name = rest.length > 0 && Object.hasOwn(PLACES, word) ? (PLACES[word] ?? word) : word;
  const members = partMembers.get(name);
  if (members === undefined)
    throw new DefinitionError(at, `unknown part {${inside}}`, suggestion(name, [...partMembers.keys()]));
  const given = rest.slice(0, Math.max(members.length - 1, 0));
  const values = rest.length > given.length ? [...given, rest.slice(given.length).join(":")] : given;
  if (values.length !== members.length) {
    const form = `{${[word, ...members.map((member) => `<${member}>`)].join(":")}}`;
    throw new DefinitionError(at, `expected ${form}, found {${inside}}`);
  }
  try {
    return part.read(
      { part: name, ...Object.fromEntries(members.map((member, index) => [member, values[index]])) },
      at,
    );
  } catch (error) {
    // Members stand in the template here, not below it.
    if (error instanceof DefinitionError) throw new DefinitionError(at, `{${inside}}: ${error.problem}`, error.hint);
    throw error;
  }
}

/** A signature of nothing but fixed text would fit every request. */
function demandContent(parts: readonly ContentPart[], at: Place): readonly ContentPart[] {
  if (parts.some(({ part: name }) => name !== "literal" && name !== "secret")) return parts;
  throw new DefinitionError(at, "nothing of the request is signed", "name a part of it, such as {body}");
}
