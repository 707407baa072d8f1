/** A moment: so long ago, milliseconds since 1970, the last time that it was this time of day here, or a day's beginning here. */
export type Moment =
  | { readonly agoMs: number }
  | { readonly at: number }
  | { readonly clock: readonly [hours: number, minutes: number, seconds: number] }
  | { readonly day: "today" | "yesterday" };

/** The moment in milliseconds since 1970, seen from `now`. */
export function momentMs(moment: Moment, now: number): number {
  if ("at" in moment) return moment.at;
  if ("agoMs" in moment) return now - moment.agoMs;
  if ("day" in moment) return dayBefore(now, moment.day === "today" ? 0 : 1).getTime();
  const today = dayBefore(now, 0).setHours(...moment.clock);
  return today <= now ? today : dayBefore(now, 1).setHours(...moment.clock);
}

/** `18:01`, `18:01:45`, `today`, `yesterday`; `undefined`: none of these. */
export function parseDayTime(text: string): Moment | undefined {
  if (text === "today" || text === "yesterday") return { day: text };
  const [, hours, minutes, seconds = "0"] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  return hours === undefined ? undefined : { clock: [Number(hours), Number(minutes), Number(seconds)] };
}

/** The beginning of the day so many days ago, by the local calendar: days with a change of clocks are longer or shorter. */
function dayBefore(now: number, days: number): Date {
  const date = new Date(now);
  date.setHours(0, 0, 0, 0);
  date.setDate(date.getDate() - days);
  return date;
}
