import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("every client reaches the service, also when one of its tasks has stopped", async () => {
  const main = new URL("main.ts", import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, [main.pathname], { timeout: 50_000 });
  const [before, after] = stdout.split("one of them has stopped");
  for (const half of [before, after]) {
    const lines = half!.split("\n").filter((line) => line.startsWith("  "));
    expect(lines).toHaveLength(9);
    for (const line of lines) expect(line).toMatch(/ task (one|two)(, task (one|two)){3}$/);
  }
  expect(after).not.toContain("task one");
}, 60_000);
