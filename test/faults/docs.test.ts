import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultRow, storyRow } from "./docs-table.ts";
import { endpointFaults } from "./endpoint-faults.ts";
import { proxyFaults } from "./proxy-faults.ts";
import { sourceFaults } from "./source-faults.ts";
import { stories } from "./stories.ts";

/** The tables of the docs, each as its rows without the heading. */
const tables = readFileSync(new URL("../../docs/failures.md", import.meta.url), "utf8")
  .split("\n\n")
  .filter((block) => block.startsWith("|"))
  .map((block) => block.trim().split("\n").slice(2).map(cells));

/** A row without what a formatter does to it. */
function cells(row: string): string[] {
  return row.split("|").map((cell) => cell.trim());
}

test.each([
  ["tasks", 0, endpointFaults.map(faultRow)],
  ["sources", 1, sourceFaults.map(faultRow)],
  ["Service Connect's proxy", 2, proxyFaults.map(faultRow)],
  ["time", 3, Object.values(stories).map(storyRow)],
])("docs/failures.md says of %s what the tests show", (_what, at, rows) => {
  expect(tables[at]).toEqual(rows.map(cells));
});

test("docs/failures.md has no table that no test stands behind", () => {
  expect(tables).toHaveLength(4);
});
