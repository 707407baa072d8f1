import { createHash, createHmac, hash, type Hash, type Hmac } from "node:crypto";
import type { Piece, Utf8Text } from "./content.js";
import type { HashName, SignatureEncoding } from "./scheme.js";

/** What a MAC is made of; without a key it is a plain hash. */
export interface MacInput {
  readonly hash: HashName;
  readonly key: Uint8Array | undefined;
  readonly pieces: readonly Piece[];
}

type DigestEncoding = Exclude<SignatureEncoding, "text" | "hexAnyCase">;

/** As much as is hashed at one stroke, and as much of a long text as is hashed at once. */
const ROOM_BYTES = 65_536;
/** What one UTF-16 code unit takes in UTF-8, at most. */
const UTF8_BYTES = 3;

/**
 * The MAC or hash of the content as text, which is quicker to have than its bytes. For content of some kilobytes the objects
 * of a stream cost more than the hash does, and so it is put together in one place and hashed at one stroke.
 */
export function macText({ hash: name, key, pieces }: MacInput, encoding: DigestEncoding): string {
  const start = key === undefined ? 0 : BLOCK_BYTES[name];
  if (start + mostBytes(pieces) > ROOM_BYTES) {
    const made = key === undefined ? createHash(name) : createHmac(name, key);
    feed(made, pieces);
    return made.digest(encoding);
  }
  const room = (kept ??= makeRoom(ROOM_BYTES));
  const end = putInto(room.bytes, pieces, start);
  return key === undefined
    ? hash(name, room.bytes.subarray(0, end), encoding)
    : hmacAtOnce({ name, key, encoding }, room, end);
}

/** Hashes pieces one after the other. A long text goes part by part: whole, it would be copied to new memory first. */
export function feed(made: Hash | Hmac, pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    if (typeof piece === "string") made.update(piece, "latin1");
    else if (isText(piece)) feedText(made, piece.utf8);
    else made.update(piece);
  }
}

function feedText(made: Hash | Hmac, text: string): void {
  const { bytes } = (kept ??= makeRoom(ROOM_BYTES));
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = partEnd(text, from + Math.floor(ROOM_BYTES / UTF8_BYTES));
    made.update(bytes.subarray(0, bytes.write(text.slice(from, to))));
  }
}

/** Where a part of a text may end: not between the halves of a surrogate pair, which are one character in UTF-8. */
function partEnd(text: string, end: number): number {
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff && end < text.length ? end - 1 : end;
}

/** Memory to put bytes into, again and again. */
interface Room {
  readonly bytes: Buffer;
  /** The same memory, four bytes at a time. */
  readonly words: Uint32Array;
}

let kept: Room | undefined;
/** For each hash a block and a digest of it. */
const outerRooms: { [Name in HashName]?: Room } = {};

const BLOCK_BYTES: Readonly<Record<HashName, number>> = { md5: 64, sha1: 64, sha256: 64, sha384: 128, sha512: 128 };
const DIGEST_BYTES: Readonly<Record<HashName, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** HMAC as RFC 2104 defines it, of content that stands in the room behind the place of a block, and ends there. */
function hmacAtOnce(
  { name, key, encoding }: { readonly name: HashName; readonly key: Uint8Array; readonly encoding: DigestEncoding },
  inner: Room,
  end: number,
): string {
  const blockBytes = BLOCK_BYTES[name];
  const outer = (outerRooms[name] ??= makeRoom(blockBytes + DIGEST_BYTES[name]));
  putKey(key.length > blockBytes ? hash(name, key, "buffer") : key, { inner, outer, blockBytes });
  outer.bytes.write(hash(name, inner.bytes.subarray(0, end), "binary"), blockBytes, "latin1");
  const made = hash(name, outer.bytes, encoding);
  // Nothing of the secret stays.
  fill(inner, blockBytes, 0);
  fill(outer, blockBytes, 0);
  return made;
}

/** The key, filled up with zeros to a block, in front of both, with each byte changed by a pad. */
function putKey(
  key: Uint8Array,
  { inner, outer, blockBytes }: { readonly inner: Room; readonly outer: Room; readonly blockBytes: number },
): void {
  const innerBytes = inner.bytes;
  const outerBytes = outer.bytes;
  const { length } = key;
  fill(inner, blockBytes, INNER_PAD);
  fill(outer, blockBytes, OUTER_PAD);
  for (let index = 0; index < length; index += 1) {
    const byte = key[index] ?? 0;
    innerBytes[index] = byte ^ INNER_PAD;
    outerBytes[index] = byte ^ OUTER_PAD;
  }
}

/** Quicker than the method of that name, for as few. */
function fill({ words }: Room, length: number, byte: number): void {
  const word = byte * 0x01010101;
  for (let index = 0; index < length / 4; index += 1) words[index] = word;
}

function makeRoom(length: number): Room {
  const memory = new ArrayBuffer(length);
  return { bytes: Buffer.from(memory), words: new Uint32Array(memory) };
}

/** How many bytes the pieces are, at most. */
export function mostBytes(pieces: readonly Piece[]): number {
  let most = 0;
  for (const piece of pieces) most += isText(piece) ? piece.utf8.length * UTF8_BYTES : piece.length;
  return most;
}

function isText(piece: Piece): piece is Utf8Text {
  return typeof piece === "object" && !(piece instanceof Uint8Array);
}

/** Where the pieces end. */
function putInto(room: Buffer, pieces: readonly Piece[], start: number): number {
  let at = start;
  for (const piece of pieces) {
    if (typeof piece === "string") at += room.write(piece, at, "latin1");
    else if (isText(piece)) at += room.write(piece.utf8, at);
    else {
      room.set(piece, at);
      at += piece.length;
    }
  }
  return at;
}
