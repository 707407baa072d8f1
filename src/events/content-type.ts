/** A media type and its parameters. */
export interface ContentType {
  /** Lower case, such as `application/json`; empty when there is none. */
  readonly type: string;
  /** By lower-case name; of repeated ones the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))[ \t]*/gy;

/** Reads a Content-Type, or a Content-Disposition (RFC 9110, section 5.6.6). What is malformed ends it. Never throws. */
export function parseContentType(text: string | undefined): ContentType {
  const source = text ?? "";
  const end = source.indexOf(";");
  const type = (end === -1 ? source : source.slice(0, end)).trim().toLowerCase();
  const parameters = new Map<string, string>();
  if (end === -1) return { type, parameters };
  PARAMETER.lastIndex = end;
  for (let match = PARAMETER.exec(source); match !== null; match = PARAMETER.exec(source)) {
    const name = (match[1] ?? "").toLowerCase();
    if (!parameters.has(name)) parameters.set(name, match[2]?.replaceAll(/\\(.)/g, "$1") ?? match[3] ?? "");
  }
  return { type, parameters };
}
