import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rootDir } from "../helpers/data.js";
import { startApp } from "../helpers/http-app.js";
import { createSandbox, hookcliPath } from "../helpers/program.js";

const recipes = [...readFileSync(join(rootDir, "docs/ci.md"), "utf8").matchAll(/```sh\n(.*?)```/gs)].map(
  ([, text = ""]) => text,
);

// The third replays what the second has captured, and so does the fourth.
it("does in a shell what the page on CI says, one recipe after the other", async () => {
  const app = await startApp();
  const sandbox = createSandbox({ APP: `${app.port}/webhook` });
  const bin = join(sandbox.folder, "bin");
  mkdirSync(bin);
  symlinkSync(hookcliPath, join(bin, "hookcli"));
  try {
    const ends: (number | null)[] = [];
    for (const recipe of recipes) {
      const env = { ...sandbox.env, PATH: `${bin}:${sandbox.env["PATH"] ?? ""}` };
      const child = spawn("bash", ["-euc", recipe], {
        cwd: sandbox.folder,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      const [code] = (await once(child, "close")) as [number | null];
      ends.push(code);
    }

    expect(ends).toEqual([0, 0, 0, 0, 0]);
    const captured = ["/webhook", { type: "message.created", data: { id: "msg_1" } }];
    expect(app.requests.map(({ url, body }) => [url, JSON.parse(body.toString()) as unknown])).toEqual([
      captured,
      captured,
      captured,
      ["/webhook", expect.objectContaining({ type: "message.created" })],
    ]);
  } finally {
    await app.close();
    sandbox.remove();
  }
}, 60_000);
