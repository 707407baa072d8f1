import { Option } from "commander";
import type { Config } from "../config/config.js";
import { parseDuration, parseInteger } from "../config/values.js";
import type { Retention } from "../store/retention.js";

/** The options of {@link retentionOptions}, parsed. */
export interface RetentionOptions {
  readonly keep?: number;
  readonly keepFor?: number;
}

/** `--keep` and `--keep-for`: what to say of them besides, and what holds where they are not given. */
export function retentionOptions(texts: {
  readonly about?: string;
  readonly keep: string;
  readonly keepFor: string;
}): Option[] {
  const { about = "", keep, keepFor } = texts;
  const count = (text: string) => parseInteger(text, { name: "--keep", min: 0, max: 1_000_000_000 });
  return [
    new Option(
      "--keep <number>",
      `keep the newest so many events of the project, 0 for all${about} (${keep})`,
    ).argParser(count),
    new Option("--keep-for <duration>", `keep events this long, 0 for ever${about} (${keepFor})`).argParser(
      parseDuration,
    ),
  ];
}

/** What the options say, else the config, else the defaults. */
export async function configuredRetention({ keep, keepFor }: RetentionOptions, config: Config): Promise<Retention> {
  const { DEFAULT_KEEP, DEFAULT_KEEP_FOR_MS } = await import("../store/retention.js");
  return {
    keep: keep ?? config.keep ?? DEFAULT_KEEP,
    keepForMs: keepFor ?? config.keepForMs ?? DEFAULT_KEEP_FOR_MS,
  };
}
