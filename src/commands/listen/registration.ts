import { readInput } from "../../config/input.js";
import { isReference } from "../../config/reference.js";
import { resolveReference } from "../../config/secrets.js";
import { urlText } from "../../config/values.js";
import type { Context } from "../../context.js";
import type { Deliverer, Delivery } from "../../deliver/deliverer.js";
import { CliError, EXIT } from "../../errors.js";
import { attemptErrorText } from "../../events/attempt-error.js";
import { Facts, fieldNamed } from "../../events/expectation-fields.js";
import { headerValue, isFormType, withHeaders, type HeaderList } from "../../events/headers.js";
import type { Output } from "../../output/output.js";
import type { ScriptOptions } from "./script-options.js";

/** Longest wait for the service's answer, milliseconds. */
const SERVICE_TIMEOUT_MS = 10_000;
/** Where the id of what was registered stands, unless `--register-path` says it. */
const ID_PATHS = ["id", "data.id"];
/** What is said of a service in other words than of an app. */
const SERVICE_TEXTS: ReadonlyMap<string, string> = new Map([
  ["timeout", `no answer within ${SERVICE_TIMEOUT_MS / 1_000} s`],
  ["refused", "connection refused, nothing listens there"],
  ["dns", "its name does not resolve"],
  ["tls", "TLS failed, as where its certificate is not trusted"],
]);

/** What a service has taken, and what it calls that. */
interface Registered {
  readonly url: string;
  readonly id: string | undefined;
}

/** Tells a service the public URL, and takes it back. */
export interface Registration {
  /** Throws CliError when the service does not take it (1) or cannot be reached (4). */
  register(url: string): Promise<void>;
  /** Takes the last one back. Never rejects. */
  unregister(): Promise<void>;
}

/** Reads URLs, headers and body of a registration. Throws CliError 2. `undefined`: none is asked for. */
export async function prepareRegistration(
  options: ScriptOptions,
  around: { readonly context: Context; readonly output: Output },
): Promise<Registration | undefined> {
  if (options.register === undefined) return undefined;
  const registerUrl = await readUrl(options.register, "--register", around);
  const unregisterUrl =
    options.unregister === undefined ? undefined : await readUrl(options.unregister, "--unregister", around);
  const given = options.registerHeader ?? [];
  const headers = withHeaders([["Content-Type", "application/json"]], given);
  const service = await createService(around);
  const template = await readBody(options.registerBody ?? '{"url":"{url}"}', around.context);
  const { output } = around;
  let last: Registered | undefined;

  /** Where it is taken back; `undefined`: the service has told no id. */
  const placeOf = ({ url, id }: Registered): string | undefined =>
    unregisterUrl?.includes("{id}") === true && id === undefined
      ? undefined
      : unregisterUrl?.replaceAll("{id}", encodeURIComponent(id ?? "")).replaceAll("{url}", encodeURIComponent(url));
  const takeBack = async (what: Registered): Promise<void> => {
    if (unregisterUrl === undefined) return;
    const url = placeOf(what);
    if (url === undefined)
      return output.warn(
        "the service's answer named no id, so the URL stays registered; --register-path says where it stands",
      );
    const answer = await service.ask("DELETE", url, { headers: given, body: new Uint8Array() });
    if (!isTaken(answer)) output.warn(`the service did not take the URL back: ${reasonOf(answer)}`);
  };
  return {
    async register(url) {
      const before = last;
      const isForm = isFormType(headerValue(headers, "content-type"));
      const written = isForm ? encodeURIComponent(url) : JSON.stringify(url).slice(1, -1);
      const body = Buffer.from(template.replaceAll("{url}", () => written));
      const answer = await service.ask("POST", registerUrl.replaceAll("{url}", encodeURIComponent(url)), {
        headers,
        body,
      });
      if (!isTaken(answer)) throw notRegistered(registerUrl, answer);
      const now = { url, id: idIn(answer, options.registerPath) };
      last = now;
      output.note(
        `registered with ${hostOf(registerUrl)}${unregisterUrl === undefined ? "; it stays so: --unregister takes it back" : ""}`,
      );
      // Where the service has put the new URL in the place of the old one, there is nothing to take back.
      if (before !== undefined && (placeOf(before) ?? "") !== placeOf(now)) await takeBack(before);
    },
    async unregister() {
      if (last !== undefined) await takeBack(last);
      await service.close();
    },
  };
}

async function createService({ context }: { context: Context }) {
  const [{ createDeliverer }, { parseTarget }, { createDialer }] = await Promise.all([
    import("../../deliver/create.js"),
    import("../../deliver/target.js"),
    import("../../proxies/dialer.js"),
  ]);
  const deliverer: Deliverer = createDeliverer({
    timeoutMs: SERVICE_TIMEOUT_MS,
    insecure: false,
    allowRemote: true,
    hostHeader: "target",
    headers: [],
    monotonic: context.monotonic,
    dialer: await createDialer(context.env),
  });
  return {
    ask(method: string, url: string, { headers, body }: { headers: HeaderList; body: Uint8Array }): Promise<Delivery> {
      const target = parseTarget(url);
      const request = { method, path: target.path ?? "/", headers, trailers: [], body };
      return deliverer.deliver({ request, target: { ...target, path: undefined }, forwarded: {} });
    },
    close: () => deliverer.close(),
  };
}

/** A URL may hold a token itself, so it can be a reference too. */
async function readUrl(text: string, what: string, around: { context: Context; output: Output }): Promise<string> {
  const url = isReference(text) ? Buffer.from(await resolveReference(text, { ...around, what })).toString() : text;
  const { pathname } = new URL(urlText(what)(url.replaceAll(/[{}]/g, "_")));
  return pathname === "/" && !/^[^/]*\/\/[^/]*\//.test(url) ? `${url}/` : url;
}

async function readBody(text: string, context: Context): Promise<string> {
  if (!text.startsWith("@")) return text;
  return Buffer.from(await readInput(text, { context, what: "--register-body" })).toString();
}

function idIn({ headers, body, status, error, durationMs }: Delivery, path: string | undefined): string | undefined {
  const facts = new Facts(undefined, { headers, body, status, error, durationMs });
  for (const place of path === undefined ? ID_PATHS : [path]) {
    const id = fieldNamed(`answer.body.${place}`, "answer")?.read(facts);
    if (id !== undefined) return id;
  }
  return undefined;
}

function isTaken({ status, error }: Delivery): boolean {
  return error === null && status !== null && status >= 200 && status < 300;
}

function reasonOf({ status, error }: Delivery): string {
  if (status === null || error !== null) return SERVICE_TEXTS.get(error ?? "") ?? attemptErrorText(error ?? "unknown");
  // A token must not go to another place than the one that was named.
  const isElsewhere = status >= 300 && status < 400;
  return `it answered ${status}${isElsewhere ? ", and a redirect is not followed" : ""}`;
}

/** Only the host is named: path and query may hold a token. */
function notRegistered(url: string, answer: Delivery): CliError {
  const silent = answer.error === "timeout" ? EXIT.timeout : EXIT.unreachable;
  return new CliError(`${hostOf(url)} did not take the public URL: ${reasonOf(answer)}`, {
    exitCode: answer.error === null ? EXIT.no : silent,
  });
}

function hostOf(url: string): string {
  return new URL(url.replaceAll(/[{}]/g, "_")).host;
}
