import type { Recorded } from "../delivery/record.js";
import { sendCopy, type Message, type SendParts, type Sent } from "./attempts.js";

/** An event whose copies are not all sent. */
interface Open {
  readonly message: Promise<Message>;
  /** Copies that are still to come. */
  left: number;
  /** Settled when the copies that have begun have ended: two of one event never go out at the same time. */
  last: Promise<Recorded | undefined>;
}

/** Sends the copies of events one by one, in any order of events. An event is held until its last copy. */
export class ScatteredCopies {
  private readonly open = new Map<number, Open>();
  private readonly makeMessage: (seq: number) => Promise<Message>;
  private readonly parts: SendParts;

  constructor(makeMessage: (seq: number) => Promise<Message>, parts: SendParts) {
    this.makeMessage = makeMessage;
    this.parts = parts;
  }

  /** The next copy of an event. `sent` is `undefined` when a signal came while it waited for the one before. */
  async send(seq: number): Promise<{ readonly message: Message; readonly sent: Sent | undefined }> {
    const one = this.next(seq);
    const message = await one.message;
    const turn = one.last.then(async (earlier) => {
      const sent = await this.sendAfter(message, earlier);
      return { sent, last: sent?.attempts.at(-1) ?? earlier };
    });
    one.last = turn.then(({ last }) => last);
    // Whoever sends the copy is told of its failure.
    one.last.catch(() => {});
    return { message, sent: (await turn).sent };
  }

  private next(seq: number): Open {
    const one = this.open.get(seq) ?? {
      message: this.makeMessage(seq),
      left: this.parts.options.duplicate,
      last: Promise.resolve(undefined),
    };
    one.left -= 1;
    if (one.left > 0) this.open.set(seq, one);
    else this.open.delete(seq);
    return one;
  }

  private async sendAfter(message: Message, earlier: Recorded | undefined): Promise<Sent | undefined> {
    if (earlier === undefined) return sendCopy(message, earlier, this.parts);
    if (this.parts.ending.stopping.aborted) return undefined;
    return sendCopy(signedNow(message), earlier, this.parts);
  }
}

/** A copy may come long after the one before: its signature is not to be too old by then. */
function signedNow(message: Message): Message {
  const { path, headers, body } = message.again();
  return { ...message, event: { ...message.event, path, headers, body } };
}
