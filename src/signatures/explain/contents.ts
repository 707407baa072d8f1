import { isFormType, headerValue } from "../../events/headers.js";
import { signsUrl } from "../content.js";
import type { ContentPart } from "../scheme.js";
import { signatureHeaderNames, type Subject } from "./subject.js";
import { timesOf } from "./times.js";
import type { Fault } from "./fault.js";
import { quoted } from "./mask.js";

/** More ids of a request are not tried. */
const MAX_IDS = 6;

const body: ContentPart = { part: "body" };
const timestamp: ContentPart = { part: "timestamp" };
const id: ContentPart = { part: "id" };
const url: ContentPart = { part: "url" };
const method: ContentPart = { part: "method" };
const secret: ContentPart = { part: "secret" };
const literal = (text: string): ContentPart => ({ part: "literal", text });

interface Template {
  readonly parts: readonly ContentPart[];
  readonly about: string;
}

/** What people sign by mistake, the commonest first. */
const MISTAKES: readonly Template[] = [
  { parts: [body], about: "the body alone" },
  { parts: [timestamp, literal("."), body], about: "timestamp.body" },
  { parts: [timestamp, literal(":"), body], about: "timestamp:body" },
  { parts: [timestamp, body], about: "timestamp and body with nothing between" },
  { parts: [body, timestamp], about: "body and timestamp with nothing between" },
  { parts: [body, literal("."), timestamp], about: "body.timestamp" },
  { parts: [timestamp, literal("\n"), body], about: "timestamp and body with a line end between" },
  { parts: [timestamp, literal(","), body], about: "timestamp,body" },
  { parts: [timestamp, literal("|"), body], about: "timestamp|body" },
  { parts: [timestamp, literal("-"), body], about: "timestamp-body" },
  { parts: [timestamp, literal("_"), body], about: "timestamp_body" },
  { parts: [timestamp, literal(" "), body], about: "timestamp and body with a blank between" },
  { parts: [literal("t="), timestamp, literal("."), body], about: "t=timestamp.body" },
  { parts: [literal("t="), timestamp, literal(","), body], about: "t=timestamp,body" },
  { parts: [literal("v0:"), timestamp, literal(":"), body], about: "v0:timestamp:body" },
  { parts: [literal("v1:"), timestamp, literal(":"), body], about: "v1:timestamp:body" },
  { parts: [id, literal("."), timestamp, literal("."), body], about: "id.timestamp.body" },
  { parts: [timestamp, literal("."), id, literal("."), body], about: "timestamp.id.body" },
  { parts: [id, timestamp, body], about: "id, timestamp and body with nothing between" },
  { parts: [id, literal(":"), timestamp, literal(":"), body], about: "id:timestamp:body" },
  { parts: [id, literal("."), body], about: "id.body" },
  { parts: [id, body], about: "id and body with nothing between" },
  { parts: [id, literal("."), timestamp], about: "id.timestamp" },
  { parts: [timestamp], about: "the timestamp alone" },
  { parts: [id], about: "the id alone" },
  { parts: [url, body], about: "URL and body" },
  { parts: [body, url], about: "body and URL" },
  { parts: [method, url, body], about: "method, URL and body" },
  { parts: [method, url, body, timestamp], about: "method, URL, body and timestamp" },
  { parts: [url], about: "the URL alone" },
  { parts: [url, { part: "sortedForm" }], about: "URL and sorted form" },
  { parts: [url, literal("."), body], about: "URL.body" },
  { parts: [{ part: "path" }, body], about: "path and body" },
  { parts: [{ part: "query" }], about: "the query alone" },
  { parts: [{ part: "sortedForm" }], about: "the sorted form" },
  { parts: [{ part: "bodyHash", hash: "sha256", encoding: "hex" }], about: "the SHA-256 of the body in hex" },
  {
    parts: [timestamp, literal("."), { part: "bodyHash", hash: "sha256", encoding: "hex" }],
    about: "timestamp and the SHA-256 of the body",
  },
  { parts: [{ part: "canonicalJson" }], about: "the body's canonical JSON" },
];

/** What providers sign that use no MAC: a plain hash with the secret in it. */
const PLAIN_HASHES: readonly Template[] = [
  { parts: [secret, body], about: "a plain hash of secret and body" },
  { parts: [body, secret], about: "a plain hash of body and secret" },
  { parts: [body], about: "a plain hash of the body, without the secret" },
  { parts: [secret, literal("."), body], about: "a plain hash of secret.body" },
  { parts: [secret, timestamp, body], about: "a plain hash of secret, timestamp and body" },
  { parts: [timestamp, body, secret], about: "a plain hash of timestamp, body and secret" },
];

