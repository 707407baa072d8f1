import { request as httpRequest } from "node:http";
import { expect } from "vitest";
import { createSandbox, runProgram } from "../helpers/program.js";
import { send, type Signed } from "./senders.js";

/** What the apps take the secret from. */
export const recipeEnv = { WEBHOOK_SECRET: "a9f2c7d1e8b34506" } as const;

/** The code for a framework, as the program gives it to people and to programs. */
export async function printedRecipe(framework: string): Promise<string> {
  const sandbox = createSandbox();
  try {
    const argv = ["providers", "show", "github", "--framework", framework];
    const [text, json] = await Promise.all([
      runProgram(argv, { sandbox }),
      runProgram([...argv, "--json"], { sandbox }),
    ]);
    const { rawBody } = JSON.parse(json.stdout) as { rawBody: { code: string } };
    expect(text.stdout).toContain(`\n${rawBody.code}`);
    return rawBody.code;
  } finally {
    sandbox.remove();
  }
}

/** Bodies that none gets whole who parses or decodes them first. */
const bodies = [
  '{"id": 1.0, "big": 12345678901234567890, "name": "Zo\\u00eb \u00eb \u2713", "url": "https:\\/\\/example.com"}\r\n',
  '{\n  "b": {},\n  "a": [1e3, -0.0]\n}\n',
  `{"text":"${"long ".repeat(40_000)}"}`,
];

/** The app accepts what GitHub signed, whatever the body, and refuses what was changed. */
export async function expectChecked(port: number): Promise<void> {
  for (const body of bodies) {
    const signed = send.github(recipeEnv.WEBHOOK_SECRET, body);
    const changed = { ...signed, body: Buffer.from(body.replace(/.(?=\s*$)/, " }")) };
    expect(await statusOf(port, signed)).toBe(204);
    expect(await statusOf(port, changed)).toBe(401);
  }
}

function statusOf(port: number, { headers, body }: Signed): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: "/webhook", method: "POST" };
    const length = { "content-length": String(body.length) };
    const request = httpRequest({ ...options, headers: { ...headers, ...length } }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    request.on("error", reject);
    request.end(body);
  });
}
