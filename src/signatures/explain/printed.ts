import { latin1, MAX_TEXT_BYTES, utf8, type BodyVariant } from "./body.js";
import { fewLayoutVariants } from "./json-bodies.js";

/** Larger texts are nobody's print of an object. */
const MAX_PRINTED_BYTES = 2 ** 20;

/** What Python prints of bytes. */
export function* printedBytesVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_TEXT_BYTES) return;
  const inside = /^\s*b(['"])([^]*)\1\s*$/.exec(latin1(body));
  if (inside === null) return;
  const text = (inside[2] ?? "").replace(/\\(x[0-9a-f]{2}|.)/g, (_, escape: string) => unescaped(escape));
  yield {
    bytes: Buffer.from(text, "latin1"),
    cause: "body_encoding",
    about: "the bytes inside the b'...' that Python prints of them",
  };
}

/** What languages print of parsed JSON: it is read, and written as JSON. */
export function* printedObjectVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_PRINTED_BYTES || !/^\s*[{[]/.test(latin1(body.subarray(0, 64)))) return;
  const text = utf8(body);
  const language = LANGUAGES.find(({ looks }) => looks.test(text));
  const json = language === undefined ? undefined : toJson(text);
  if (language === undefined || json === undefined) return;
  for (const variant of fewLayoutVariants(Buffer.from(json))) {
    yield { ...variant, about: `${variant.about}; the body at hand is what ${language.name} prints of parsed JSON` };
  }
}

/** What only one of them prints; the patterns are linear in the text. */
const LANGUAGES = [
  { name: "Ruby", looks: /=>|: nil\b|\bnil[,\]}]/ },
  { name: "Python", looks: /'|\b(?:True|False|None)\b/ },
  { name: "JavaScript", looks: /[\w$]: / },
] as const;

const WORDS: Readonly<Record<string, string>> = {
  True: "true",
  False: "false",
  None: "null",
  nil: "null",
  undefined: "null",
};

/** Strings in either quotes, `=>`, other words and bare names as JSON has them; `undefined` when it is none then. */
function toJson(text: string): string | undefined {
  const pattern = /'((?:[^'\\]|\\[^])*)'?|"((?:[^"\\]|\\[^])*)"?|=>|:?[A-Za-z_$][\w$]*(?=\s*:)|[A-Za-z_]\w*/g;
  const json = text.replace(pattern, (found, single?: string, double?: string) => {
    const inside = single ?? double;
    if (inside !== undefined)
      return JSON.stringify(
        inside.replace(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|[^])/gi, (_, escape: string) => unescaped(escape)),
      );
    if (found === "=>") return ":";
    return WORDS[found] ?? (/^(?:true|false|null)$/.test(found) ? found : JSON.stringify(found));
  });
  try {
    JSON.parse(json);
    return json;
  } catch {
    return undefined;
  }
}

const SHORT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", e: "\u001b", 0: "\0" };

function unescaped(escape: string): string {
  if (/^[xu]./.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return SHORT[escape] ?? escape;
}
