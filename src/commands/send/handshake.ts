import type { Delivery } from "../../deliver/deliverer.js";
import { CliError, EXIT } from "../../errors.js";
import { fillPlaceholders, type FillSource } from "../../fixtures/placeholders.js";
import { providerNamed, type Provider } from "../../providers/index.js";
import type { Exchange, Sent, Value } from "../../providers/handshake.js";
import {
  isNever,
  rightAnswer,
  usesSecret,
  valueText,
  type MadeAnswer,
  type Missing,
} from "../../providers/handshake-answer.js";
import { judgeAnswer, judgeRefusal } from "../../providers/handshake-judge.js";
import { handshakes } from "../../providers/handshakes.js";
import type { Settings } from "../../signatures/request.js";
import type { Judgement } from "../delivery/judgement.js";
import type { SendOptions } from "../send.js";
import { knownCredentials, missingSecret } from "../verify/credentials.js";
import type { Surroundings } from "../verify/input.js";
import { settingsOf } from "../verify/settings.js";
import type { Composed } from "./compose.js";
import { fixtureSource, textSource, type Source } from "./source.js";

/** A handshake to be sent: what, how, and how an answer to it is judged. */
export interface SentHandshake {
  readonly source: Source;
  /** The command line, with what the provider does in this case. */
  readonly options: SendOptions;
  /** Makes the judge of the answers to a request. Throws CliError 2 where what it takes is not known. */
  readonly judge: (composed: Composed, endpoint: string) => Promise<HandshakeJudge>;
}

export type HandshakeJudge = (delivery: Delivery) => Judgement;

/** Reads `slack/handshake`, or another request of a provider's set-up. Throws CliError 2 for one that is not known. */
export async function handshakeSource(
  reference: string,
  options: SendOptions,
  around: Surroundings,
): Promise<SentHandshake> {
  if (options.data !== undefined) throw new CliError("a handshake and --data exclude each other");
  const [folder = "", name = ""] = reference.split("/");
  const provider = providerNamed(folder, around.config.ownProviders);
  const { exchange, sent } = findSent(provider, name);
  const settings = await settingsOf(options, around);
  const filled = { nowMs: around.context.now(), random: around.context.random, env: around.context.env, seq: 1 };
  const isWronged = options.tamper !== undefined || options.unsigned === true || options.stale !== undefined;
  const given = givenOptions(options, { exchange, sent, fill: filled });
  return {
    source: {
      ...(await bodySource(provider, sent, { options: given, around })),
      name: reference,
      path: pathOf(sent, { provider, settings, fill: filled }),
      isBare: sent.body === undefined && sent.contentType === undefined,
    },
    options: given,
    judge: async (composed, endpoint) => {
      if (sent.isWrong === true || isWronged)
        return (delivery) => judged(delivery, (answer) => judgeRefusal(exchange, answer));
      const right = await answerTo({ exchange, provider, settings }, { composed, endpoint, options, around });
      return (delivery) =>
        judged(delivery, (answer) => judgeAnswer(exchange, { right, given: answer, title: provider.title }));
    },
  };
}

function findSent(provider: Provider, name: string): { exchange: Exchange; sent: Sent } {
  const { exchanges = [] } = provider.handshake === undefined ? {} : handshakes[provider.handshake];
  const all = exchanges.flatMap((exchange) => exchange.sent.map((sent) => ({ exchange, sent })));
  const found = all.find(({ sent }) => sent.name === name);
  if (found !== undefined) return found;
  if (all.length === 0) throw new CliError(`${provider.title} has no handshake`);
  const known = all.map(({ sent }) => `${provider.name}/${sent.name}`).join(", ");
  throw new CliError(`${provider.title} has no ${name}`, { hint: `it has ${known}` });
}

/** The command line as if it had said what the provider does. What it says itself goes before that. */
function givenOptions(
  options: SendOptions,
  { exchange, sent, fill }: { exchange: Exchange; sent: Sent; fill: FillSource },
): SendOptions {
  const { headers = [], isSigned, isWrong } = sent;
  return {
    ...options,
    method: exchange.told.method,
    header: [...headers.map(([name, value]) => [name, filledText(value, fill)] as const), ...options.header],
    ...(isSigned === true ? {} : { unsigned: true }),
    ...(isSigned === true && isWrong === true ? { tamper: "signature" as const } : {}),
    ...(sent.contentType === undefined ? {} : { contentType: sent.contentType }),
  };
}

function bodySource(
  provider: Provider,
  { body, eventType }: Sent,
  { options, around }: { options: SendOptions; around: Surroundings },
): Promise<Source> {
  if (body !== undefined && "fixture" in body)
    return fixtureSource(`${provider.name}/${body.fixture}`, options, around);
  if (body !== undefined && "json" in body)
    return textSource({ provider, name: "", event: eventType, text: JSON.stringify(body.json) }, options, around);
  const bytes = Buffer.from(body?.text ?? "");
  return Promise.resolve({ provider, name: "", eventType, body: bytes, contentType: options.contentType });
}

function pathOf(
  { query = [] }: Sent,
  { provider, settings, fill }: { provider: Provider; settings: Settings; fill: FillSource },
): string {
  const missing: Missing[] = [];
  const facts = { request: EMPTY, endpoint: undefined, secret: undefined, settings };
  const text = (value: string | Value) =>
    typeof value === "string" ? filledText(value, fill) : valueText(value, facts, missing);
  const pairs = query.map(([name, value]) => `${name}=${encodeURIComponent(text(value))}`);
  if (missing[0] !== undefined) throw lacking(missing[0], provider);
  return pairs.length === 0 ? "/" : `/?${pairs.join("&")}`;
}

const EMPTY = { method: "GET", path: "/", headers: [], body: new Uint8Array() };

function filledText(text: string, fill: FillSource): string {
  return String(JSON.parse(fillPlaceholders(JSON.stringify(text), fill)));
}

/** The answer that we would give. */
async function answerTo(
  { exchange, provider, settings }: { exchange: Exchange; provider: Provider; settings: Settings },
  by: { composed: Composed; endpoint: string; options: SendOptions; around: Surroundings },
): Promise<MadeAnswer> {
  const { composed, endpoint, options, around } = by;
  if (isNever(exchange.answer)) return { status: 200, headers: [], body: new Uint8Array() };
  const secret = usesSecret(exchange)
    ? (composed.signer?.secret ?? (await knownCredentials(options, provider.name, around)).secrets[0])
    : undefined;
  const right = rightAnswer(exchange, { request: composed.request, endpoint, secret, settings }, true);
  if (right.kind === "answer") return right.answer;
  const [missing = { of: "secret" as const }] = right.kind === "missing" ? right.what : [];
  throw lacking(missing, provider, around);
}

function lacking(missing: Missing, provider: Provider, around?: Surroundings): CliError {
  if (missing.of !== "setting")
    return missingSecret(provider.name, { ownProviders: around?.config.ownProviders ?? [] });
  return new CliError(`the handshake of ${provider.title} needs ${missing.name}`, {
    hint: `pass what you gave there: --setting ${missing.name}=...`,
  });
}

type Given = Parameters<typeof judgeAnswer>[1]["given"];

/** An answer that did not come is judged as that of any event. */
function judged(delivery: Delivery, verdict: (given: Given) => ReturnType<typeof judgeAnswer>): Judgement {
  const { status, headers, body, durationMs } = delivery;
  const { accepted, reason } = verdict({ status: status ?? 0, headers, body, durationMs });
  return { accepted, exitCode: accepted ? EXIT.done : EXIT.no, remark: reason };
}
