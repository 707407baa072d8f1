/**
 * Whether a text matches a pattern in which `*` stands for any run of characters and `?` for one. Time grows with the
 * product of the lengths at worst, whatever the pattern: no regular expression is made of it.
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at;
      at += 1;
      resume = index;
    } else if (wanted !== undefined && (wanted === "?" || wanted === text[index])) {
      at += 1;
      index += 1;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      resume += 1;
      index = resume;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
