import type { Line, Span } from "./output.js";
import { cutToWidth, textWidth } from "./width.js";

/** A cell of a table. Its text is safe already. */
export interface Cell extends Span {
  /** What stands there when the column has to be short. */
  readonly short?: string;
}

/** What a column gives away when all of them do not fit: so much of its width, or itself. */
export type Concession =
  | { readonly column: number; readonly to: number | "short" | "nothing" }
  | { readonly gap: number };

export interface TableOptions {
  /** Columns of the terminal; infinite when nothing is cut. */
  readonly columns: number;
  /** Spaces between two columns. */
  readonly gap: number;
  /** What gives way, in this order, until the rows fit. What still does not fit is cut at the end. */
  readonly concessions: readonly Concession[];
  /** Widths that columns have at least, as long as there is room. */
  readonly least?: readonly number[];
}

interface Layout {
  readonly widths: number[];
  readonly isShort: boolean[];
  gap: number;
}

/** Rows of cells as lines, in columns that fit. A column in which nothing stands takes no room. */
export function tableLines(rows: readonly (readonly Cell[])[], options: TableOptions): Line[] {
  const layout = layoutOf(rows, options);
  return rows.map((row) => join(row, layout, options.columns));
}

function layoutOf(rows: readonly (readonly Cell[])[], { columns, gap, concessions, least = [] }: TableOptions): Layout {
  const widths = (rows[0] ?? []).map((_, column) => widest(rows, column, false, least[column]));
  const layout: Layout = { widths, isShort: widths.map(() => false), gap };
  for (const concession of concessions) {
    if (total(layout) <= columns) break;
    concede(layout, concession, { rows, columns });
  }
  return layout;
}

function concede(
  layout: Layout,
  concession: Concession,
  { rows, columns }: { rows: readonly (readonly Cell[])[]; columns: number },
): void {
  if ("gap" in concession) {
    layout.gap = concession.gap;
    return;
  }
  const { column, to } = concession;
  const width = layout.widths[column] ?? 0;
  if (to === "short") {
    layout.isShort[column] = true;
    layout.widths[column] = Math.min(width, widest(rows, column, true));
  } else if (to === "nothing") layout.widths[column] = 0;
  else if (width > to) layout.widths[column] = Math.max(to, width - (total(layout) - columns));
}

function widest(rows: readonly (readonly Cell[])[], column: number, short: boolean, least = 0): number {
  let width = least;
  for (const row of rows) width = Math.max(width, textWidth(textOf(row[column], short)));
  return width;
}

function total({ widths, gap }: Layout): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width + gap, -gap);
}

/** The cells of a row, padded to their columns; nothing is padded where nothing follows. */
function join(row: readonly Cell[], { widths, isShort, gap }: Layout, columns: number): Line {
  const line: (string | Span)[] = [];
  let padding = 0;
  let left = columns;
  for (const [column, cell] of row.entries()) {
    const width = widths[column] ?? 0;
    const text = cutToWidth(textOf(cell, isShort[column] === true), Math.min(width, left - padding));
    if (text === "") padding += width === 0 ? 0 : width + gap;
    else {
      const taken = textWidth(text);
      line.push(" ".repeat(padding), { text, style: cell.style });
      left -= padding + taken;
      padding = width - taken + gap;
    }
  }
  return line;
}

function textOf(cell: Cell | undefined, short: boolean): string {
  return (short ? cell?.short : undefined) ?? cell?.text ?? "";
}
