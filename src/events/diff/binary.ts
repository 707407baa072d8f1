/** The bytes that differ, between what both sides begin with and what both end with. */
export interface BinaryChange {
  /** Of the first byte that differs. */
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** `undefined` when the bytes are the same. */
export function diffBytes(before: Uint8Array, after: Uint8Array): BinaryChange | undefined {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  if (start === before.length && start === after.length) return undefined;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return {
    offset: start,
    before: before.subarray(start, before.length - end),
    after: after.subarray(start, after.length - end),
  };
}
