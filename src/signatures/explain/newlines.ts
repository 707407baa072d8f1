import { fromLatin1, latin1, MAX_TEXT_BYTES, withoutBlanks, type BodyVariant } from "./body.js";

const cause = "body_newline";

/** Bodies that differ by line ends, the cheapest and most common faults first. */
export function* newlineVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.at(-1) === 0x0a) {
    if (body.at(-2) === 0x0d) yield { bytes: body.subarray(0, -2), cause, about: "the body without its final CRLF" };
    yield { bytes: body.subarray(0, -1), cause, about: "the body without its final newline" };
  }
  if (body.length > MAX_TEXT_BYTES) return;
  const text = latin1(body);
  yield newline(`${text}\n`, "the body with a final newline");
  yield newline(`${text}\r\n`, "the body with a final CRLF");
  yield* lineEnds(text);
  const trimmed = withoutBlanks(text);
  if (trimmed.length !== text.length) yield newline(trimmed, "the body without the blanks around it");
  if (/\0+$/.test(text.slice(-64))) yield newline(trimNulls(text), "the body without the NULs after it");
}

function* lineEnds(text: string): Generator<BodyVariant> {
  if (text.includes("\r\n")) {
    const unix = text.replaceAll("\r\n", "\n");
    yield newline(unix, "the body with LF in place of CRLF");
    if (unix.endsWith("\n"))
      yield newline(unix.slice(0, -1), "the body with LF in place of CRLF and without its final newline");
    else yield newline(`${unix}\n`, "the body with LF in place of CRLF and a final newline");
  }
  if (/(?:^|[^\r])\n/.test(text)) {
    const dos = text.replace(/(^|[^\r])(?=\n)/g, "$1\r");
    yield newline(dos, "the body with CRLF in place of LF");
    yield newline(`${dos}\r\n`, "the body with CRLF line ends and a final CRLF");
    if (dos.endsWith("\r\n")) yield newline(dos.slice(0, -2), "the body with CRLF line ends and no final one");
  }
  if (/[\r\n]/.test(text)) yield newline(text.replace(/[\r\n]/g, ""), "the body without any line ends");
  if (/\r(?!\n)/.test(text)) yield newline(text.replace(/\r(?!\n)/g, "\n"), "the body with LF in place of CR");
}

function newline(changed: string, about: string): BodyVariant {
  return { bytes: fromLatin1(changed), cause, about };
}

function trimNulls(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "\0") end -= 1;
  return text.slice(0, end);
}
