import type { RetryNote } from "../events/event.js";
import { redactWord } from "../events/redact.js";
import { placeReader, type Describable } from "./places.js";
import type { Provider, RetryMark } from "./provider.js";

/** What hookcli itself sends with every attempt after the first: one that feeds another. */
const OF_HOOKCLI: RetryMark = { at: { in: "header", name: "hookcli-attempt" }, counts: "attempts" };
const MAX_REASON_LENGTH = 64;

/**
 * Whether a request says that its sender has sent it before, by the mark of its provider, else by hookcli's own; a first
 * delivery is `undefined`, and so is a number that is none.
 */
export function retryOf(request: Describable, provider: Provider | undefined): RetryNote | undefined {
  return noteOf(request, provider?.retryMark) ?? noteOf(request, OF_HOOKCLI);
}

function noteOf(request: Describable, mark: RetryMark | undefined): RetryNote | undefined {
  if (mark === undefined) return undefined;
  const read = placeReader(request);
  const text = read(mark.at)?.trim() ?? "";
  const number = Number(text) - (mark.counts === "attempts" ? 1 : 0);
  if (!/^\d{1,6}$/.test(text) || number < 1) return undefined;
  const reason = mark.reason === undefined ? undefined : read(mark.reason)?.trim().slice(0, MAX_REASON_LENGTH);
  return { number, ...(reason === undefined || reason === "" ? {} : { reason: redactWord(reason) ?? reason }) };
}
