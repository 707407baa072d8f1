import { dirname, join } from "node:path";
import { CliError, EXIT } from "../../errors.js";
import { FETCH_LIMIT_BYTES, FETCH_MS, fetchKeys, type FetchTools } from "../../keys/fetch-keys.js";
import { openKeyCache } from "../../keys/cache.js";
import type { Provider } from "../../providers/provider.js";
import { createDialer } from "../../proxies/dialer.js";
import { requestedKeyId } from "../../signatures/trusted-keys.js";
import type { Key } from "../../signatures/key.js";
import type { SignedRequest } from "../../signatures/request.js";
import type { Scheme } from "../../signatures/scheme.js";
import type { InvalidVerdict } from "../../signatures/verdict.js";
import { httpGet } from "../../tunnel/http-get.js";
import type { Surroundings } from "./input.js";

/** What `--allow-fetch` is asked for. */
export interface FetchQuestion {
  readonly provider: Provider;
  readonly scheme: Scheme;
  readonly request: SignedRequest;
}

/**
 * The keys of a request from where the provider publishes them; a verdict when the request names another place.
 *
 * @throws CliError (2) for a provider that publishes none, (4) when they cannot be had
 */
export async function fetchedKeys(
  { provider, scheme, request }: FetchQuestion,
  around: Surroundings,
): Promise<readonly Key[] | InvalidVerdict> {
  const { keySource } = provider;
  if (keySource === undefined)
    throw new CliError(`--allow-fetch: ${provider.title} publishes no keys that could be fetched`, {
      hint: provider.secretPlace === undefined ? undefined : `what it takes: ${provider.secretPlace}`,
    });
  try {
    const tools = await toolsOf(around);
    const found = await fetchKeys(keySource, request, { tools, keyId: requestedKeyId(scheme, request) });
    if ("untrusted" in found) return notTrusted(scheme, found.untrusted);
    around.output.note(`the keys are those of ${found.url}${found.fromCache ? " (fetched before)" : ""}`);
    return found.keys;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`cannot get the keys of ${provider.title}: ${reason}`, {
      exitCode: EXIT.unreachable,
      hint: "get them another way, and pass --key @file or --cert @file",
      cause: error,
    });
  }
}

async function toolsOf({ context, config }: Surroundings): Promise<FetchTools> {
  const dialer = await createDialer(context.env);
  const limits = { timeoutMs: FETCH_MS, limitBytes: FETCH_LIMIT_BYTES, signal: context.signal, dialer };
  return {
    get: async (url) => {
      const { status, headers, body } = await httpGet(url, limits);
      return { status, cacheControl: headers["cache-control"], body };
    },
    cache: openKeyCache(join(dirname(config.dbPath), "keys")),
    now: context.now(),
  };
}

function notTrusted({ name: scheme, label }: Scheme, message: string): InvalidVerdict {
  const unread = {
    timestamp: null,
    ageSeconds: null,
    timestampChecked: false,
    secretIndex: null,
    signatureIndex: null,
  };
  return { valid: false, reason: "key_not_trusted", message, scheme, label, ...unread };
}
