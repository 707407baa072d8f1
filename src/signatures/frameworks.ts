import { RAW_BODY } from "./explain-fixes.js";
import type { Fix } from "./explanation.js";

/** Frameworks as options name them, and how fixes do. */
const FRAMEWORKS: Readonly<Record<string, string>> = {
  express: "Express",
  fastify: "Fastify",
  next: "Next.js",
  nest: "NestJS",
  hono: "Hono, Bun, Deno, Workers",
  koa: "Koa",
  lambda: "AWS Lambda",
  flask: "Flask",
  django: "Django",
  fastapi: "FastAPI",
  rails: "Rails",
  laravel: "Laravel",
  spring: "Spring",
  go: "Go",
  aspnet: "ASP.NET Core",
};

/** What `--framework` takes. */
export const frameworks: readonly string[] = Object.keys(FRAMEWORKS);

/** Whom the fixes of a framework are for; `undefined` for one that is not known. */
export function frameworkTitle(framework: string): string | undefined {
  return Object.hasOwn(FRAMEWORKS, framework) ? FRAMEWORKS[framework] : undefined;
}

/** How the bytes of a body are had in a framework, in a line; `undefined` for one that is not known. */
export function rawBodyFix(framework: string): Fix | undefined {
  const title = frameworkTitle(framework);
  return title === undefined ? undefined : RAW_BODY.find((fix) => fix.for === title);
}
