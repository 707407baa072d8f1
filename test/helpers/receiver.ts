import { createReceiver } from "../../src/receive/create.js";
import type { ReceivedRequest, Receiver, ReceiverOptions, Responder } from "../../src/receive/receiver.js";

/** What {@link ReceiverOptions.onRefused} is told. */
export type Refused = Parameters<NonNullable<ReceiverOptions["onRefused"]>>[0];

/** A receiver under test, with what it handed over. */
export interface TestReceiver {
  readonly receiver: Receiver;
  readonly requests: ReceivedRequest[];
  readonly refused: Refused[];
}

/** Answers 200 with a JSON body, as an app would. */
export function answerOk(_request: ReceivedRequest, answer: Responder): Promise<void> {
  answer.writeHead(200, "OK", [["Content-Length", "2"]]);
  void answer.write(Buffer.from("ok"));
  answer.end();
  return Promise.resolve();
}

/** Opens a receiver on free ports; close it with `receiver.close(0)`. */
export async function openReceiver(options: Partial<ReceiverOptions> = {}): Promise<TestReceiver> {
  const requests: ReceivedRequest[] = [];
  const refused: Refused[] = [];
  const { onRequest = answerOk } = options;
  const receiver = await createReceiver({
    port: 0,
    maxBodyBytes: 25 * 1024 * 1024,
    maxInFlightBytes: 256 * 1024 * 1024,
    trustedProxies: [],
    now: () => 1_700_000_000_000,
    onUpgrade: ({ socket }) => Promise.resolve(void socket.destroy()),
    onRefused: (one) => refused.push(one),
    ...options,
    onRequest(request, answer) {
      requests.push(request);
      return onRequest(request, answer);
    },
  });
  return { receiver, requests, refused };
}
