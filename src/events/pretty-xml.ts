/** Levels that are indented; deeper ones stay on one line, or the spaces alone would outgrow the text. */
const DEEPEST_INDENT = 60;

/** Characters of the longest document that is laid out: a longer one would take seconds, and is no page to read. */
const LONGEST = 4 * 2 ** 20;

/** One piece of a document, as it was written. */
interface Token {
  readonly kind: "open" | "close" | "empty" | "text" | "other";
  readonly raw: string;
}

interface Element {
  readonly name: string;
  /** Text that is more than space stands in it, or space that has to be kept: it is left as it was written. */
  keepsText: boolean;
}

/** An opening tag: its name, attributes in quotes, its end. Nothing is expanded: no entity, no DTD. */
const NAME = /<[^\s<>/='"!?]+/y;
const ATTRIBUTE = /\s+[^\s<>/='"]+\s*=\s*(?:"[^"<]*"|'[^'<]*')/y;
const END = /\s*\/?>/y;
const CLOSE = /<\/[^\s<>/='"!?]+\s*>/y;

/**
 * XML with an element a line; `undefined` when it is not well-formed, or very long. Every tag and text stays as it was written, an
 * element with text in it stays on its line, and only space between elements is new. Not recursive.
 */
export function prettyXml(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const tokens = tokensOf(text.trim());
  const keeps = tokens === undefined ? undefined : textKeepers(tokens);
  return tokens === undefined || keeps === undefined ? undefined : reindented(tokens, keeps);
}

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at);
    if (token === undefined) return undefined;
    tokens.push(token);
    at += token.raw.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number): Token | undefined {
  if (text[at] !== "<") {
    const end = text.indexOf("<", at);
    return { kind: "text", raw: text.slice(at, end === -1 ? text.length : end) };
  }
  if (text.startsWith("<!--", at)) return until(text, at, "-->", "other");
  if (text.startsWith("<![CDATA[", at)) return until(text, at, "]]>", "text");
  if (text.startsWith("<?", at)) return until(text, at, "?>", "other");
  if (text.startsWith("<!DOCTYPE", at)) return doctype(text, at);
  const close = endOf(CLOSE, text, at);
  return close === undefined ? openingTag(text, at) : { kind: "close", raw: text.slice(at, close) };
}

/** Attribute by attribute: a pattern for all of them would need a stack as deep as their number. */
function openingTag(text: string, at: number): Token | undefined {
  let end = endOf(NAME, text, at);
  for (let next = end; next !== undefined; next = endOf(ATTRIBUTE, text, next)) end = next;
  const after = end === undefined ? undefined : endOf(END, text, end);
  if (after === undefined) return undefined;
  return { kind: text[after - 2] === "/" ? "empty" : "open", raw: text.slice(at, after) };
}

/** Where a sticky pattern's match at `at` ends. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function until(text: string, at: number, end: string, kind: Token["kind"]): Token | undefined {
  const found = text.indexOf(end, at);
  return found === -1 ? undefined : { kind, raw: text.slice(at, found + end.length) };
}

/** With its internal subset, if it has one; what stands in that is not read. */
function doctype(text: string, at: number): Token | undefined {
  const close = text.indexOf(">", at);
  if (close === -1) return undefined;
  if (!text.slice(at, close).includes("[")) return { kind: "other", raw: text.slice(at, close + 1) };
  const subset = until(text, at, "]", "other");
  const rest = subset === undefined ? -1 : text.indexOf(">", at + subset.raw.length);
  return rest === -1 ? undefined : { kind: "other", raw: text.slice(at, rest + 1) };
}

/** For each opening tag, by its place among the tokens, whether its element keeps its text. `undefined`: tags do not match. */
function textKeepers(tokens: readonly Token[]): ReadonlyMap<number, boolean> | undefined {
  const keeps = new Map<number, boolean>();
  const open: (Element & { readonly place: number })[] = [];
  let roots = 0;
  for (const [place, { kind, raw }] of tokens.entries()) {
    const parent = open.at(-1);
    if (kind === "text") {
      if (raw.trim() === "") continue;
      if (parent === undefined) return undefined;
      parent.keepsText = true;
    } else if (kind === "open") {
      if (parent === undefined) roots += 1;
      open.push({ place, name: nameOf(raw), keepsText: /\sxml:space\s*=\s*["']preserve["']/.test(raw) });
    } else if (kind === "close") {
      const element = open.pop();
      if (element?.name !== nameOf(raw)) return undefined;
      keeps.set(element.place, element.keepsText);
    } else if (kind === "empty" && parent === undefined) roots += 1;
  }
  return open.length > 0 || roots !== 1 ? undefined : keeps;
}

function reindented(tokens: readonly Token[], keeps: ReadonlyMap<number, boolean>): string {
  const parts: string[] = [];
  let depth = 0;
  /** The depth of the outermost element around us that is left as it was written. */
  let keptFrom: number | undefined;
  let previous: Token["kind"] | undefined;
  const newline = () => {
    if (parts.length > 0 && keptFrom === undefined && depth <= DEEPEST_INDENT) parts.push("\n", "  ".repeat(depth));
  };
  for (const [place, { kind, raw }] of tokens.entries()) {
    if (kind === "close") {
      depth -= 1;
      // `<a></a>` stays together; so does an element whose text is kept.
      if (previous !== "open" && depth < DEEPEST_INDENT) newline();
      if (keptFrom === depth) keptFrom = undefined;
      parts.push(raw);
    } else if (keptFrom === undefined && kind === "text") continue;
    else {
      newline();
      parts.push(raw);
      if (kind === "open") {
        if (keeps.get(place) === true) keptFrom ??= depth;
        depth += 1;
      }
    }
    previous = kind;
  }
  return parts.join("");
}

function nameOf(tag: string): string {
  return /[^\s<>/='"!?]+/.exec(tag)?.[0] ?? "";
}
