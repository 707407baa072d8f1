import type { HookEvent } from "../events/event.js";
import { eventToJson, type EventJson } from "../events/event-json.js";
import { headerValue } from "../events/headers.js";

/** What a {@link ListenerEvent} gives besides the public event object. None of it is printed by `JSON.stringify`. */
export interface EventReading {
  /** The exact body bytes. */
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /** The body as a JSON value. Throws SyntaxError when it is none. */
  json(): unknown;
  /** The first value of a header, its name in any case. */
  header(name: string): string | undefined;
}

/**
 * An event as the listener got it: the same object that `hookcli events show --json` prints, with its body at hand. `seq`
 * counts from 1 for each listener, `project` is the working directory.
 */
export type ListenerEvent = EventJson & EventReading;

/** Makes the public object of an event. */
export function listenerEvent(event: HookEvent): ListenerEvent {
  return Object.freeze(Object.assign(new ReceivedEvent(event), eventToJson(event)));
}

/** Getters and methods of a prototype: comparing an event, or printing it as JSON, sees the public object alone. */
class ReceivedEvent implements EventReading {
  readonly #event: HookEvent;

  constructor(event: HookEvent) {
    this.#event = event;
  }

  get body(): Uint8Array {
    return this.#event.body;
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.#event.body;
    return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
  }

  json(): unknown {
    return JSON.parse(this.text()) as unknown;
  }

  header(name: string): string | undefined {
    return headerValue(this.#event.headers, name);
  }
}
