import { curlScript, type CurlOptions } from "./curl.js";
import type { HookEvent } from "./event.js";

/** The first lines of a script of curl commands. A credential that is not set ends it. */
export const CURL_HEAD = "#!/bin/sh\nset -u\n";

/** Where an event is sent: the whole URL, and the request target. */
export interface CurlPlace {
  readonly url: string;
  readonly path: string;
}

/** An event as a part of a script for a POSIX shell: a comment, and the command that sends its bytes to `place`. */
export function curlEntry(event: HookEvent, place: CurlPlace, options: CurlOptions): string {
  const { method, headers, body } = event;
  const { command, variables } = curlScript({ method, ...place, headers, body }, options);
  // zsh runs a comment that is pasted as a command: only harmless characters are in it.
  const type = (event.eventType ?? "").slice(0, 200).replaceAll(/[^A-Za-z0-9._:/-]/g, "_");
  const words = [`#${event.seq}`, event.id, type].filter((word) => word !== "");
  const needs = variables.length === 0 ? "" : `# needs ${variables.join(" ")}\n`;
  return `\n# ${words.join(" ")}\n${needs}${command}\n`;
}
