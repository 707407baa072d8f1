/** A number of bytes for people: `512 B`, `1.2 kB`, `25 MB`; a kB is 1000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${shortNumber(value)} ${units[unit] ?? ""}`;
}

/** A time span for people: `41 ms`, `4.2 s`, `3 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 99_950 ? `${shortNumber(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** Local time of day, with the date in front when it is not the day of `now`. */
export function formatTime(ms: number, now: number): string {
  const date = new Date(ms);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  return isSameDay(ms, now) ? time : `${date.getFullYear()}-${monthAndDay(date)} ${time}`;
}

/** The same where room is short: `12:04`, `03-31 12:04`, and of another year the day alone, `2024-03-31`. */
export function formatShortTime(ms: number, now: number): string {
  const date = new Date(ms);
  const time = [date.getHours(), date.getMinutes()].map(twoDigits).join(":");
  if (isSameDay(ms, now)) return time;
  const day = monthAndDay(date);
  return date.getFullYear() === new Date(now).getFullYear() ? `${day} ${time}` : `${date.getFullYear()}-${day}`;
}

/** 1,234,567 whatever the language of the computer. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 event`, `1,234 events`. `what`: in the singular. */
export function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

function isSameDay(ms: number, now: number): boolean {
  return ms === now || new Date(ms).toDateString() === new Date(now).toDateString();
}

function monthAndDay(date: Date): string {
  return [date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
}

function shortNumber(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
