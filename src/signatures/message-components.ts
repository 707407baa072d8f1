import { CliError } from "../errors.js";
import { publicUrl, requireUrl } from "./url.js";
import { fieldInForm, fieldLines } from "./message-fields.js";
import type { Settings, SignedRequest } from "./request.js";
import type { SignatureProblem } from "./signature-text.js";
import { parseList, quoted, writeParameters, type Item, type Parameters } from "./structured-field.js";

/** What the components of a signature are taken from. */
export interface Message {
  readonly request: SignedRequest;
  /** The scheme, for messages. */
  readonly scheme: string;
  readonly settings: Settings;
}

/** One covered component, such as `"@query-param";name="id"`. */
export interface Component {
  readonly name: string;
  readonly parameters: Parameters;
  /** As it stands in the signature base. */
  readonly identifier: string;
}

/**
 * The components that the setting `components` names: `@method content-digest`, or with their parameters
 * `"@method" "@query-param";name="id"`.
 *
 * @throws CliError when it names none
 */
export function wantedComponents({ components: text }: Settings = {}): readonly Item[] | undefined {
  if (text === undefined) return undefined;
  const written = text.trimStart().startsWith('"') ? text : text.replaceAll(/[^ ]+/g, '"$&"');
  const [list] = parseList(`(${written})`) ?? [];
  if (list !== undefined && "items" in list && list.items.length > 0) return list.items;
  throw new CliError(`not a list of components: ${text}`, { hint: `write it as '"@method" "content-digest"'` });
}

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** A component that can be covered by the signature of a request, or why it cannot. */
export function componentOf({ item, parameters }: Item): Component | SignatureProblem {
  if (item.kind !== "string") return malformed("a component is not a string");
  const name = item.value;
  const identifier = quoted(name) + writeParameters(parameters);
  if (parameters.has("req")) return malformed(`${identifier} is of the request that a response answers`);
  if (parameters.has("tr")) return malformed(`${identifier} is a trailer, and trailers are not known here`);
  const wrong = name.startsWith("@") ? derivedFault(name, parameters) : fieldFault(name, parameters);
  return wrong === undefined ? { name, parameters, identifier } : malformed(`${identifier} ${wrong}`);
}

/** The component's value, or why the request has none. @throws CliError when it is taken from the URL, and that is not known */
export function componentValue(component: Component, message: Message): string | SignatureProblem {
  const derived = DERIVED.get(component.name);
  if (derived !== undefined) return derived(message, component);
  const lines = fieldLines(message.request.headers, component.name);
  if (lines.length === 0)
    return { reason: "missing_header", message: `header ${component.name} is covered by the signature, and not there` };
  const value = fieldInForm(lines, component.parameters);
  if (value === undefined) return malformed(`header ${component.name} has no value for ${component.identifier}`);
  return /[\r\n]/.test(value) ? malformed(`header ${component.name} has a line break in it`) : value;
}

type Derivation = (message: Message, component: Component) => string | SignatureProblem;

const DERIVED: ReadonlyMap<string, Derivation> = new Map<string, Derivation>([
  ["@method", ({ request }) => request.method ?? "POST"],
  ["@target-uri", targetUri],
  ["@authority", authorityOf],
  ["@scheme", (message) => targetOf(message).protocol],
  ["@request-target", (message) => pathOf(message).path + pathOf(message).query],
  ["@path", (message) => pathOf(message).path],
  ["@query", (message) => pathOf(message).query || "?"],
  ["@query-param", queryParameterOf],
  ["@status", ({ settings: { status } }) => status ?? malformed('"@status" is of responses, and a request has none')],
]);

function derivedFault(name: string, parameters: Parameters): string | undefined {
  if (name === "@signature-params") return "cannot be listed";
  if (!DERIVED.has(name)) return "is not known";
  const isParameter = name === "@query-param";
  if (isParameter && parameters.get("name")?.kind !== "string") return "does not name the parameter";
  return parameters.size > (isParameter ? 1 : 0) ? "has a parameter that is not known" : undefined;
}

function fieldFault(name: string, parameters: Parameters): string | undefined {
  if (!FIELD_NAME.test(name)) return "is not the name of a header in lower case";
  const [sf, bs, key] = ["sf", "bs", "key"].map((parameter) => parameters.get(parameter));
  const known = [sf, bs, key].filter((parameter) => parameter !== undefined).length;
  if (parameters.size > known) return "has a parameter that is not known";
  if ([sf, bs].some((flag) => flag !== undefined && flag.value !== true)) return "has a flag with a value";
  if (key !== undefined && key.kind !== "string") return "has a key that is not a string";
  return bs !== undefined && known > 1 ? "is to be bytes and a structured field at once" : undefined;
}

interface Target {
  readonly protocol: string;
  readonly authority: string;
  /** At least a slash. */
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly query: string;
}

const URL_PARTS = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i;

/** The parts of the URL as they are written: nothing is escaped or resolved, as the sender signed what it sent. */
function splitUrl(url: string): Target {
  const [, protocol = "", host = "", path = "", query = ""] = URL_PARTS.exec(url) ?? [];
  const lower = protocol.toLowerCase();
  const authority = host.slice(host.lastIndexOf("@") + 1).toLowerCase();
  const port = lower === "https" ? ":443" : ":80";
  return {
    protocol: lower,
    authority: authority.endsWith(port) ? authority.slice(0, -port.length) : authority,
    path: path === "" ? "/" : path,
    query,
  };
}

function targetOf({ scheme, request }: Message): Target {
  return splitUrl(requireUrl(scheme, request.url, request.headers));
}

function targetUri(message: Message): string {
  const { protocol, authority, path, query } = targetOf(message);
  return `${protocol}://${authority}${path}${query}`;
}

/** A path is enough for what stands in it. */
function pathOf(message: Message): Target {
  const { url } = message.request;
  return url?.startsWith("/") === true ? splitUrl(`http://h${url}`) : targetOf(message);
}

/** The host that the request was sent to stands in a header too. */
function authorityOf({ scheme, request }: Message): string {
  const { headers, url = "/" } = request;
  return splitUrl(publicUrl(url, headers) ?? requireUrl(scheme, undefined, headers)).authority;
}

function queryParameterOf(message: Message, { parameters, identifier }: Component): string | SignatureProblem {
  const wanted = parameters.get("name")?.value;
  const values = [...new URLSearchParams(pathOf(message).query)].flatMap(([name, value]) =>
    escaped(name) === wanted ? [escaped(value)] : [],
  );
  const [only] = values;
  if (only === undefined) return malformed(`${identifier} is covered by the signature, and not in the URL`);
  return values.length === 1 ? only : malformed(`${identifier} is in the URL more than once`);
}

/** RFC 9421, section 2.2.8: UTF-8 with all but letters, digits and `*-._` escaped. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()~]/g,
    (character) => `%${character.codePointAt(0)?.toString(16).toUpperCase() ?? ""}`,
  );
}

function malformed(message: string): SignatureProblem {
  return { reason: "malformed_header", message };
}