/** Other content under the same secret: mistakes, then what every other provider signs. */
export function* contentFaults(subject: Subject): Generator<Fault> {
  const { scheme, others } = subject;
  if (scheme.signature.from !== "header" || scheme.algorithm.family === "token" || scheme.algorithm.family === "jwt")
    return;
  const own = keyOf(scheme.content);
  const seen = new Set([own]);
  for (const template of [...MISTAKES, ...others.map(templateOf)]) {
    const key = keyOf(template.parts);
    if (template.parts.length === 0 || seen.has(key) || !fits(template.parts, subject)) continue;
    seen.add(key);
    yield* filled(template, subject);
  }
  if (scheme.algorithm.family !== "hmac") return;
  for (const template of PLAIN_HASHES) yield* filled(template, subject, "hash");
}

/** Of a template with a timestamp or an id that the scheme has none of, every one that the request has. */
function* filled({ parts, about }: Template, subject: Subject, family?: "hash"): Generator<Fault> {
  const { scheme } = subject;
  const has = (name: ContentPart["part"]) => parts.some(({ part }) => part === name);
  const times = has("timestamp") ? choices(scheme.timestamp !== undefined, timesOf(subject)) : [undefined];
  const ids = has("id") ? choices(scheme.id !== undefined, idsOf(subject)) : [undefined];
  for (const time of times) {
    for (const one of ids) {
      const from = [time?.about, one?.about].filter((word) => word !== undefined && word !== "");
      const change = {
        content: parts,
        ...(family === undefined ? {} : { family }),
        ...(time === undefined || time.about === "" ? {} : { timestamp: time.text }),
        ...(one === undefined || one.about === "" ? {} : { id: one.text }),
      };
      yield { dimension: "content", cause: "other_content", about: [about, ...from].join(", where "), change };
    }
  }
}

interface Found {
  readonly text: string;
  /** Empty: the one that the scheme has itself. */
  readonly about: string;
}

function choices(hasOwn: boolean, found: readonly Found[]): readonly Found[] {
  return hasOwn ? [{ text: "", about: "" }, ...found] : found;
}

/** Headers that look like the id of a delivery. */
function idsOf({ scheme, request }: Subject): Found[] {
  const skipped = signatureHeaderNames(scheme);
  const ids = request.headers.filter(
    ([name, value]) =>
      /(?:^|[-_])(?:id|delivery|guid|uuid|nonce|key)$/i.test(name) &&
      value.length <= 200 &&
      !skipped.has(name.toLowerCase()),
  );
  return ids.slice(0, MAX_IDS).map(([name, text]) => ({ text, about: `${quoted(name)} is the id` }));
}

/** Parts whose meaning is another scheme's whole. */
const NEVER_ALONE: ReadonlySet<string> = new Set(["secret", "bodyWithSecretAt", "signedHeaders", "signatureBase"]);

/** What would be signed as empty text is no other content. */
function fits(parts: readonly ContentPart[], { request, scheme, settings }: Subject): boolean {
  const isForm = isFormType(headerValue(request.headers, "content-type"));
  return parts.every((part) => {
    if (part.part === "timestamp") return scheme.timestamp !== undefined || timesOf({ scheme, request }).length > 0;
    if (part.part === "header") return headerValue(request.headers, part.name) !== undefined;
    if (part.part === "setting") return Object.hasOwn(settings, part.name);
    if (
      part.part === "sortedForm" ||
      part.part === "formField" ||
      part.part === "phpForm" ||
      part.part === "formJsonField"
    )
      return isForm;
    if (NEVER_ALONE.has(part.part)) return false;
    return !signsUrl([part]) || request.url !== undefined;
  });
}

function templateOf({ provider, scheme }: Subject["others"][number]): Template {
  return { parts: scheme.content, about: `${contentTitle(scheme.content)}, as ${provider} does` };
}

function keyOf(parts: readonly ContentPart[]): string {
  return JSON.stringify(parts);
}

/** `{timestamp}.{body}` for the parts of a scheme. */
export function contentTitle(parts: readonly ContentPart[]): string {
  return parts.map((part) => (part.part === "literal" ? part.text : `{${part.part}}`)).join("");
}
