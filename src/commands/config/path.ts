import { existsSync } from "node:fs";
import { configPlaces } from "../../config/places.js";
import { EXIT } from "../../errors.js";
import { bold, dim } from "../../output/style.js";
import type { CommandDefinition, Invocation } from "../command.js";

/** `hookcli config path`. */
export const path: CommandDefinition = {
  examples: [
    { line: "hookcli config path", about: "the files, the one that counts most first" },
    { line: "hookcli config path --json", about: "the same for a program" },
  ],
  run: runPath,
};

async function runPath({ context, global, output }: Invocation<unknown>): Promise<number> {
  const places = configPlaces(context, global.config).map(({ scope, path: file, namedBy }) => ({
    scope,
    path: file,
    exists: existsSync(file),
    ...(namedBy === undefined ? {} : { namedBy }),
  }));
  for (const place of places) {
    const remark = [place.exists ? [] : ["not there"], place.namedBy ?? []].flat().join(", ");
    output.line([bold(place.scope.padEnd(9)), place.path, remark === "" ? "" : dim(`  ${remark}`)]);
  }
  output.record(places);
  return EXIT.done;
}
