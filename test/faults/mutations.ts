import { readFileSync } from "node:fs";
import { dataPath, hasData } from "../helpers/data.js";

const SEEDS = [
  "POST /hook?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Sig: abc\r\n\r\nhello",
  "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "PUT /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
];
const INSERTED = ["\r\n", "\n", "\r", "\0", ":", " ", "chunked", "Content-Length: 3\r\n", "0\r\n\r\n"];

/** What follows each head of the smuggler corpus: the end of a body in chunks, and a second request. */
const SMUGGLED = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/** Malformed requests: the corpora where they are, and as many mutations as make `total` of them. */
export function malformed(total: number, seed: number): Buffer[] {
  const random = generator(seed);
  const known = hasData ? [...smugglers(), ...llhttpVectors()] : [];
  const bases = [...SEEDS.map((text) => Buffer.from(text)), ...known];
  const mutants = Array.from({ length: Math.max(0, total - known.length) }, () =>
    mutate(bases[random(bases.length)] ?? Buffer.alloc(0), bases, random),
  );
  return [...known, ...mutants];
}

function smugglers(): Buffer[] {
  const heads = new Set(lines("smuggler", "te_mutations.jsonl").map(({ header_b64 = "" }) => header_b64));
  return [...heads].map((base64) => {
    const head = Buffer.from(base64, "base64").toString("latin1").replace("__REPLACE_CL__", String(SMUGGLED.length));
    return Buffer.from(`${head.endsWith("\r\n\r\n") ? head : `${head}\r\n`}${SMUGGLED}`, "latin1");
  });
}

function llhttpVectors(): Buffer[] {
  return lines("llhttp", "vectors.jsonl").map(({ bytes_b64 = "" }) => Buffer.from(bytes_b64, "base64"));
}

function lines(...path: string[]): Record<string, string>[] {
  const text = readFileSync(dataPath(...path), "utf8").trim();
  return text.split("\n").map((line) => JSON.parse(line) as Record<string, string>);
}

/** Flips, cuts, doubles, joins or fills in, up to three times. */
function mutate(base: Buffer, bases: readonly Buffer[], random: (below: number) => number): Buffer {
  let bytes = Buffer.from(base);
  for (let times = 1 + random(3); times > 0; times -= 1) {
    const at = random(bytes.length + 1);
    const kind = random(5);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (kind === 0 && at < bytes.length) bytes[at] = random(256);
    else if (kind === 1) bytes = Buffer.from(before);
    else if (kind === 2) bytes = Buffer.concat([before, bytes.subarray(random(at + 1))]);
    else if (kind === 3) bytes = Buffer.concat([bytes, bases[random(bases.length)] ?? before]);
    else bytes = Buffer.concat([before, Buffer.from(INSERTED[random(INSERTED.length)] ?? ""), after]);
  }
  return bytes;
}

/** mulberry32. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
