import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the example tells what its page says", async () => {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [main], { timeout: 50_000 });
  const [bundled, first, moved, silent, none] = stdout.split("\n");
  expect(bundled).toMatch(/^bundled, with the AWS SDK: +\d+ kB, of which init reads \d+ kB$/);
  expect(first).toMatch(/: +answered by the first task$/);
  expect(moved).toMatch(/: +answered by the second task$/);
  expect(silent).toMatch(/: +Error: fetch failed: no response of orders within \d+ ms/);
  expect(none).toMatch(/: +Error: fetch failed: .*orders/);
}, 60_000);
