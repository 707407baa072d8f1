/** The steps of `.data.items.0`, `.data.items[0]["a.b"]`; `undefined`: it is not written like that. */
export function parsePath(text: string): readonly string[] | undefined {
  const steps: string[] = [];
  const step = /\.([^.[\]]+)|\["([^"]*)"\]|\[(\d+)\]/y;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null) return undefined;
    steps.push(match[1] ?? match[2] ?? match[3] ?? "");
  }
  return steps;
}
