import type { Sandbox } from "../../helpers/program.js";
import { startHookcli } from "./hookcli.js";
import { startLocaltunnel } from "./localtunnel.js";
import { startSmee } from "./smee.js";

/** A client that brings webhooks to an app on this computer, under test, with the service that it talks to. */
export interface RunningSystem {
  /** Where senders post. */
  readonly url: string;
  /** What senders must say besides, such as the Host of a public name. */
  readonly headers: Record<string, string>;
  /** kill -9 of the client; its service lives on. */
  kill(): Promise<void>;
  /** Starts the client again after {@link kill}; resolves to the milliseconds until it was ready. */
  restart(): Promise<number>;
  /** Ids and body hashes of what it has on disk; nothing for a client that keeps nothing. */
  stored(): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

/** Starts a system before the app on `port`. `words`: further options of `hookcli listen`. */
export type StartSystem = (parts: {
  readonly sandbox: Sandbox;
  readonly port: number;
  readonly words?: readonly string[];
}) => Promise<RunningSystem>;

/** The systems compared, by the name that the table has for them. */
export const SYSTEMS: Readonly<Record<string, StartSystem>> = {
  "hookcli listen": startHookcli,
  "smee-client 5.0.0": startSmee,
  "localtunnel 2.0.2": startLocaltunnel,
};
