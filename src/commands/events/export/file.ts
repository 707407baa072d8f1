import { existsSync, statSync } from "node:fs";
import type { Output } from "../../../output/output.js";
import { openAsItIs, openWholeFile, type FileOptions, type Sink } from "../../whole-file.js";

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 256 * 1024;

/** Standard output. What has been written there cannot be taken back. */
export function stdoutSink(output: Output): Sink {
  return gathered({ write: (data) => output.bytes(data), commit: async () => {}, abort: async () => {} });
}

/** A file that is there whole or not at all; a device or a pipe is written to as it is. Throws CliError 2 where a file is there already. */
export async function fileSink(path: string, options: FileOptions): Promise<Sink> {
  return gathered(isSpecial(path) ? await openAsItIs(path) : await openWholeFile(path, options));
}

/** Small pieces go together. */
function gathered(sink: Sink): Sink {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = async () => {
    const whole = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
    if (whole.byteLength > 0) await sink.write(whole);
  };
  return {
    write: async (data) => {
      waiting.push(data);
      bytes += data.byteLength;
      if (bytes >= CHUNK_BYTES) await flush();
    },
    commit: async () => {
      await flush();
      await sink.commit();
    },
    abort: () => sink.abort(),
  };
}

function isSpecial(path: string): boolean {
  if (!existsSync(path)) return false;
  const stats = statSync(path);
  return !stats.isFile() && !stats.isDirectory();
}
