import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { rootDir } from "../../helpers/data.js";

const builtDir = join(rootDir, "node_modules/.cache/hookcli");

/** Compiles a C file of this folder; the path of what came of it. */
export function compile(name: string, ...options: readonly string[]): string {
  need("gcc", "--version");
  mkdirSync(builtDir, { recursive: true });
  const built = join(builtDir, `${name.replace(".c", "")}-${process.pid}${options.includes("-shared") ? ".so" : ""}`);
  const words = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", ...options, "-o", built];
  run("gcc", [...words, join(import.meta.dirname, name), "-ldl", "-lpthread"]);
  return built;
}

/** Fails, naming the program, where it is not installed. */
export function need(program: string, ...words: readonly string[]): void {
  const { error } = spawnSync(program, words, { stdio: "ignore" });
  if (error !== undefined) throw new Error(`the long fault suite needs ${program}: ${error.message}`);
}

/** Runs a program to its end; what it printed. */
export function run(program: string, words: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (error !== undefined) throw new Error(`the long fault suite needs ${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}
