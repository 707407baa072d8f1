import type { Output } from "../../output/output.js";
import { printPart, printRows, type Row } from "./page.js";

/** How one event, or some in a row, are named. */
export const NAME_FORMS: readonly Row[] = [
  ["12", "the event with this number"],
  ["evt_...", "the event with this id, or with an id that begins so (8 characters and more)"],
  ["last", "the newest"],
  ["last~2", "the newest but two"],
  ["3..7", "numbers 3 to 7"],
];

/** Filters; they hold all together. */
export const FILTER_FORMS: readonly Row[] = [
  ["--type 'invoice.*'", "events of a type; * stands for any text"],
  ["--provider stripe", "events of a provider"],
  ["--status 5xx", "the last answer's status: 404, 5xx"],
  ["--state failed", "refused, stored, pending, delivered, failed or dead"],
  ["--signature invalid", "valid, invalid, unchecked or not_checkable"],
  ["--source tunnel", "tunnel, local, send, replay or import"],
  ["--since 2h", "received in the last 500ms, 30s, 10m, 2h, 3d, or since 18:01, today, yesterday or a date"],
  ["--until 2025-03-01", "received until then, in the same forms; 2h: until so long ago"],
  ["--grep text", "text in headers or in a text body, in any case; three characters and more"],
  ["--all-projects", "events of all projects, not of this one alone"],
];

const NOTES = [
  "--type, --provider, --status, --state, --signature and --source take several: --state failed,dead, or each once more.",
  "18:01 (or 18:01:45, as lists show it) is of today, or of yesterday if it is still to come; a day is where it begins.",
  "What the words of --signature mean: hookcli help signatures.",
  "Names and filters hold together: 3..7 --status 5xx is what failed of these.",
  "Events belong to a project: the folder of its config file, else the git root, else the working directory.",
];

/** `hookcli help selectors`. */
export function printSelectors(output: Output): void {
  printPart(output, "An event is named by", []);
  printRows(output, NAME_FORMS, "  ");
  output.line("");
  printPart(output, "Filters", []);
  printRows(output, FILTER_FORMS, "  ");
  output.line("");
  printPart(output, "Together", NOTES);
  const rows = (kind: string, forms: readonly Row[]) => forms.map(([form, meaning]) => ({ kind, form, meaning }));
  output.record([...rows("name", NAME_FORMS), ...rows("filter", FILTER_FORMS)]);
}
