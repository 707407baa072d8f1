import type { HeaderList } from "../events/headers.js";
import { namedByConnection } from "./request-head.js";

const CONNECTION = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** The headers that undici hands over (raw, name and value in turn), as latin1 pairs. */
export function answerHeaders(raw: readonly (Buffer | string)[]): HeaderList {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([latin1(raw[index]), latin1(raw[index + 1])]);
  return pairs;
}

/** What of the app's headers goes on to the sender: all but those of the app's own connection. */
export function passedOn(headers: HeaderList): HeaderList {
  const named = namedByConnection(headers);
  return headers.filter(([name]) => {
    const key = name.toLowerCase();
    return !CONNECTION.has(key) && !named?.has(key);
  });
}

function latin1(value: Buffer | string | undefined): string {
  return typeof value === "string" ? value : (value?.toString("latin1") ?? "");
}
