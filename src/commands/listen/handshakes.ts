import { secretVariable } from "../../config/secrets.js";
import { CliError } from "../../errors.js";
import { findProvider, type Provider } from "../../providers/index.js";
import type { Missing, RightAnswer } from "../../providers/handshake-answer.js";
import type { ReceivedRequest } from "../../receive/receiver.js";
import type { Settings } from "../../signatures/request.js";
import type { Credentials } from "../verify/credentials.js";
import type { OwnAnswer } from "./flow.js";
import type { EventFacts } from "./gatekeeper.js";

/** What became of a handshake that no app has answered. */
export interface HandshakeOutcome {
  readonly provider: string;
  /** `undefined`: it is answered as any event, for the right answer is not known, or not ours to give. */
  readonly answer: OwnAnswer | undefined;
  /** For the event's line: `handshake answered`. */
  readonly remark: string;
  /** What the user should do. */
  readonly note: string | undefined;
}

/** Answers a handshake for the provider's sake. `isDown`: there is an app, and it cannot be reached. */
export type HandshakeAnswerer = (
  request: ReceivedRequest,
  facts: EventFacts,
  isDown: boolean,
) => Promise<HandshakeOutcome | undefined>;

/** What answers are made with. */
export interface HandshakeParts {
  /** The row that the user named. */
  readonly provider: Provider | undefined;
  /** Rows that the user has defined. */
  readonly own: readonly Provider[];
  readonly settings: Settings;
  readonly credentials: (provider: string) => Promise<Credentials>;
  /** The URLs that the sender may have called, best guess first. */
  readonly urls: (request: ReceivedRequest) => readonly string[];
  /** The user has said how events are answered: that is not changed for those that only want another answer. */
  readonly hasOwnAnswer: boolean;
}

/** Makes the answerer of a listener. The table of handshakes is loaded with the first event that no app has answered. */
export function handshakeAnswerer(parts: HandshakeParts): HandshakeAnswerer {
  return async (request, facts, isDown) => {
    const { findExchange, rightAnswer, textAt, usesSecret } = await import("../../providers/handshake-answer.js");
    const row = facts.provider === null ? parts.provider : findProvider(facts.provider, parts.own);
    const found = findExchange(request, row);
    if (found === undefined) return undefined;
    const { exchange, handshake } = found;
    if (exchange.told.isEvent === true && (isDown || parts.hasOwnAnswer)) return undefined;
    const provider = row?.name ?? handshake.provider;
    const secret = usesSecret(exchange) ? await secretOf(provider, parts) : undefined;
    const right = rightAnswer(
      exchange,
      { request, endpoint: parts.urls(request)[0], secret, settings: parts.settings },
      facts.verdict?.valid,
    );
    const hands = exchange.handsSecret === undefined ? undefined : textAt(request, exchange.handsSecret);
    return { provider, ...outcome(provider, right, hands !== undefined) };
  };
}

/** A secret that cannot be read is one that is not known: what is wrong with it is told by the check of signatures. */
async function secretOf(provider: string, { credentials }: HandshakeParts): Promise<Uint8Array | undefined> {
  try {
    return (await credentials(provider)).secrets[0];
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

function outcome(
  provider: string,
  right: RightAnswer,
  handsSecret: boolean,
): Pick<HandshakeOutcome, "answer" | "remark" | "note"> {
  const variable = secretVariable(provider);
  switch (right.kind) {
    case "answer": {
      const note = `${provider} has sent the secret of its events: hookcli events show last --show-secrets shows it; keep it as ${variable}`;
      return { answer: right.answer, remark: "handshake answered", note: handsSecret ? note : undefined };
    }
    case "refusal":
      return { answer: right.answer, remark: `handshake refused: ${right.why}`, note: undefined };
    case "never":
      return {
        answer: undefined,
        remark: "subscription not confirmed",
        note: `${right.why}; to confirm the subscription, open it yourself: ${right.shown}`,
      };
    case "missing": {
      const what = right.what.map((one) => missingWords(one, variable)).join(", ");
      return {
        answer: undefined,
        remark: "handshake not answered",
        note: `the handshake of ${provider} is not answered: it needs ${what}`,
      };
    }
  }
}

function missingWords(missing: Missing, variable: string): string {
  if (missing.of === "setting") return `--setting ${missing.name}=...`;
  return missing.of === "secret" ? `the secret or key (${variable})` : "the public URL (--public-url)";
}
