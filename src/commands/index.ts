import type { CommandDefinition } from "./command.js";
import { demo } from "./demo.js";
import { events } from "./events.js";
import { listen } from "./listen.js";
import { replay } from "./replay.js";
import { send } from "./send.js";
import { sign } from "./sign.js";
import { verify } from "./verify.js";

/** Every command, in the order of `hookcli --help`. */
export const commands: readonly CommandDefinition[] = [listen, send, replay, verify, sign, events, demo];
