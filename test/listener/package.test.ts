import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rootDir } from "../helpers/data.js";

/** Where Node's permissions do not cover the network: no file can be written, no native module loaded. */
const NOTHING_WRITTEN = /^2[02]\./.test(process.versions.node)
  ? ["--experimental-permission", "--allow-fs-read=*"]
  : [];

/** A project that has installed hookcli: the real manifest, the bundle, and types made of these sources. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-listener-"));
  const installed = join(folder, "node_modules/hookcli");
  mkdirSync(join(installed, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
  symlinkSync(join(rootDir, "package.json"), join(installed, "package.json"));
  for (const name of readdirSync(join(rootDir, "dist"))) {
    if (name.endsWith(".js")) symlinkSync(join(rootDir, "dist", name), join(installed, "dist", name));
  }
  const types = join(installed, "dist/types");
  const made = tsc(rootDir, "-p", "tsconfig.types.json", "--outDir", types);
  expect(made.stdout).toBe("");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the library for test suites, installed", () => {
  it("has types that hold under NodeNext, whatever the consumer checks", () => {
    writeFileSync(join(folder, "use.ts"), USE);

    const right = check("use.ts");

    expect(right.stdout).toBe("");
    expect(right.status).toBe(0);
  });

  it("has types that find mistakes", () => {
    writeFileSync(join(folder, "wrong.ts"), WRONG);

    const wrong = check("wrong.ts");

    expect(wrong.stdout.match(/wrong\.ts\(\d+/g)).toEqual(["wrong.ts(3", "wrong.ts(4", "wrong.ts(5", "wrong.ts(6"]);
  });

  it("ends with its script once it is closed, and leaves no file behind", () => {
    writeFileSync(join(folder, "run.js"), RUN);
    const before = readdirSync(folder);

    const ended = spawnSync(process.execPath, [...NOTHING_WRITTEN, "run.js"], {
      cwd: folder,
      encoding: "utf8",
      timeout: 20_000,
      env: { HOME: folder },
    });

    expect(ended.stdout).toBe("message.created\n");
    expect([ended.status, ended.signal]).toEqual([0, null]);
    expect(readdirSync(folder)).toEqual(before);
  });
});

interface Metafile {
  readonly outputs: Record<string, { imports: { path: string; kind: string; external?: boolean }[] }>;
}

describe("the bundle of the library for test suites", () => {
  it("loads nothing but Node's own modules, and what delivers only for forwardTo", () => {
    const { outputs } = JSON.parse(readFileSync(join(rootDir, "dist/meta.json"), "utf8")) as Metafile;
    const seen = new Set<string>();
    const outside = new Set<string>();
    const visit = (name: string) => {
      if (seen.has(name)) return;
      seen.add(name);
      for (const item of outputs[name]?.imports ?? []) {
        if (item.external === true) outside.add(item.path);
        else if (item.kind === "import-statement") visit(item.path);
      }
    };
    visit("dist/listener.js");

    expect([...outside].filter((path) => !path.startsWith("node:"))).toEqual([]);
    const inputs = JSON.stringify([...seen].map((name) => outputs[name]));
    expect(inputs).not.toMatch(/node_modules\/(undici|ws|ajv|commander)\//);
    expect(inputs).not.toMatch(/src\/(store|output|commands|tunnel)\/(?!store\.ts)/);
  });
});

function check(file: string) {
  const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
  const where = ["--module", "nodenext", "--target", "es2022", "--lib", "es2022,esnext.disposable"];
  return tsc(folder, ...strict, ...where, "--types", "node", "--typeRoots", join(rootDir, "node_modules/@types"), file);
}

function tsc(cwd: string, ...words: string[]) {
  return spawnSync(join(rootDir, "node_modules/.bin/tsc"), words, { cwd, encoding: "utf8" });
}

const USE = `
import { createListener, WaitError, type Listener, type ListenerEvent, type ListenerOptions } from "hookcli/listener";
const options: ListenerOptions = { provider: "stripe", secret: ["old", new Uint8Array([1])], requireSignature: true };
export async function use(): Promise<string | null> {
  await using hook: Listener = await createListener(options);
  hook.respond(503, { times: 1, match: { type: "invoice.*", state: "stored" } });
  hook.respond(async (event) => ({ status: 200, json: { seen: event.eventType }, headers: new Headers({ a: "b" }) }));
  const event: ListenerEvent = await hook.waitFor({ type: "invoice.paid" }, { timeoutMs: 1_000 });
  const same: readonly ListenerEvent[] = hook.events;
  for await (const { seq, body } of hook) if (body.byteLength > seq) break;
  const verdict: "valid" | "invalid" | "unchecked" | "not_checkable" = event.signature.status;
  const text: string = "bodyText" in event ? event.bodyText : verdict;
  try { await hook.waitFor((one) => one.header("x-a") === text); } catch (error) { if (!(error instanceof WaitError)) throw error; }
  hook.clear();
  await hook.close();
  return same[0]?.eventType ?? null;
}
`;

const WRONG = `import { createListener } from "hookcli/listener";
export const hook = await createListener();
hook.respond("200");
await hook.waitFor({ typ: "a" });
hook.events.push(hook.events[0]!);
hook.url = "";
`;

const RUN = `
import { createListener } from "hookcli/listener";
const hook = await createListener();
await fetch(hook.url, { method: "POST", body: '{"type":"message.created"}' });
console.log((await hook.waitFor()).eventType);
await hook.close();
`;
