import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { rootDir } from "./data.js";

/** Before any test: the bundle that tests start is the one of these sources. */
export default function setup(): void {
  execFileSync(process.execPath, [join(rootDir, "esbuild.config.js")], { cwd: rootDir, stdio: "inherit" });
}
