import type { HeaderList } from "./headers.js";
import { headerValue } from "./headers.js";
import { REDACTED, redactHeaders, redactPath } from "./redact.js";
import { safeBlock } from "./safe-text.js";

/** A request to be printed. Header values and the URL are latin1, as in {@link HeaderList}. */
export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

export interface CurlOptions {
  /** Print headers that are credentials; otherwise they stand as environment variables. */
  readonly showSecrets?: boolean;
  /** The variable for a provider's token header; `HOOKCLI_SECRET` when none is named. */
  readonly secretEnv?: string;
  /** Names of the headers that carry the secret itself, besides those that look like a credential. */
  readonly secretHeaders?: readonly string[];
  /** Names of headers that look like a credential and are none. */
  readonly plainHeaders?: readonly string[];
}

/** Of the connection and not of the request: curl makes its own. */
const CONNECTION_HEADERS = new Set([
  "host",
  "content-length",
  "connection",
  "transfer-encoding",
  "keep-alive",
  "expect",
]);

/** Headers that curl sends unless told not to. */
const CURL_DEFAULTS = ["User-Agent", "Accept"];

/** Linux allows one argument 128 KiB; longer bodies go through a pipe, whose `printf` is the shell's own. */
const MAX_ARGUMENT_LENGTH = 100_000;

/** Above this size curl asks with `Expect: 100-continue` first. */
const EXPECT_ABOVE_BYTES = 1024;

/**
 * A command for a POSIX shell that makes curl send the same bytes: the body, and the header list in its order. Text that a
 * terminal may show stands as it is; all else goes through `printf` with octal escapes.
 */
export function curlCommand(request: CurlRequest, options: CurlOptions = {}): string {
  const body = bodyArgument(request);
  const parts = [
    `curl ${methodArgument(request)} ${urlArgument(request.url, options)}`,
    ...urlArguments(request.url),
    ...request.headers
      .filter(([name]) => !CONNECTION_HEADERS.has(name.toLowerCase()))
      .map((pair) => headerArgument(pair, options)),
    ...silencedDefaults(request, body.argument !== undefined),
    ...(body.argument === undefined ? [] : [body.argument]),
  ];
  return (body.pipe ?? "") + parts.join(" \\\n  ");
}

function methodArgument({ method, body }: CurlRequest): string {
  return method === "HEAD" && body.length === 0 ? "--head" : `-X ${quote(method)}`;
}

function urlArguments(url: string): string[] {
  const arguments_ = [];
  if (/[[\]{}]/.test(url)) arguments_.push("--globoff");
  if (/\/\.{1,2}(?:[/?#]|$)/.test(url)) arguments_.push("--path-as-is");
  if (url.startsWith("https:")) arguments_.push("--http1.1");
  return arguments_;
}

/** A credential in the query stands as a variable; a signature is none, and is part of what is sent. */
function urlArgument(url: string, { showSecrets }: CurlOptions): string {
  const mark = url.indexOf("?");
  if (showSecrets === true || mark === -1 || (redactPath(url) === url && !url.includes(REDACTED)))
    return quoteBytes(url);
  const words: string[] = [];
  let plain = url.slice(0, mark + 1);
  for (const [index, parameter] of url
    .slice(mark + 1)
    .split("&")
    .entries()) {
    const name = parameter.slice(0, Math.max(parameter.indexOf("="), 0));
    const isSecret = isHidden(parameter, name);
    plain += `${index === 0 ? "" : "&"}${isSecret ? `${name}=` : parameter}`;
    if (!isSecret) continue;
    words.push(quoteBytes(plain), `"$${variableNamed(name)}"`);
    plain = "";
  }
  return words.join("") + (plain === "" ? "" : quoteBytes(plain));
}

/** What was redacted before is a secret, whatever it is called. */
function isHidden(parameter: string, name: string): boolean {
  if (parameter.slice(name.length + 1) === REDACTED) return true;
  return redactPath(`?${parameter}`) !== `?${parameter}` && !/^sig$|signature/i.test(name);
}

function variableNamed(name: string): string {
  const words = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  return words === "" ? "SECRET" : words.replace(/^\d/, "_$&");
}

function headerArgument([name, value]: readonly [string, string], options: CurlOptions): string {
  const variable = options.showSecrets === true ? undefined : secretVariable([name, value], options);
  if (variable !== undefined) return `-H "${name.replaceAll(/["\\$`]/g, "\\$&")}: $${variable}"`;
  return `-H ${quoteBytes(value === "" ? `${name};` : `${name}: ${value}`)}`;
}

function secretVariable([name, value]: readonly [string, string], options: CurlOptions): string | undefined {
  const { secretEnv = "HOOKCLI_SECRET", secretHeaders = [], plainHeaders = [] } = options;
  const isNamed = (names: readonly string[]) => names.some((other) => other.toLowerCase() === name.toLowerCase());
  if (isNamed(secretHeaders)) return secretEnv;
  if (value === REDACTED) return variableNamed(name);
  if (isNamed(plainHeaders) || redactHeaders([[name, value]])[0]?.[1] !== REDACTED) return undefined;
  return variableNamed(name);
}

function silencedDefaults({ headers, body }: CurlRequest, hasBody: boolean): string[] {
  const unwanted = [...CURL_DEFAULTS, ...(hasBody ? ["Content-Type"] : [])];
  if (body.length > EXPECT_ABOVE_BYTES) unwanted.push("Expect");
  return unwanted.filter((name) => headerValue(headers, name) === undefined).map((name) => `-H '${name}:'`);
}

function bodyArgument({ method, body }: CurlRequest): { argument?: string; pipe?: string } {
  if (body.length === 0) return ["GET", "HEAD"].includes(method) ? {} : { argument: "--data-raw ''" };
  const text = plainText(body);
  if (text !== undefined && text.length < MAX_ARGUMENT_LENGTH) return { argument: `--data-raw ${quote(text)}` };
  return { argument: "--data-binary @-", pipe: `printf ${printfFormat(body)} | ` };
}

/** The bytes as text, when they are UTF-8 that a terminal shows as it is. */
function plainText(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  return safeBlock(text) === text && Buffer.from(text).equals(buffer) ? text : undefined;
}

/** A latin1 text as one argument with exactly its bytes. */
function quoteBytes(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  const text = plainText(bytes);
  return text === undefined ? `"$(printf ${printfFormat(bytes)})"` : quote(text);
}

/** POSIX: nothing is special between single quotes but the single quote. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "%": "%%",
  "'": "'\\''",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A quoted format for POSIX printf that writes exactly these bytes. */
function printfFormat(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const escaped = latin1.replaceAll(/[^\x20-\x7e]|[\\%']/g, (character) => ESCAPES[character] ?? octal(character));
  // A leading dash could be taken for an option.
  return `'${escaped.replace(/^-/, octal("-"))}'`;
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
}
