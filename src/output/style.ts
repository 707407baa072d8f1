import type { Line, Span, Style } from "./output.js";

function styled(style: Style): (text: string) => Span {
  return (text) => ({ text, style });
}

export const dim = styled("dim");
export const bold = styled("bold");
export const red = styled("red");
export const green = styled("green");
export const yellow = styled("yellow");
export const cyan = styled("cyan");

/** The text of a line without its styles. */
export function plainText(line: Line): string {
  if (typeof line === "string") return line;
  return line.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");
}
