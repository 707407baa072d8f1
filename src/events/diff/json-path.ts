/** A place in a JSON value: a chain that ends at the root (`undefined`), shared by all that lies beneath. */
export type JsonPath =
  | {
      readonly parent: JsonPath;
      /** A member's name, or an index of an array. */
      readonly step: string | number;
      /** Characters that all steps take together, about. */
      readonly length: number;
    }
  | undefined;

/** The place of a member of the value at `parent`. */
export function childPath(parent: JsonPath, step: string | number): JsonPath {
  const own = typeof step === "number" ? 4 : step.length + 1;
  return { parent, step, length: (parent?.length ?? 0) + own };
}

/** The steps from the root. */
export function pathSteps(path: JsonPath): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let place = path; place !== undefined; place = place.parent) steps.push(place.step);
  return steps.toReversed();
}

/** The place as a JSON pointer (RFC 6901); the root is the empty text. */
export function pointerOf(path: JsonPath): string {
  return pathSteps(path)
    .map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** A name that needs no quotes where `--set` takes a path. */
const PLAIN = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** The place as `--set` takes it: `data.items[0].id`, `data["a.b"]`; the root is the empty text. */
export function pathText(path: JsonPath): string {
  return pathSteps(path)
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!PLAIN.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
