import { EXIT } from "../../errors.js";
import { bold, dim } from "../../output/style.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { originText, readSettings, valueText } from "./settings.js";

/** `hookcli config list`. */
export const list: CommandDefinition = {
  examples: [
    { line: "hookcli config list", about: "each value, and where it came from" },
    { line: "HOOKCLI_TARGET=3000 hookcli config list", about: "a variable goes before the files" },
  ],
  run: runList,
};

/** How much of a definition a row shows, characters. */
const SHOWN_LENGTH = 60;

function shortText(value: unknown): string {
  const text = valueText(value);
  const isLong = typeof value === "object" && !Array.isArray(value) && text.length > SHOWN_LENGTH;
  return isLong ? `${text.slice(0, SHOWN_LENGTH)}...` : text;
}

async function runList({ context, global, output }: Invocation<unknown>): Promise<number> {
  const settings = await readSettings({ context, global });
  const rows = settings.map(
    ({ key, value, origin }) => [key, shortText(value), originText(origin, context.cwd)] as const,
  );
  const [keys, values] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const [key, value, origin] of rows) {
    output.line([bold(key.padEnd(keys ?? 0)), `  ${value.padEnd(values ?? 0)}  `, dim(origin)]);
  }
  output.record(settings);
  return EXIT.done;
}
