import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { nodeBinary, nodeMajors } from "../support/node-versions.ts";
import { cases } from "./cases.ts";
import type { Run } from "./run.ts";
import type { WayName } from "./ways.ts";

/** What each case was like, by what it is about, its name, and the way it was done. */
type Runs = Record<string, Record<string, Record<WayName, Run>>>;

const main = fileURLToPath(new URL("main.ts", import.meta.url));

test("every case has a name of its own", () => {
  for (const table of Object.values(cases)) {
    const names = table.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  }
});

describe.each(nodeMajors)("fetch by byname is the fetch of Node %i", (major) => {
  let runs: Runs;
  beforeAll(async () => {
    runs = await runOn(await nodeBinary(major));
  }, 300_000);

  describe.each(Object.entries(cases))("%s:", (about, table) => {
    test.each(table)("$name", ({ name, shows = { status: 200 } }) => {
      const { plain, ...ours } = runs[about]![name]!;
      expect(plain).toMatchObject({ ending: shows });
      for (const [way, run] of Object.entries(ours)) expect({ [way]: run }).toEqual({ [way]: plain });
    });
  });
});

async function runOn(node: string): Promise<Runs> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(node, [main], { env, maxBuffer: 2 ** 27, timeout: 290_000 });
  return JSON.parse(stdout);
}
