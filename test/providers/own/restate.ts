import type { ContentPart, FieldPath, Scheme, SignatureParse } from "../../../src/signatures/scheme.js";

/* What a person would write for a scheme that hookcli has built in: made from the row alone, without the code under test. */

const PLACES: Readonly<Record<string, string>> = { bodyField: "body", formField: "form", queryParameter: "query" };

/** `data.id` where that says the path; else its steps. */
function pathJson(path: FieldPath): unknown {
  return path.every((step) => typeof step === "number" || /^[^.\d][^.]*$/.test(step)) ? path.join(".") : path;
}

/** The part in braces; `undefined` where it has more members than one, or one that is no text. */
function inBraces({ part, ...members }: ContentPart): string | undefined {
  const values = Object.entries(members).map(([name, value]) =>
    name === "path" && Array.isArray(value) ? pathJson(value as FieldPath) : value,
  );
  if (part === "literal") return String(values[0]).replaceAll(/[{}]/g, "$&$&");
  if (values.length > 1 || values.some((value) => typeof value !== "string")) return undefined;
  return `{${[PLACES[part] ?? part, ...values].join(":")}}`;
}

function contentJson(content: readonly ContentPart[]): unknown {
  const texts = content.map(inBraces);
  return texts.includes(undefined) ? content.map((part, index) => texts[index] ?? part) : texts.join("");
}

/** The form of the header where one is enough to say it. */
function formJson(parse: SignatureParse): object | undefined {
  if (parse.kind === "raw") return {};
  if (parse.kind === "prefix" && parse.optional !== true) return { prefix: parse.prefix };
  if (parse.kind === "list" && parse.timestampFirst === true)
    return { format: `{timestamp}${parse.separator}{signature}` };
  const isPlain =
    parse.kind === "pairs" && parse.layout === undefined && parse.written === undefined && parse.trim !== true;
  if (!isPlain || parse.timestamp === undefined || parse.signature === undefined) return undefined;
  if (!/^\W\W$/.test(parse.item + parse.pair)) return undefined;
  return {
    format: `${parse.timestamp}${parse.pair}{timestamp}${parse.item}${parse.signature}${parse.pair}{signature}`,
  };
}

function sourceJson({ signature }: Scheme): object {
  const form = signature.from === "header" ? formJson(signature.parse) : undefined;
  if (signature.from === "header" && form !== undefined)
    return { header: signature.names, ...form, ...(signature.more === undefined ? {} : { more: signature.more }) };
  const { parse } = signature;
  return {
    signature:
      parse.kind === "pairs" ? { ...signature, parse: { ...parse, signature: parse.signature ?? null } } : signature,
  };
}

function stampJson({ timestamp }: Scheme): object {
  if (timestamp === undefined) return {};
  const { from, unit } = timestamp;
  if (from.kind === "signature") return { timestamp: { unit } };
  const places = {
    header: () => (from.kind === "header" ? from.names.map((name) => `header:${name}`) : []),
    bodyField: () => (from.kind === "bodyField" ? [`body:${from.path.join(".")}`] : []),
    formField: () => (from.kind === "formField" ? [`form:${from.name}`] : []),
    query: () => (from.kind === "query" ? [`query:${from.name}`] : []),
  }[from.kind]();
  return unit === "s" && places.length === 1
    ? { timestamp: places[0] }
    : { timestamp: { at: places.length === 1 ? places[0] : places, unit } };
}

/** One scheme in the compact form. */
export function restated(scheme: Scheme): Record<string, unknown> {
  const { algorithm, encoding, secret, id, bindings, urlForms, companions, label } = scheme;
  if (algorithm.family !== "hmac") throw new Error("only MACs are restated");
  const tolerance = scheme.timestamp?.providerToleranceSeconds;
  return {
    ...sourceJson(scheme),
    algorithm: algorithm.bits === undefined ? `hmac-${algorithm.hash}` : algorithm,
    content: contentJson(scheme.content),
    encoding,
    secret: secret.kind === "prefixedBase64" || secret.kind === "utf8After" ? secret : secret.kind,
    ...stampJson(scheme),
    ...(typeof tolerance === "number" ? { tolerance: `${tolerance}s` } : {}),
    ...(id === undefined ? {} : { id }),
    ...(bindings === undefined ? {} : { bindings }),
    ...(urlForms === undefined ? {} : { urlForms }),
    ...(companions === undefined ? {} : { companions: Object.fromEntries(companions) }),
    label,
  };
}
