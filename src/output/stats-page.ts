import { safeText } from "../events/safe-text.js";
import type { Backlog, StoreStats, Tally } from "../store/store.js";
import { backlogLine } from "./backlog-line.js";
import { tableLines, type Cell } from "./columns.js";
import type { Line, Style } from "./output.js";
import { formatBytes, formatDuration, formatTime, counted, grouped } from "./quantity.js";

/** Values of one kind that are shown; the rest are one line. */
const SHOWN = 10;
const BAR_WIDTH = 24;
/** What a name is shortened to before the bar goes. */
const LEAST_NAME = 16;

interface Section {
  readonly title: string;
  readonly tallies: readonly Tally[];
  /** What is said of events without a value. */
  readonly none: string;
  readonly style?: (value: string | null) => Style;
}

/** How it is shown, and what waits beside what is counted; `project` is the one that the user is in. */
export interface StatsPage {
  readonly columns: number;
  readonly now: number;
  readonly backlogs: readonly Backlog[];
  readonly project: string;
}

/** What there is, counted, for people. */
export function statsLines(stats: StoreStats, { columns, now, backlogs, project }: StatsPage): Line[] {
  const head = [...summary(stats, now), ...backlogs.map((backlog) => safeText(backlogLine(backlog, project)))];
  if (stats.events === 0) return head;
  const sections = sectionsOf(stats).filter(({ tallies }) => tallies.length > 0);
  const rows = rightAligned(sections.map((section) => rowsOf(section, stats.events)));
  // All sections in one table, so that their bars stand in one column.
  const concessions = [
    { column: 0, to: LEAST_NAME },
    { column: 3, to: 8 },
    { column: 3, to: "nothing" },
  ] as const;
  const lines = tableLines(rows.flat(), { columns, gap: 2, concessions });
  let at = 0;
  const parts = sections.map(({ title }, index): Line[] => {
    const own = lines.slice(at, (at += rows[index]?.length ?? 0));
    return ["", [{ text: title, style: "bold" }], ...own];
  });
  return [...head, ...parts.flat()];
}

function summary(stats: StoreStats, now: number): Line[] {
  const { events, firstAt, lastAt, duplicates, refused, dead, answers, bytes, freeBytes } = stats;
  const span = firstAt === null || lastAt === null ? "" : `, ${formatTime(firstAt, now)} to ${formatTime(lastAt, now)}`;
  const free = freeBytes > 0 ? `, ${formatBytes(freeBytes)} of it free` : "";
  const marks = `${grouped(refused)} refused, ${grouped(dead)} dead, ${counted(duplicates, "duplicate")}`;
  return [
    `${counted(events, "event")}${span}`,
    ...(events === 0 ? [] : [marks]),
    ...(answers.p50Ms === null || answers.p99Ms === null
      ? []
      : [
          `answers in ${formatDuration(answers.p50Ms)} (p50), ${formatDuration(answers.p99Ms)} (p99), of the newest ${grouped(answers.timed)}`,
        ]),
    `the store takes ${formatBytes(bytes)}${free}`,
  ];
}

function sectionsOf(stats: StoreStats): Section[] {
  return [
    ...(stats.projects.length > 1 ? [{ title: "project", tallies: stats.projects, none: "none" }] : []),
    { title: "provider", tallies: stats.providers, none: "unknown" },
    { title: "type", tallies: stats.types, none: "unknown" },
    { title: "status", tallies: stats.statuses, none: "no answer", style: statusStyle },
    { title: "state", tallies: stats.states, none: "none" },
    { title: "source", tallies: stats.sources, none: "none" },
    { title: "signature", tallies: stats.signatures, none: "none" },
  ];
}

/** Numbers and shares end in one column. */
function rightAligned(sections: readonly (readonly Cell[])[][]): Cell[][][] {
  const width = (column: number) => Math.max(...sections.flat().map((cells) => cells[column]?.text.length ?? 0));
  const widths = [0, width(1), width(2), 0];
  const padded = (cell: Cell, column: number) => ({ ...cell, text: cell.text.padStart(widths[column] ?? 0) });
  return sections.map((rows) => rows.map((cells) => cells.map(padded)));
}

/** Name, number, share, bar. A bar is as long as its share of the most frequent. */
function rowsOf({ tallies, none, style = () => "cyan" }: Section, total: number): Cell[][] {
  const rest = tallies.slice(SHOWN);
  const most = tallies[0]?.events ?? 1;
  const rows = tallies
    .slice(0, SHOWN)
    .map(({ value, events }) =>
      row(value === null ? none : safeText(value), events, { total, most, style: style(value) }),
    );
  if (rest.length === 0) return rows;
  const others = rest.reduce((sum, { events }) => sum + events, 0);
  return [...rows, row(`${grouped(rest.length)} others`, others, { total, most, style: "dim" })];
}

function row(
  name: string,
  events: number,
  { total, most, style }: { total: number; most: number; style: Style },
): Cell[] {
  const length = Math.min(BAR_WIDTH, Math.max(1, Math.round((events / most) * BAR_WIDTH)));
  return [
    { text: `  ${name}`, style: "plain" },
    { text: grouped(events), style: "plain" },
    { text: share(events / total), style: "dim" },
    { text: "█".repeat(length), style },
  ];
}

function statusStyle(status: string | null): Style {
  if (status === null) return "dim";
  return status.startsWith("2") ? "green" : "red";
}

function share(part: number): string {
  return part > 0 && part < 0.01 ? "<1%" : `${Math.round(part * 100)}%`;
}
