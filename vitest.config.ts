import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "packages/*/src/**/*.test.ts",
      "test/**/*.test.ts",
      "examples/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 15_000,
    // The default leaves one core out, of two the half. Most tests wait, for a socket or for a process of their own.
    maxWorkers: "100%",
  },
});
