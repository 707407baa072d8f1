import { RAW_BODY } from "./explain-fixes.js";
import type { Fix } from "./explanation.js";

/** Frameworks as options name them, and how {@link RAW_BODY} does. */
const FRAMEWORKS: Readonly<Record<string, string>> = {
  express: "Express",
  fastify: "Fastify",
  next: "Next.js",
  nest: "NestJS",
  hono: "Hono, Bun, Deno, Workers",
  koa: "Koa",
  flask: "Flask",
  django: "Django",
  rails: "Rails",
  laravel: "Laravel",
  spring: "Spring",
  go: "Go",
  aspnet: "ASP.NET Core",
};

/** What `--framework` takes. */
export const frameworks: readonly string[] = Object.keys(FRAMEWORKS);

/** How the bytes of a body are had in a framework; `undefined` for one that is not known. */
export function rawBodyFix(framework: string): Fix | undefined {
  if (!Object.hasOwn(FRAMEWORKS, framework)) return undefined;
  return RAW_BODY.find((fix) => fix.for === FRAMEWORKS[framework]);
}
