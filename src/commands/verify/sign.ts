import { loadConfig } from "../../config/config.js";
import { secretVariable } from "../../config/secrets.js";
import { CliError, EXIT } from "../../errors.js";
import { curlCommand } from "../../events/curl.js";
import { headerValue, withHeaders, type HeaderList } from "../../events/headers.js";
import { REDACTED } from "../../events/redact.js";
import type { Output } from "../../output/output.js";
import { outgoingHeaders, type OutgoingFacts } from "../../providers/outgoing.js";
import type { Provider } from "../../providers/provider.js";
import { selectScheme } from "../../providers/select.js";
import { parseKey } from "../../signatures/key.js";
import { isTokenScheme, RAW_ALGORITHMS, signRaw } from "../../signatures/raw.js";
import type { SignatureParts, SignOptions } from "../../signatures/request.js";
import type { Scheme } from "../../signatures/scheme.js";
import { SecretError } from "../../signatures/secret.js";
import { signRequest } from "../../signatures/sign.js";
import type { Invocation } from "../command.js";
import { newDeliveryId } from "../delivery/ids.js";
import { chooseProvider } from "./choose.js";
import { credentialsOf, type Credentials } from "./credentials.js";
import { readSignatureInput, type SignatureInput, type Surroundings } from "./input.js";
import { makeKey } from "./new-key.js";
import type { SignCommandOptions } from "./options.js";
import { readRawInput } from "./raw.js";
import { settingsOf } from "./settings.js";

/** `hookcli sign`. */
export async function runSign({ options, global, context, output }: Invocation<SignCommandOptions>): Promise<number> {
  if (options.newKey !== undefined)
    return makeKey(options.newKey, options.out, { context, output, config: await loadConfig(context, global) });
  const around = { context, output, config: await loadConfig(context, global) };
  const { scheme } = options;
  if (scheme !== undefined && options.provider === undefined && RAW_ALGORITHMS.has(scheme)) {
    const signature = signRaw({ algorithm: scheme, ...(await readRawInput(scheme, options, around)) });
    const signatureHex = Buffer.from(signature).toString("hex");
    output.result(signatureHex, { scheme, signatureHex });
    return EXIT.done;
  }
  if (scheme !== undefined && options.provider === undefined && isTokenScheme(scheme)) {
    const token = await (await import("./jws.js")).signToken(scheme, options, around);
    output.result(token, { scheme, token });
    return EXIT.done;
  }
  printSigned(output, options, await signInput(options, around));
  return EXIT.done;
}

interface Signed {
  readonly provider: Provider;
  readonly scheme: Scheme;
  readonly input: SignatureInput;
  readonly parts: SignatureParts;
}

async function signInput(options: SignCommandOptions, around: Surroundings): Promise<Signed> {
  const given = await readSignatureInput(options, around);
  const url = options.url ?? given.url ?? options.curl;
  const input = { ...given, url };
  // What is to be signed tells by its headers alone: a body that looks like somebody's may be anybody's.
  const { provider, schemeName } = chooseProvider(
    options,
    { headers: input.headers, body: new Uint8Array() },
    { fallback: input.provider ?? around.config.provider, own: around.config.ownProviders },
  );
  const credentials = await credentialsOf(options, provider.name, around);
  const headers = withContentType(input.headers, provider);
  const { method, body } = input;
  const plain = { headers, body, ...(method === undefined ? {} : { method }), ...(url === undefined ? {} : { url }) };
  const scheme = selectScheme({ provider, name: schemeName, purpose: "sign", request: plain, ...credentials });
  const now = options.now ?? around.context.now();
  const newId = () => newDeliveryId(provider, around.context);
  const beside = signedHeaders({ provider, eventType: undefined, deliveryId: newId(), now, body }, scheme, headers);
  const request = { ...plain, headers: [...headers, ...beside] };
  const parts = signRequest({
    scheme,
    request,
    now,
    settings: await settingsOf(options, around),
    ...credentialOf(provider, scheme, credentials),
    ...idOf(scheme, options, { input, newId }),
    ...(options.timestamp === undefined ? {} : { timestamp: options.timestamp }),
  });
  return {
    provider,
    scheme,
    input: { ...input, headers },
    parts: { ...parts, headers: [...coveredType(scheme, given.headers, headers), ...beside, ...parts.headers] },
  };
}

