// Bundles src/ into dist/: the program and the store's writer thread together as CommonJS, each library as a module by itself.
// Commands are dynamic imports, so `splitting` keeps each heavy library in a chunk of its own.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * esbuild splits ES modules alone, and Node starts CommonJS sooner: each file of a program becomes CommonJS once it is built.
 * That takes about a third of what a start costs above Node's own.
 */
const asCommonJs = writing(async (text) => {
  const { code } = await esbuild.transform(text, {
    ...compact,
    format: "cjs",
    // `import()` of a chunk would go the way of ES modules after all.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "__url", "import.meta.resolve": "__resolve" },
  });
  const named = Object.entries(importMeta).filter(([name]) => code.includes(name));
  return ['"use strict";\n', ...named.map(([, line]) => line), code].join("");
});

/** What an ES module finds in `import.meta`. */
const importMeta = {
  __url: 'const __url = require("node:url").pathToFileURL(__filename).href;\n',
  __resolve: 'const __resolve = (name) => require("node:url").pathToFileURL(require.resolve(name)).href;\n',
};

/** CommonJS packages inside an ES module bundle call `require` for Node's own modules. */
const asModule = writing((text) =>
  /\brequire\b/.test(text)
    ? `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);\n${text}`
    : text,
);

/** Writes the outputs as `change` makes them. */
function writing(change) {
  return {
    name: "writing",
    setup(build) {
      build.onEnd(async ({ outputFiles = [] }) => {
        const texts = await Promise.all(outputFiles.map(({ text }) => change(text)));
        mkdirSync(join(root, "dist"), { recursive: true });
        for (const [index, { path }] of outputFiles.entries()) replaceFile(path, texts[index]);
      });
    },
  };
}

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
 * commander loads `child_process`, and with it much of Node, for subcommands that are programs of their own. There are none
 * here, and a start is shorter without.
 */
const commandsWithoutPrograms = {
  name: "commands-without-programs",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?child_process$/ }, ({ importer, path }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: "no-programs" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "no-programs" }, () => ({ contents: "module.exports = {};" }));
  },
};

const program = { outExtension: { ".js": ".cjs" }, plugins: [asCommonJs] };
const library = { plugins: [asModule] };

/**
 * What is built together shares its chunks, and the more entries share, the smaller and the more are the pieces that a start
 * has to load: the library would cost every `verify` several of them.
 */
const builds = [
  { ...program, entryPoints: { main: "src/main.ts", "store-writer": "src/store/writer-thread.ts" } },
  { ...program, entryPoints: { "store-checker": "src/store/checker.ts" } },
  { ...library, entryPoints: { index: "src/index.ts" } },
  { ...library, entryPoints: { listener: "src/listener.ts" } },
];

/**
 * Light code that most commands need. esbuild puts modules into one chunk when the same entries reach them, so nearly each
 * of these would be a chunk of its own, and loading a file costs more than reading what is in it: an entry that reaches
 * one module of a group is made to reach all of it. A group may import those above it, and no other way round, which would
 * bring the lower group to all that need the upper one alone: it fails the build.
 */
const groups = {
  core: /^src\/(?:errors|store\/store|events\/(?:event|headers|id|percent|redact|safe-text|selector|event-json|glob|moment|json-tree)|config\/(?!schema)\w[\w-]*|providers\/(?:nearest|retry-headers)|output\/(?:columns|width|quantity|event-line|style|terminal))\.ts$/,
  asking:
    /^src\/(?:commands\/(?:selector-options|mistyped|paging|interrupted|events\/(?:open|search-ready|secret-options))|output\/progress)\.ts$/,
  rows: /^src\/(?:providers\/(?!detect|describe|select|verify|outgoing|words|nearest|retry-headers|handshake-)[\w-]+|signatures\/(?:generic|body|form|spelling|url)|events\/(?:xml-text|pretty-multipart|content-type))\.ts$/,
  signing:
    /^src\/(?:signatures\/(?!explain|generic|body\.|form\.|spelling|url|content-words)[\w-]+|providers\/(?:detect|describe|select|verify|outgoing)|keys\/key)\.ts$/,
  storing: /^src\/store\/(?!writer|keeper|pack|catch-up|retention|check|apply|store\.)[\w-]+\.ts$/,
};

