import { readFileSync } from "node:fs";
import { dataPath, hasData } from "./data.js";

/** Every entry of the terminal corpus, its raw byte strings as latin1. */
export function terminalTexts(): string[] {
  if (!hasData) return [];
  const entries = readJson<{ utf16_b64: string }[]>("hostile/terminal.json");
  const raw = readJson<string[]>("hostile/terminal_raw_bytes.json");
  return [
    ...entries.map((entry) => Buffer.from(entry.utf16_b64, "base64").toString("utf16le")),
    ...raw.map((base64) => Buffer.from(base64, "base64").toString("latin1")),
  ];
}

/** All naughty strings, as bytes. */
export function naughtyStrings(): Buffer[] {
  if (!hasData) return [];
  return readJson<string[]>("blns/blns.json").map((text) => Buffer.from(text));
}

export function hostileNames(): string[] {
  return hasData ? readJson<string[]>("hostile/names.json") : [];
}

export function setOverrides(): string[] {
  return hasData ? readJson<string[]>("hostile/set_overrides.json") : [];
}

/** The colours that hookcli uses, on and off. */
const OWN_COLOURS = /\u001b\[(?:1|2|22|31|32|33|36|39)m/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/**
 * What a terminal would act on in an output, with what stands around it; `undefined` when there is nothing. A
 * pseudo-terminal ends lines with CR LF, and has hookcli's own colours.
 */
export function actedOn(output: Uint8Array, { terminal }: { terminal: boolean }): string | undefined {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(output);
  const plain = (terminal ? text.replaceAll(OWN_COLOURS, "") : text).replaceAll("\r\n", "\n");
  const found = CONTROL.exec(plain);
  return found === null ? undefined : JSON.stringify(plain.slice(Math.max(0, found.index - 80), found.index + 80));
}

function readJson<Value>(path: string): Value {
  return JSON.parse(readFileSync(dataPath(path), "utf8")) as Value;
}
