/** Crockford's base32, lower case: sorts as the number does, without letters that look alike. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** 10 characters of time (48 bits, left-padded) and 16 of chance (80 bits), as in a ULID. */
const TIME_LENGTH = 10;
const RANDOM_BYTES = 10;
/** Characters of an id's prefix that are enough to name an event. */
export const SHORTEST_PREFIX = 8;

/**
 * A new event id: `evt_` and 26 characters, which sort by time. `random` gives that many random bytes.
 */
export function newEventId(nowMs: number, random: (length: number) => Uint8Array): string {
  return `evt_${timePart(Math.max(0, Math.trunc(nowMs)))}${randomPart(random(RANDOM_BYTES))}`;
}

/** Whether a text is an event id or the beginning of one, long enough to name an event. */
export function isEventIdPrefix(text: string): boolean {
  return text.length >= SHORTEST_PREFIX && /^evt_[0-9a-hjkmnp-tv-z]{1,26}$/.test(text);
}

/** A UUID of version 4: RFC 9562, section 5.4. */
export function newUuid(random: (length: number) => Uint8Array): string {
  const bytes = Buffer.from(random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function timePart(ms: number): string {
  let rest = ms;
  let text = "";
  for (let index = 0; index < TIME_LENGTH; index += 1) {
    text = (ALPHABET[rest % 32] ?? "0") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function randomPart(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = "";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31] ?? "0";
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
