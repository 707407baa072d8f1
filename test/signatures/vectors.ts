import { readFileSync } from "node:fs";
import type { HeaderList } from "../../src/events/headers.js";

/** A signature published in a provider's own test suite or documents; `vectors.jsonl` names the origin of each. */
export interface Vector {
  readonly provider: string;
  readonly source_repo: string;
  readonly source_path: string;
  /** Absent where the origin has none: a token without an algorithm. */
  readonly secret_or_key?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly method?: string;
  readonly body_base64: string;
  readonly valid: boolean;
  readonly note: string;
  readonly scheme: string;
}

const LINES = readFileSync(new URL("vectors.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");

export const vectors: readonly Vector[] = LINES.map((line) => JSON.parse(line) as Vector);

/** A vector's request in the form that `verifyRequest` takes. */
export function vectorRequest(vector: Vector): {
  headers: HeaderList;
  body: Uint8Array;
  url?: string;
  method?: string;
} {
  const { url, method } = vector;
  return {
    headers: Object.entries(vector.headers),
    body: Buffer.from(vector.body_base64, "base64"),
    ...(url === undefined ? {} : { url }),
    ...(method === undefined ? {} : { method }),
  };
}
