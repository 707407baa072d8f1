import { defineConfig } from "vitest/config";

/** What esbuild defines in the bundle, for tests that import from src. An object for each project: vitest empties it. */
const define = () => ({ HOOKCLI_VERSION: JSON.stringify("0.0.0-test") });

/** What measures memory, or how long others are kept waiting. */
const measured = ["store-at-once", "uploads", "durability"].map((name) => `test/e2e/${name}.test.ts`);

/**
 * `unit` needs nothing but the clone; `e2e` needs programs that `.ci/run` installs (strace, nginx, chromium ...), and `alone`
 * besides that nothing else runs; `sdk` needs the packages of test/sdk, `faults` those of test/faults; `long` is a part of the
 * long fault suite, `npm run test:soak`.
 */
export default defineConfig({
  test: {
    globalSetup: "test/helpers/build.ts",
    projects: [
      {
        define: define(),
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/faults/**", "test/sdk/**", "**/node_modules/**"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        define: define(),
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: measured,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          // They wait more than they compute.
          maxWorkers: 2,
        },
      },
      {
        define: define(),
        test: {
          name: "alone",
          include: measured,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        define: define(),
        test: {
          name: "sdk",
          include: ["test/sdk/**/*.test.ts"],
          exclude: ["**/node_modules/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        define: define(),
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          exclude: ["test/faults/long/**", "**/node_modules/**"],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        define: define(),
        test: {
          name: "long",
          include: ["test/faults/long/*.test.ts"],
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
