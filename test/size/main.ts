import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quantile } from "../bench/slices.ts";
import { measure } from "../bench/start.ts";
import { readWorkspace, root } from "../packaging/workspace.ts";
import { measureSizes } from "./sizes.ts";
import { type Row, withTable } from "./table.ts";

/** What the packages weigh: `npm run size` prints the table of docs/size.md and writes it there. */
async function main(): Promise<void> {
  const sizes = await measureSizes();
  const imports = importTimes();
  const others: Row[] = [{ name: nothing }, { name: "undici" }];
  const rows = [
    ...sizes.map((size) => ({ ...size, import: imports.get(size.name), name: `\`${size.name}\`` })),
    ...others.map((other) => ({ ...other, import: imports.get(other.name) })),
  ];
  const file = join(root, "docs/size.md");
  const page = withTable(readFileSync(file, "utf8"), rows);
  writeFileSync(file, page);
  console.log(page);
}

const nothing = "nothing, for comparison";

/** Milliseconds of a fresh process's import: medians of rounds in which everything takes its turn. */
function importTimes(): Map<string, number> {
  const { published } = readWorkspace();
  const packages = published.filter(({ manifest }) => manifest.exports["."]).map(({ name }) => name);
  const specifiers = new Map([...packages, "undici"].map((name) => [name, name]));
  specifiers.set(nothing, "data:text/javascript,");
  const times = new Map([...specifiers.keys()].map((name) => [name, [] as number[]]));
  for (let round = 0; round < 15; round++) {
    for (const [name, specifier] of specifiers) {
      times.get(name)!.push(measure(`await import(${JSON.stringify(specifier)});`).ms);
    }
  }
  return new Map([...times].map(([name, samples]) => [name, quantile(samples, 0.5)]));
}

await main();
