import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const rootDir = resolve(fileURLToPath(import.meta.url), "../../..");

/**
 * The folder of the large test corpora (JSONTestSuite, Wycheproof, naughty strings ...). They are not part of the project;
 * `HOOKCLI_TEST_DATA` names the folder. Tests that need them say in their name that they were skipped without it.
 */
export const dataRoot = resolve(rootDir, process.env["HOOKCLI_TEST_DATA"] ?? "../shared/data");
export const hasData = existsSync(dataRoot);

/** Path of a file or folder in the corpora. */
export function dataPath(...parts: string[]): string {
  return join(dataRoot, ...parts);
}
