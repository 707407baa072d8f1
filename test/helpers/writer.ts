import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { rootDir } from "./data.js";

const cacheDir = join(rootDir, "node_modules", ".cache", "hookcli");
const distWriter = join(rootDir, "dist", "store-writer.cjs");

/**
 * Bundles a file of the project (default: the store's writer thread) for Node, because Node 20 starts no TypeScript
 * worker. The bundle lies under node_modules, so that the driver is found from there.
 */
export async function bundled(source = "src/store/writer-thread.ts", format: "esm" | "cjs" = "esm"): Promise<string> {
  mkdirSync(cacheDir, { recursive: true });
  const name = source.replaceAll(/[^a-z0-9]+/gi, "-");
  const extension = format === "esm" ? "mjs" : "cjs";
  const target = join(cacheDir, `${name}.${extension}`);
  const own = join(cacheDir, `${name}.${process.pid}.${Math.random().toString(36).slice(2)}.${extension}`);
  await esbuild.build({
    absWorkingDir: rootDir,
    entryPoints: [source],
    outfile: own,
    bundle: true,
    format,
    platform: "node",
    target: "node20.19",
    external: ["@photostructure/sqlite"],
    define: { HOOKCLI_VERSION: JSON.stringify("0.0.0-test") },
    logLevel: "error",
  });
  renameSync(own, target);
  return target;
}

const urls = new Map<string | undefined, Promise<URL>>();

/** The bundled writer thread, for `openStore({ writerPath })`; bundled once in a test file. */
export function writerUrl(source?: string): Promise<URL> {
  const url = urls.get(source) ?? bundled(source).then((path) => pathToFileURL(path));
  urls.set(source, url);
  return url;
}

/**
 * Puts the writer where the program itself looks for it (`#store-writer`), unless a build as new as the sources is there.
 * For tests that run commands, which open the store themselves; vitest takes it as a global set-up too.
 */
export async function setup(): Promise<void> {
  if (existsSync(distWriter) && statSync(distWriter).mtimeMs >= newestSource()) return;
  const bundle = await bundled(undefined, "cjs");
  mkdirSync(join(rootDir, "dist"), { recursive: true });
  const own = `${distWriter}.${process.pid}`;
  copyFileSync(bundle, own);
  renameSync(own, distWriter);
}

function newestSource(): number {
  const folder = join(rootDir, "src", "store");
  return Math.max(...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs));
}
