import type { Answer, AnswerKeeper } from "./answer.js";
import type { Sweep } from "./sweep.js";

/** What is open on one connection. */
export class Connection implements AnswerKeeper {
  /** Nothing more is taken from it: it is closed after the answers that are open. */
  doomed = false;
  /** Carries one request more, then it is doomed. */
  lastRequest = false;
  readonly sweep: Sweep;
  readonly lastOne: () => boolean;
  readonly #answers: Answer[] = [];
  readonly #onClosed: () => void;

  constructor(options: { sweep: Sweep; closing: () => boolean; onClosed: () => void }) {
    this.sweep = options.sweep;
    this.lastOne = () => this.doomed || options.closing();
    this.#onClosed = options.onClosed;
  }

  /** True while a request's body is being read. */
  get isReading(): boolean {
    return this.#answers.some((answer) => !answer.requestWhole);
  }

  /** True while the answer to a request that was wholly read is still to come. */
  get owesAnswer(): boolean {
    return this.#answers.some((answer) => answer.requestWhole);
  }

  opened(answer: Answer): void {
    this.#answers.push(answer);
  }

  closed(answer: Answer): void {
    const last = this.#answers.pop();
    if (last !== undefined && last !== answer) this.#answers[this.#answers.indexOf(answer)] = last;
    this.#onClosed();
  }

  /** The socket has closed. node:http tells only the answer whose turn it is, not those queued behind it. */
  close(): void {
    for (const answer of this.#answers.slice()) answer.close();
  }
}
