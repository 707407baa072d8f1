import { conditionText } from "../../events/condition.js";
import { redactUrl } from "../../events/redact.js";
import { safeText } from "../../events/safe-text.js";
import type { RouteRule } from "../../deliver/routes.js";
import type { Line } from "../../output/output.js";
import { dim } from "../../output/style.js";
import { textWidth } from "../../output/width.js";

/** A route as it is told of. It holds no credentials. */
export interface ToldRoute {
  /** All of these have to hold. */
  readonly match: readonly string[];
  readonly target: string;
}

const LABEL = "route    ";
const ARROW = "  ->  ";
/** A match that is wider moves its own target alone. */
const WIDEST_MATCH = 48;
/** Beyond this many routes only their number is told. */
const MOST_LINES = 20;

/** What is told of routes. */
export function toldRoutes(rules: readonly RouteRule[]): readonly ToldRoute[] {
  return rules.map(({ conditions, target }) => ({
    match: conditions.map(conditionText),
    target: redactUrl(target.label),
  }));
}

/** The banner's lines of routes: match and target side by side, or one below the other where the terminal is too narrow. */
export function routeLines(routes: readonly ToldRoute[], columns: number): readonly Line[] {
  const shown = routes.slice(0, MOST_LINES).map(({ match, target }) => ({
    match: safeText(match.join(" and ")),
    target: safeText(target),
  }));
  const widths = shown.map(({ match }) => textWidth(match)).filter((width) => width <= WIDEST_MATCH);
  const width = Math.max(0, ...widths);
  const taken = shown.map(({ match, target }) => Math.max(width, textWidth(match)) + textWidth(target));
  const isNarrow = LABEL.length + ARROW.length + Math.max(0, ...taken) > columns;
  const lines = shown.flatMap(({ match, target }): Line[] => {
    if (isNarrow)
      return [
        [dim(LABEL), match],
        [" ".repeat(LABEL.length), dim(ARROW), target],
      ];
    return [[dim(LABEL), match, " ".repeat(Math.max(0, width - textWidth(match))), dim(ARROW), target]];
  });
  const more = routes.length - shown.length;
  return more === 0 ? lines : [...lines, [dim(LABEL), `and ${more} more`]];
}
