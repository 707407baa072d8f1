/**
 * The text of the first element of a name in an XML document, its five named entities undone; "" for an empty one, `undefined`
 * when there is none. The document is searched and not parsed: for labels, never for what is trusted.
 */
export function elementText(xml: string, name: string): string | undefined {
  const start = elementStart(xml, name);
  if (start === undefined) return undefined;
  const open = xml.indexOf(">", start);
  if (open === -1) return undefined;
  if (xml[open - 1] === "/") return "";
  const end = xml.indexOf("<", open);
  return unescaped(xml.slice(open + 1, end === -1 ? xml.length : end).trim());
}

/** After the opening tag's name. */
function elementStart(xml: string, name: string): number | undefined {
  const tag = `<${name}`;
  for (let at = xml.indexOf(tag); at !== -1; at = xml.indexOf(tag, at + 1)) {
    const next = xml[at + tag.length];
    if (next !== undefined && /[\s/>]/.test(next)) return at + tag.length;
  }
  return undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescaped(text: string): string {
  return text.replaceAll(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
