import { curlCommand, type CurlOptions } from "./curl.js";
import type { HookEvent } from "./event.js";

/** The first lines of a script of curl commands. A credential that is not set ends it. */
export const CURL_HEAD = "#!/bin/sh\nset -u\n";

/** An event as a part of a script for a POSIX shell: a comment, and the command that sends its bytes to `url`. */
export function curlEntry(event: HookEvent, url: string, options: CurlOptions): string {
  const { method, headers, body } = event;
  const type = (event.eventType ?? "").replaceAll(/[^\x20-\x7e]/g, "?");
  const words = [`#${event.seq}`, event.id, type].filter((word) => word !== "");
  return `\n# ${words.join(" ")}\n${curlCommand({ method, url, headers, body }, options)}\n`;
}
