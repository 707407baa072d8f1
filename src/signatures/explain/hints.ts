import { headerValue } from "../../events/headers.js";
import { counted } from "../problems.js";
import type { Scheme } from "../scheme.js";
import { latin1 } from "./body.js";
import { signatureHeaderNames, type Subject } from "./subject.js";

interface KnownPrefix {
  readonly prefix: RegExp;
  readonly what: string;
}

/** Credentials that are taken for signing secrets. Each begins with something that only it begins with. */
const NOT_SECRETS: readonly KnownPrefix[] = [
  { prefix: /^sk_(?:live|test)_/, what: "a Stripe API key (sk_...)" },
  { prefix: /^rk_(?:live|test)_/, what: "a restricted Stripe API key (rk_...)" },
  { prefix: /^pk_(?:live|test)_/, what: "a publishable Stripe key (pk_...)" },
  { prefix: /^gh[pousr]_|^github_pat_/, what: "a GitHub access token" },
  { prefix: /^xox[abceprs]-|^xapp-/, what: "a Slack token (xox...)" },
  { prefix: /^shp(?:at|ca|pa|ua|tka)_/, what: "a Shopify access token" },
  { prefix: /^SG\./, what: "a SendGrid API key (SG....)" },
  { prefix: /^AC[0-9a-f]{32}$/, what: "a Twilio account SID (AC...)" },
  { prefix: /^SK[0-9a-f]{32}$/, what: "a Twilio API key SID (SK...)" },
  { prefix: /^key-[0-9a-f]{32}$/, what: "a Mailgun API key (key-...)" },
  { prefix: /^glpat-/, what: "a GitLab access token (glpat-...)" },
  { prefix: /^-----BEGIN /, what: "a key or certificate in PEM" },
];

/** Signing secrets that tell whose they are. */
const OTHERS_SECRETS: readonly (KnownPrefix & { readonly schemes: RegExp })[] = [
  { prefix: /^shpss_/, what: "the secret of a Shopify app (shpss_...)", schemes: /^shopify/ },
  { prefix: /^pdl_ntfset_/, what: "a secret of Paddle (pdl_ntfset_...)", schemes: /^paddle/ },
];

/** What a secret looks like, when it looks like another kind of credential. Never quotes more than a public prefix. */
export function secretLooksLike(secret: Uint8Array): string | undefined {
  const text = textOf(secret);
  return NOT_SECRETS.find(({ prefix }) => prefix.test(text))?.what;
}

/** What stands out in the secrets, when none of them is right. */
export function secretHints({ scheme, secrets }: Subject): string[] {
  return secrets.flatMap((secret, index) => {
    const name = `secret ${index + 1}`;
    const looks = secretLooksLike(secret);
    if (looks !== undefined) return [`${name} looks like ${looks}, which signs no webhooks`];
    const text = textOf(secret);
    const foreign = OTHERS_SECRETS.find(({ prefix, schemes }) => prefix.test(text) && !schemes.test(scheme.name));
    if (foreign !== undefined) return [`${name} looks like ${foreign.what}, and this is ${scheme.name}`];
    return endpointHints(name, text, scheme);
  });
}

const PREFIX = "whsec_";

/** Stripe's and Standard Webhooks' secrets: cut off, or of another endpoint. */
function endpointHints(name: string, text: string, scheme: Scheme): string[] {
  const isStripe = scheme.name.startsWith("stripe");
  const isPrefixed = scheme.secret.kind === "prefixedBase64" && scheme.secret.prefix === PREFIX;
  if (!text.startsWith(PREFIX) || !(isStripe || isPrefixed)) return [];
  const rest = text.slice(PREFIX.length);
  if (rest.length < 32)
    return [`${name} has ${counted(rest.length, "character")} after whsec_, fewer than usual: is it whole?`];
  if (isStripe && /^[0-9a-f]{64}$/.test(rest)) {
    return [
      `${name} is written as those that stripe listen prints: events of an endpoint in the dashboard are signed with that endpoint's own`,
    ];
  }
  return [];
}

/** What stands out in the body. */
export function bodyHints({ request }: Subject): string[] {
  const { body } = request;
  const hints: string[] = [];
  if (Buffer.from(body.buffer, body.byteOffset, body.length).includes("\ufffd")) {
    hints.push("the body has U+FFFD in it: bytes were lost when it was decoded as text");
  }
  const text = latin1(body.subarray(0, 64)).trim();
  if (text === "[object Object]")
    hints.push("the body is the text [object Object]: a parsed body was turned into text");
  if (text.startsWith("<Buffer "))
    hints.push("the body is the text that Node.js prints of a Buffer: pass the Buffer itself");
  return hints;
}

/** A signature's header that is not there, and that many proxies drop. */
export function headerHints({ scheme, request }: Subject): string[] {
  const names = [...signatureHeaderNames(scheme)];
  const isThere = names.some((name) => headerValue(request.headers, name) !== undefined);
  const odd = names.find((name) => name.includes("_"));
  return isThere || odd === undefined
    ? []
    : [
        `proxies drop headers with _ in their names, such as ${odd}: nginx passes them on with underscores_in_headers on`,
      ];
}

/** Where the provider's own library judges the time in another way, and what a time so far off looks like. */
export function timeHints({ timestamp, label }: Scheme, ageSeconds: number): string[] {
  if (timestamp === undefined) return [];
  if (ageSeconds < 0 && !timestamp.providerRefusesFuture) {
    return [`the provider's own ${label} library takes timestamps in the future; hookcli does not`];
  }
  const hours = Math.round(ageSeconds / 3600);
  if (hours !== 0 && Math.abs(hours) <= 14 && Math.abs(ageSeconds - hours * 3600) < 120) {
    return [`the timestamp is off by ${Math.abs(hours)} h almost exactly: a time zone was added or left out`];
  }
  return [];
}

function textOf(secret: Uint8Array): string {
  return Buffer.from(secret).toString("utf8").trim();
}
