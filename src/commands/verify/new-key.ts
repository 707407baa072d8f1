import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { plainReason } from "../../config/input.js";
import { CliError, EXIT } from "../../errors.js";
import { newKey } from "../../keys/new-key.js";
import { providerNamed, providers } from "../../providers/index.js";
import type { Surroundings } from "./input.js";

/** Only the owner may read a private key. */
const PRIVATE_MODE = 0o600;

/** Makes a pair of keys for a provider: the private half goes into a new file, the public half is printed. */
export async function makeKey(
  name: string,
  out: string | undefined,
  { context, output, config }: Surroundings,
): Promise<number> {
  const provider = providerNamed(name, config.ownProviders);
  const scheme = provider.schemes.find(({ secret }) => secret.kind === "key");
  if (scheme === undefined) {
    const keyed = [...config.ownProviders, ...providers].filter(({ schemes }) =>
      schemes.some(({ secret }) => secret.kind === "key"),
    );
    throw new CliError(`${provider.name} has a shared secret, not keys`, {
      hint: `providers with keys are ${keyed.map((row) => row.name).join(", ")}`,
    });
  }
  const path = resolve(context.cwd, out ?? `${provider.name}.key`);
  const { privateText, publicText } = newKey(scheme);
  await writeNewFile(path, privateText.endsWith("\n") ? privateText : `${privateText}\n`);
  output.note(`the private key is in ${path}: --key @${out ?? `${provider.name}.key`}`);
  const form = scheme.secret.kind === "key" && scheme.secret.text === "certificate" ? "certificate" : "key";
  if (provider.testTrust !== undefined) output.note(`give the app this ${form} ${provider.testTrust}`);
  const named = { provider: provider.name, scheme: scheme.name };
  output.record({ ...named, publicKey: publicText, privateKeyFile: path });
  output.block(publicText);
  return EXIT.done;
}

/** O_EXCL: a file that is there, or a link, is never written to. */
async function writeNewFile(path: string, text: string): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  try {
    const file = await open(path, O_CREAT | O_EXCL | O_WRONLY, PRIVATE_MODE);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    const reason = exists ? "it exists already" : plainReason(error);
    throw new CliError(`cannot write the private key to ${path}: ${reason}`, {
      ...(exists ? { hint: "--out names another file" } : {}),
      cause: error,
    });
  }
}