/** Headers of the provider that the scheme signs, where the request has none. */
function signedHeaders(facts: OutgoingFacts, { content }: Scheme, headers: HeaderList): HeaderList {
  const names = content.flatMap((part) => (part.part === "header" ? [part.name.toLowerCase()] : []));
  return outgoingHeaders(facts).filter(
    ([name]) => names.includes(name.toLowerCase()) && headerValue(headers, name) === undefined,
  );
}

/** The content type that was put there because the request had none, where the signature covers it. */
function coveredType({ content }: Scheme, given: HeaderList, headers: HeaderList): HeaderList {
  const isCovered = content.some((part) => part.part === "signatureBase" && part.components.includes("content-type"));
  return isCovered ? headers.slice(given.length) : [];
}

function withContentType(headers: HeaderList, provider: Provider): HeaderList {
  return headerValue(headers, "content-type") === undefined
    ? [...headers, ["Content-Type", provider.contentType]]
    : headers;
}

/** The first key or secret signs; the others are for checking. */
function credentialOf(
  { name }: Provider,
  scheme: Scheme,
  { secrets, keys }: Credentials,
): Pick<SignOptions, "secret" | "key"> {
  const [secret] = secrets;
  if (scheme.secret.kind !== "key") {
    if (secret === undefined)
      throw new SecretError("malformed", `${scheme.name} signs with a shared secret, not with a key`, "pass --secret");
    return { secret };
  }
  const key = keys[0] ?? (secret === undefined ? undefined : parseKey(secret));
  if (key?.privateKey === undefined) {
    throw new CliError("a public key cannot sign", { hint: `hookcli sign --new-key ${name} makes a pair of keys` });
  }
  return { key };
}

/** The id given, else the one that the request has, else a new one. */
function idOf(
  scheme: Scheme,
  { id }: SignCommandOptions,
  from: { readonly input: SignatureInput; readonly newId: () => string },
): { id?: string } {
  if (scheme.id === undefined) {
    if (id !== undefined) throw new CliError(`--id: ${scheme.name} signs no id`);
    return {};
  }
  const present = scheme.id.map((name) => headerValue(from.input.headers, name)).find((value) => value !== undefined);
  return { id: id ?? present ?? from.newId() };
}

function printSigned(output: Output, options: SignCommandOptions, { provider, scheme, input, parts }: Signed): void {
  const secretHeaders = scheme.algorithm.family === "token" ? parts.headers.map(([name]) => name) : [];
  const hidden = options.showSecrets === true ? [] : secretHeaders;
  const shown = parts.headers.map(([name, value]): [string, string] => [
    name,
    hidden.includes(name) ? REDACTED : value,
  ]);
  const curl =
    options.curl === undefined
      ? undefined
      : curlCommand(
          {
            method: input.method ?? "POST",
            url: urlToSend(options.curl, parts.url),
            headers: withHeaders(input.headers, parts.headers),
            body: parts.body ?? input.body,
          },
          { showSecrets: options.showSecrets === true, secretEnv: secretVariable(provider.name), secretHeaders },
        );
  output.record({
    provider: provider.name,
    scheme: scheme.name,
    headers: shown,
    ...(parts.url === undefined ? {} : { url: parts.url }),
    ...(parts.body === undefined ? {} : { bodyBase64: Buffer.from(parts.body).toString("base64") }),
    ...(curl === undefined ? {} : { curl }),
  });
  if (curl !== undefined) return output.block(curl);
  for (const [name, value] of shown) output.line(`${name}: ${value}`);
  if (parts.url !== undefined) output.note(`note: send it to ${parts.url}`);
  if (parts.body !== undefined) output.note("note: the signature stands in the body; --json has that body");
}

/** Where curl sends it, with the query that signing may have completed. */
function urlToSend(target: string, signedUrl: string | undefined): string {
  const query = signedUrl === undefined ? "" : new URL(signedUrl).search;
  return query === "" ? target : `${target.split("?", 1)[0] ?? target}${query}`;
}
