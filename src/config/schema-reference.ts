import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** The file of the JSON Schema inside the package. */
export const SCHEMA_FILE = "docs/hookcli.config.schema.json";

/** What `$schema` says in a config of `folder`: the file of the package that the project has installed, else the published one. */
export function schemaReference(folder: string): string {
  const inPackage = join("node_modules", "hookcli", SCHEMA_FILE);
  for (let around = folder; ; around = dirname(around)) {
    const path = join(around, inPackage);
    if (existsSync(path)) return relativeUrl(relative(folder, path));
    if (dirname(around) === around) return `https://unpkg.com/hookcli/${SCHEMA_FILE}`;
  }
}

function relativeUrl(path: string): string {
  const url = path.split(sep).map(encodeURIComponent).join("/");
  return url.startsWith(".") ? url : `./${url}`;
}
