import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the example tells what its page says", async () => {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const { NODE_ENV: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env, timeout: 170_000 });
  expect(stdout.split("\n")).toEqual([
    "the page:             Hello, Ada lamp",
    "once more:            Hello, Ada lamp (orders were asked for once)",
    "after an order:       Hello, Ada lamp mug",
    "the route handler:    the first task",
    "the task has moved:   the second task",
    "",
  ]);
}, 180_000);
