/** Whether a word is another one but for a slip: one letter more, less or another, or two neighbours swapped. */
export function isOneSlip(typed: string, meant: string): boolean {
  let at = 0;
  while (at < meant.length && typed[at] === meant[at]) at += 1;
  const isSwapped = typed[at] === meant[at + 1] && typed[at + 1] === meant[at];
  return (
    typed.slice(at + 1) === meant.slice(at + 1) ||
    typed.slice(at) === meant.slice(at + 1) ||
    typed.slice(at + 1) === meant.slice(at) ||
    (isSwapped && typed.slice(at + 2) === meant.slice(at + 2))
  );
}
