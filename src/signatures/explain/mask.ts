/** Shorter secrets would hide every text. */
const MIN_SECRET = 4;

/** A latin1 text with each character of a secret in it replaced, so that places stay where they are. */
export function mask(text: string, secrets: readonly Uint8Array[], star = "*"): string {
  return spellings(secrets).reduce((masked, secret) => masked.replaceAll(secret, star.repeat(secret.length)), text);
}

const OPEN = "\u0002";
const CLOSE = "\u0003";
const MARKS = /[\u0002\u0003]/g;
const QUOTED = /\u0002([^\u0002\u0003]*)\u0003/g;

/** Text of the request that goes into a sentence of ours: only there {@link maskQuoted} looks for secrets. */
export function quoted(text: string): string {
  return `${OPEN}${text.replace(MARKS, "")}${CLOSE}`;
}

/** A sentence with secrets hidden in what it quotes, and the marks of {@link quoted} gone. Its own words stay, whatever the secret is: to hide one would give the secret away. */
export function maskQuoted(sentence: string, secrets: readonly Uint8Array[]): string {
  return sentence.replace(QUOTED, (_, text: string) => mask(text, secrets)).replace(MARKS, "");
}

/** A secret as it stands in latin1, and as JSON, URLs and base64 write it. */
function spellings(secrets: readonly Uint8Array[]): string[] {
  const all = secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret);
    const plain = bytes.toString("utf8").trim();
    const values = [plain, plain.replace(/^(?:v1,)?whsec_/, "")];
    const written = values.flatMap((value) => [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      Buffer.from(value).toString("base64"),
      Buffer.from(value).toString("hex"),
    ]);
    return written.flatMap((value) => [value, Buffer.from(value).toString("latin1")]);
  });
  return [...new Set(all)]
    .filter((value) => value.length >= MIN_SECRET)
    .toSorted((one, other) => other.length - one.length);
}
