import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../packaging/workspace.ts";
import { measureSizes } from "./sizes.ts";
import { readTable } from "./table.ts";

test("docs/size.md tells the packages' sizes, within a tenth; if not, `npm run size` writes it anew", async () => {
  const told = readTable(readFileSync(join(root, "docs/size.md"), "utf8"));
  const measured = await measureSizes();
  expect(told.map(({ name }) => name)).toEqual(measured.map(({ name }) => name));
  const wrong = measured.flatMap((size, at) =>
    (["packed", "unpacked", "bundled"] as const)
      .filter((what) => Math.abs(size[what] - told[at]![what]) > told[at]![what] / 10)
      .map((what) => `${size.name}, ${what}: ${told[at]![what]} is told, ${size[what]} measured`),
  );
  expect(wrong).toEqual([]);
}, 120_000);
