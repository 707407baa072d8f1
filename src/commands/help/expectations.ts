import { FIELD_FORMS } from "../../events/expectation-fields.js";
import type { Output } from "../../output/output.js";
import { printPart, printRows, type Row } from "./page.js";

const FORMS: readonly Row[] = [
  ["type=message.created", "FIELD=VALUE; in a value * stands for any text and ? for one character"],
  ["type=a,b.*", "one of several; not in id, path, header and body, where a comma is a comma"],
  ["status=2xx", "a class of statuses"],
  ["body.amount=100..200", "a number in a range; 100.. and ..200 too"],
  ['body.text="a and *"', "in double quotes, as in JSON: exactly this text"],
  ["type=a and status=2xx", "all of it, of one and the same event"],
  ["3x type=a", "of three events at least; count=3 for any three"],
];

const NOTES = [
  "listen --expect looks at an event whenever an answer to it is known, and ends with 0 when all expectations are met.",
  "Several --expect are met by one event or by several. --wait 30s limits it: exit code 3, and what came instead.",
  "An event that was refused meets only one that asks for state, reason or signature.",
  "send and replay --expect judge the answer: its fields alone, a bare 2xx is status=2xx, and all must hold.",
];

/** `hookcli help expectations`. */
export function printExpectations(output: Output): void {
  printPart(output, "An expectation is", []);
  printRows(output, FORMS, "  ");
  output.line("");
  printPart(output, "Fields", []);
  printRows(
    output,
    FIELD_FORMS.map(({ name, about }) => [name, about]),
    "  ",
  );
  output.line("");
  printPart(output, "Judged", NOTES);
  output.record({ forms: FORMS.map(([form, about]) => ({ form, about })), fields: FIELD_FORMS });
}
