import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the example tells what its page says", async () => {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [main], { timeout: 50_000 });
  const told = stdout.split("\n").map((line) => line.replace(/^.*?: +/, ""));
  expect(told.slice(0, 5)).toEqual([
    "the first",
    "the first, the second",
    "the second",
    "ordered (the first), delivered (the first)",
    "the second, by serviceConnect",
  ]);
  expect(told[5]).toMatch(/^Error: 14 UNAVAILABLE: no source knows "users" \(/);
}, 60_000);
