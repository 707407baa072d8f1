import type { HeaderList } from "./headers.js";
import { headerValue } from "./headers.js";
import { REDACTED, redactHeaders, redactPath } from "./redact.js";
import { printfFormat, quotedBytes, shellWord } from "./shell-words.js";

/** A request to be printed. Header values, the URL and the path are latin1, as in {@link HeaderList}. */
export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  /** The request target, for a request that somebody else wrote: it may be another than what a URL can hold. */
  readonly path?: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

export interface CurlOptions {
  /** Print what is a credential; otherwise it stands as an environment variable, or as `***` within other text. */
  readonly showSecrets?: boolean;
  /** The variable for a provider's token header; `HOOKCLI_SECRET` when none is named. */
  readonly secretEnv?: string;
  /** Names of the headers that carry the secret itself, besides those that look like a credential. */
  readonly secretHeaders?: readonly string[];
  /** Names of headers that look like a credential and are none. */
  readonly plainHeaders?: readonly string[];
}

/** A command, and the environment variables that it takes credentials from. */
export interface CurlScript {
  readonly command: string;
  readonly variables: readonly string[];
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
 * terminal may show stands as it is; all else goes through `printf` with octal escapes. It may be pasted into an interactive
 * bash or zsh, and whatever the request holds, it is sent to the URL's authority.
 */
export function curlScript(request: CurlRequest, options: CurlOptions = {}): CurlScript {
  const variables = new Set<string>();
  const writing = { options, variables };
  const body = bodyArgument(request);
  const [url, ...further] = urlArguments(request, writing);
  const parts = [
    `curl ${methodArgument(request)} ${url ?? ""}`,
    ...further,
    ...request.headers
      .filter(([name]) => !CONNECTION_HEADERS.has(name.toLowerCase()))
      .map((pair) => headerArgument(pair, writing)),
    ...silencedDefaults(request, body.argument !== undefined),
    ...(body.argument === undefined ? [] : [body.argument]),
  ];
  return { command: (body.pipe ?? "") + parts.join(" \\\n  "), variables: [...variables] };
}

/** The command of {@link curlScript} alone. */
export function curlCommand(request: CurlRequest, options: CurlOptions = {}): string {
  return curlScript(request, options).command;
}

interface Writing {
  readonly options: CurlOptions;
  /** Those that were written so far. */
  readonly variables: Set<string>;
}

/** The only thing that ever stands between double quotes, but for octal digits. */
function variableWord(name: string, { variables }: Writing): string {
  variables.add(name);
  return `"$${name}"`;
}

function methodArgument({ method, body }: CurlRequest): string {
  return method === "HEAD" && body.length === 0 ? "--head" : `-X ${shellWord(method)}`;
}

/** What curl sends as it stands in a URL: of all else it makes an authority, a fragment or escapes. */
const PLAIN_TARGET = /^\/[\x21\x22\x24-\x7e]*$/;

function urlArguments({ url, path }: CurlRequest, writing: Writing): string[] {
  const [, origin = "", rest = ""] = /^((?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*)(.*)$/is.exec(url) ?? [];
  const target = path ?? rest;
  const arguments_ = [];
  if (path === undefined || PLAIN_TARGET.test(path)) {
    arguments_.push(targetWord(origin, target, writing));
    if (/[[\]{}]/.test(url)) arguments_.push("--globoff");
    if (/\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target)) arguments_.push("--path-as-is");
  } else arguments_.push(shellWord(`${origin}/`), `--request-target ${targetWord("", target, writing)}`);
  if (url.startsWith("https:")) arguments_.push("--http1.1");
  return arguments_;
}

/** A credential in the query stands as a variable; a signature is none, and is part of what is sent. */
function targetWord(origin: string, target: string, writing: Writing): string {
  const mark = target.indexOf("?");
  const place = mark === -1 ? target : target.slice(0, mark);
  if (writing.options.showSecrets === true) return shellWord(origin + target);
  const words: string[] = [];
  let plain = origin + redactPath(place);
  for (const [index, parameter] of mark === -1
    ? []
    : target
        .slice(mark + 1)
        .split("&")
        .entries()) {
    const equals = parameter.indexOf("=");
    const name = parameter.slice(0, equals + 1);
    const isSecret = isHidden(parameter, name);
    plain += `${index === 0 ? "?" : "&"}${isSecret ? name : parameter}`;
    if (!isSecret) continue;
    words.push(shellWord(plain), variableWord(variableNamed("QUERY", name.slice(0, -1)), writing));
    plain = "";
  }
  return words.join("") + (plain === "" ? "" : shellWord(plain));
}

/** What was redacted before is a secret, whatever it is called. `name` ends in `=`. */
function isHidden(parameter: string, name: string): boolean {
  if (name !== "" && parameter.slice(name.length) === REDACTED) return true;
  return redactPath(`?${parameter}`) !== `?${parameter}` && !/^sig=$|signature/i.test(name);
}

/** A variable of our own: a sender must not choose which of the environment is sent. */
function variableNamed(kind: "HEADER" | "QUERY", name: string): string {
  const words = name
    .slice(0, 64)
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, "_");
  return `HOOKCLI_${kind}_${words === "" ? "SECRET" : words}`;
}

function headerArgument([name, value]: readonly [string, string], writing: Writing): string {
  const { shown, variable } = headerShown([name, value], writing.options);
  if (variable !== undefined) return `-H ${shellWord(`${name}: `)}${variableWord(variable, writing)}`;
  return `-H ${shellWord(shown === "" ? `${name};` : `${name}: ${shown}`)}`;
}

/** What is printed of a header's value, and the variable that stands for a value that is a secret as a whole. */
function headerShown(
  [name, value]: readonly [string, string],
  { showSecrets, secretEnv = "HOOKCLI_SECRET", secretHeaders = [], plainHeaders = [] }: CurlOptions,
): { shown: string; variable?: string } {
  if (showSecrets === true) return { shown: value };
  const isNamed = (names: readonly string[]) => names.some((other) => other.toLowerCase() === name.toLowerCase());
  if (isNamed(secretHeaders)) return { shown: REDACTED, variable: secretEnv };
  const shown = isNamed(plainHeaders) ? value : (redactHeaders([[name, value]])[0]?.[1] ?? value);
  return shown === REDACTED ? { shown, variable: variableNamed("HEADER", name) } : { shown };
}

function silencedDefaults({ headers, body }: CurlRequest, hasBody: boolean): string[] {
  const unwanted = [...CURL_DEFAULTS, ...(hasBody ? ["Content-Type"] : [])];
  if (body.length > EXPECT_ABOVE_BYTES) unwanted.push("Expect");
  return unwanted.filter((name) => headerValue(headers, name) === undefined).map((name) => `-H '${name}:'`);
}

function bodyArgument({ method, body }: CurlRequest): { argument?: string; pipe?: string } {
  if (body.length === 0) return ["GET", "HEAD"].includes(method) ? {} : { argument: "--data-raw ''" };
  const text = body.length < MAX_ARGUMENT_LENGTH ? quotedBytes(body) : undefined;
  if (text !== undefined) return { argument: `--data-raw ${text}` };
  return { argument: "--data-binary @-", pipe: `printf ${printfFormat(body)} | ` };
}