/** The entries of a build with what they reach without a dynamic import, and what is in each group. */
async function reachedBy(entryPoints) {
  const { metafile } = await esbuild.build({
    ...shared,
    entryPoints,
  });
  const entries = new Set(Object.values(entryPoints));
  for (const { imports } of Object.values(metafile.inputs))
    for (const { kind, path } of imports) if (kind === "dynamic-import" && path.startsWith("src/")) entries.add(path);
  const reached = new Map([...entries].map((entry) => [entry, closureOf(metafile.inputs, entry)]));
  return { reached, members: membersOf(metafile.inputs) };
}

function closureOf(inputs, entry) {
  const seen = new Set([entry]);
  for (const path of seen)
    for (const one of inputs[path]?.imports ?? []) if (one.kind === "import-statement") seen.add(one.path);
  return seen;
}

/** The modules of each group. */
function membersOf(inputs) {
  const names = Object.keys(groups);
  const groupOf = (path) => names.findIndex((name) => groups[name].test(path));
  const members = names.map((name) => Object.keys(inputs).filter((path) => groups[name].test(path)));
  for (const path of members.flat()) {
    const lower = [...closureOf(inputs, path)].find((one) => groupOf(one) > groupOf(path));
    if (lower !== undefined) throw new Error(`${path} of the group ${names[groupOf(path)]} imports ${lower}`);
  }
  return Object.fromEntries(names.map((name, index) => [name, members[index]]));
}

/** Makes each entry that reaches a module of a group reach all of the group. */
function grouped({ reached, members }) {
  return {
    name: "grouped",
    setup(build) {
      build.onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice("group:".length), namespace: "group" }));
      build.onLoad({ filter: /.*/, namespace: "group" }, ({ path }) => ({
        resolveDir: root,
        contents: members[path].map((member) => `import "./${member}";`).join("\n"),
      }));
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const entry = relative(root, path).replaceAll("\\", "/");
        const closure = reached.get(entry);
        if (closure === undefined) return undefined;
        const names = Object.keys(groups).filter(
          (name) => !groups[name].test(entry) && [...closure].some((one) => groups[name].test(one)),
        );
        const imports = names.map((name) => `import "group:${name}";`).join("");
        return { contents: imports + readFileSync(path, "utf8"), loader: "ts" };
      });
    },
  };
}

const compact = {
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  minifyWhitespace: true,
  // Node prints the line that an error was thrown in.
  lineLimit: 300,
  legalComments: "none",
};

const shared = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  ...compact,
  // Some packages' CommonJS is UMD, whose inner `require` calls a bundler cannot follow.
  mainFields: ["module", "main"],
  sourcemap: false,
  metafile: true,
  plugins: [undiciConnections, commandsWithoutPrograms],
  write: false,
  // The SQLite driver is a native package and stays a dependency; ws loads these two only where they are installed.
  external: ["@photostructure/sqlite", "bufferutil", "utf-8-validate"],
  define: { HOOKCLI_VERSION: JSON.stringify(version) },
};

const options = await Promise.all(
  builds.map(async (one) => ({
    ...shared,
    ...one,
    plugins: [...shared.plugins, ...one.plugins, grouped(await reachedBy(one.entryPoints))],
  })),
);

if (process.argv.includes("--watch")) {
  for (const one of options) await (await esbuild.context({ ...one, logLevel: "info" })).watch();
} else {
  const metafile = merged(
    (await Promise.all(options.map((one) => esbuild.build(one)))).map((result) => result.metafile),
  );
  refuseCircles(metafile.outputs);
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

function refuseCircles(outputs) {
  const done = new Set();
  const walk = (name, path) => {
    if (path.includes(name)) throw new Error(`chunks import one another: ${[...path, name].join(" -> ")}`);
    if (done.has(name)) return;
    for (const { kind, path: next } of outputs[name]?.imports ?? [])
      if (kind === "import-statement" && outputs[next] !== undefined) walk(next, [...path, name]);
    done.add(name);
  };
  for (const name of Object.keys(outputs)) walk(name, []);
}

/** Chunks of earlier builds, which have other names. */
function removeStale(metafile) {
  for (const name of readdirSync(join(root, "dist"))) {
    if (/\.c?js$/.test(name) && metafile.outputs[`dist/${name}`] === undefined) rmSync(join(root, "dist", name));
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
