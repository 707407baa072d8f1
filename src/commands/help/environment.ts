import { ENVIRONMENT_TABLE } from "../../config/keys.js";
import type { Output } from "../../output/output.js";
import { printPart, printRows } from "./page.js";

/** The variables that `listen` writes for programs that it starts; the first two also go into `--write-env`. */
export const WRITTEN_TABLE: readonly { readonly name: string; readonly about: string }[] = [
  { name: "HOOKCLI_URL", about: "the public URL, or the local one where there is none" },
  { name: "HOOKCLI_LOCAL_URL", about: "the local URL" },
  { name: "HOOKCLI_EVENT_ID", about: "--exec: the event's id" },
  { name: "HOOKCLI_EVENT_SEQ", about: "--exec: its number" },
  { name: "HOOKCLI_EVENT_TYPE", about: "--exec: its type; empty when it is not known, as all that follow" },
  { name: "HOOKCLI_EVENT_PROVIDER", about: "--exec: its provider" },
  { name: "HOOKCLI_EVENT_PROVIDER_ID", about: "--exec: the provider's id of it" },
  { name: "HOOKCLI_EVENT_METHOD", about: "--exec: the request's method" },
  { name: "HOOKCLI_EVENT_PATH", about: "--exec: the request's path and query, raw" },
  { name: "HOOKCLI_EVENT_SOURCE", about: "--exec: tunnel or local" },
  { name: "HOOKCLI_EVENT_SIGNATURE", about: "--exec: valid, invalid, unchecked or not_checkable" },
  { name: "HOOKCLI_EVENT_DUPLICATE_OF", about: "--exec: the id of the event that this one repeats" },
];

/** `hookcli help environment`. */
export function printEnvironment(output: Output): void {
  printRows(
    output,
    ENVIRONMENT_TABLE.map(({ name, about }) => [name, about]),
  );
  output.line("");
  printPart(output, "Written by listen, for the command after --, --on-url and --exec", []);
  printRows(
    output,
    WRITTEN_TABLE.map(({ name, about }) => [name, about]),
    "  ",
  );
  output.record([...ENVIRONMENT_TABLE, ...WRITTEN_TABLE.map((row) => ({ ...row, written: true }))]);
}
