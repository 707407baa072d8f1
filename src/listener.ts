/**
 * The library for test suites: `import { createListener } from "hookcli/listener"`.
 *
 * A listener is a receiver on loopback that keeps what arrives in memory: no file, no native module, no process handler, and
 * nothing left running after `close()`.
 */
export { CliError } from "./errors.js";
export type { EventState } from "./events/event.js";
export type { EventJson } from "./events/event-json.js";
export type { HeaderList } from "./events/headers.js";
export type { HeadersInput } from "./events/headers-input.js";
export { createListener } from "./listener/create.js";
export type { ListenerEvent } from "./listener/event.js";
export {
  WaitError,
  type Listener,
  type ListenerOptions,
  type RespondOptions,
  type WaitOptions,
} from "./listener/listener.js";
export { OptionsError } from "./listener/options.js";
export type { AnswerInput, AnswerOf } from "./listener/answer.js";
export type { EventMatch, EventPredicate, MatchInput } from "./listener/match.js";
