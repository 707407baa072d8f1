import { redactUrl } from "../events/redact.js";
import type { Backlog } from "../store/store.js";
import { counted } from "./quantity.js";

/**
 * What waits for a target, in a sentence, and what to do about it when nobody delivers it. `project`: the one that the user is
 * in; another one is named.
 */
export function backlogLine({ target, events, served, ...backlog }: Backlog, project: string): string {
  const url = redactUrl(target);
  const where = backlog.project === project ? "" : ` in ${backlog.project}`;
  const [verb, them] = events === 1 ? ["waits", "it"] : ["wait", "them"];
  const waiting = `${counted(events, "event")}${where} ${verb} for ${url}`;
  return served ? waiting : `${waiting}, which no running listen serves: hookcli listen ${url} delivers ${them}`;
}
