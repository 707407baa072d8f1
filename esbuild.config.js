// Bundles src/ into dist/: one entry for the program, one for the library, one for the store's writer thread.
// Commands are dynamic imports, so `splitting` keeps each heavy library in a chunk of its own.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** CommonJS packages inside an ES module bundle call `require` for Node's own modules. */
const banner =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * Of undici its connections only: its entry also loads fetch, caches and WebSockets, which take longer to start than all
 * else that `listen` loads. A name that is not here fails the build.
 */
const undiciConnections = {
  name: "undici-connections",
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "undici-connections" }));
    build.onLoad({ filter: /.*/, namespace: "undici-connections" }, () => ({
      resolveDir: root,
      contents: `export { default as Client } from "undici/lib/dispatcher/client.js";
        export { default as Pool } from "undici/lib/dispatcher/pool.js";
        export { default as buildConnector } from "undici/lib/core/connect.js";`,
    }));
  },
};

const options = {
  absWorkingDir: root,
  entryPoints: {
    main: "src/main.ts",
    index: "src/index.ts",
    "store-writer": "src/store/writer-thread.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Some packages' CommonJS is UMD, whose inner `require` calls a bundler cannot follow.
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  sourcemap: false,
  legalComments: "none",
  metafile: true,
  plugins: [undiciConnections],
  // The SQLite driver is a native package and stays a dependency; ws loads these two only where they are installed.
  external: ["@photostructure/sqlite", "bufferutil", "utf-8-validate"],
  banner: { js: banner },
  define: { HOOKCLI_VERSION: JSON.stringify(version) },
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
} else {
  const result = await esbuild.build(options);
  // Not while tests of another run may have the earlier chunks open.
  if (process.argv.includes("--clean")) removeStale(result.metafile);
  writeFileSync(join(root, "dist", "meta.json"), JSON.stringify(result.metafile));
  writeFileSync(join(root, "THIRD_PARTY_NOTICES"), notices(result.metafile));
}

/** Chunks of earlier builds, which have other names. */
function removeStale(metafile) {
  for (const name of readdirSync(join(root, "dist"))) {
    if (name.endsWith(".js") && metafile.outputs[`dist/${name}`] === undefined) rmSync(join(root, "dist", name));
  }
}

/** The licence texts of all packages whose code is inside the bundle. */
function notices(metafile) {
  const folders = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) folders.add(match[1]);
  }
  const parts = [...folders].map((folder) => notice(join(root, folder))).sort((a, b) => a.title.localeCompare(b.title));
  const head = "hookcli contains code of these packages.\n";
  return head + parts.map(({ title, text }) => `\n${"=".repeat(80)}\n${title}\n\n${text.trim()}\n`).join("");
}

function notice(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const title = `${manifest.name} ${manifest.version} (${manifest.license})`;
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE", "LICENSE-MIT"]) {
    try {
      return { title, text: readFileSync(join(folder, name), "utf8") };
    } catch {
      // The next name.
    }
  }
  return { title, text: `Licence: ${manifest.license}. The package has no licence file.` };
}
