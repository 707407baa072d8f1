// Bundles src/ into dist/: the program and the store's writer thread together, each library by itself.
// Commands are dynamic imports, so `splitting` keeps each heavy library in a chunk of its own.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** CommonJS packages inside an ES module bundle call `require` for Node's own modules. */
const banner =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);\n';

/** Writes the outputs, with the banner on those alone that call `require`: making one takes a part of every start. */
const requireWhereCalled = {
  name: "require-where-called",
  setup(build) {
    build.onEnd(({ outputFiles }) => {
      mkdirSync(join(root, "dist"), { recursive: true });
      for (const { path, text } of outputFiles) {
        replaceFile(path, path.endsWith(".js") && /\brequire\b/.test(text) ? banner + text : text);
      }
    });
  },
};

/** A program that starts at this moment reads the earlier file or the new one, never a part. */
function replaceFile(path, text) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

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

/**
 * What is built together shares its chunks, and the more entries share, the smaller and the more are the pieces that a start
 * has to load: the library would cost every `verify` several of them.
 */
const builds = [
  { main: "src/main.ts", "store-writer": "src/store/writer-thread.ts" },
  { index: "src/index.ts" },
  { listener: "src/listener.ts" },
  { "store-checker": "src/store/checker.ts" },
];

const shared = {
  absWorkingDir: root,
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
  plugins: [undiciConnections, requireWhereCalled],
  write: false,
  // The SQLite driver is a native package and stays a dependency; ws loads these two only where they are installed.
  external: ["@photostructure/sqlite", "bufferutil", "utf-8-validate"],
  define: { HOOKCLI_VERSION: JSON.stringify(version) },
};

const options = builds.map((entryPoints) => ({ ...shared, entryPoints }));

if (process.argv.includes("--watch")) {
  for (const one of options) await (await esbuild.context({ ...one, logLevel: "info" })).watch();
} else {
  const metafile = merged(
    (await Promise.all(options.map((one) => esbuild.build(one)))).map((result) => result.metafile),
  );
  // Not while tests of another run may have the earlier chunks open.
  if (process.argv.includes("--clean")) removeStale(metafile);
  writeFileSync(join(root, "dist", "meta.json"), JSON.stringify(metafile));
  writeFileSync(join(root, "THIRD_PARTY_NOTICES"), notices(metafile));
}

/** What went in and came out of all builds. */
function merged(metafiles) {
  const inputs = Object.assign({}, ...metafiles.map((metafile) => metafile.inputs));
  return { inputs, outputs: Object.assign({}, ...metafiles.map((metafile) => metafile.outputs)) };
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
