import { defineConfig } from "vitest/config";

/** What esbuild defines in the bundle, for tests that import from src. An object for each project: vitest empties it. */
const define = () => ({ HOOKCLI_VERSION: JSON.stringify("0.0.0-test") });

/**
 * `unit` needs nothing but the clone; `e2e` needs programs that `.ci/run` installs (strace, nginx, chromium ...);
 * `sdk` needs the packages of test/sdk.
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
          exclude: ["test/e2e/**", "test/sdk/**", "**/node_modules/**"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        define: define(),
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
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
    ],
  },
});
