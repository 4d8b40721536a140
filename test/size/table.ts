import type { Sizes } from "./sizes.ts";

/** Table: what docs/size.md says between its markers. */
const begin = "<!-- npm run size writes from here -->\n";
const end = "<!-- to here -->\n";
const sizeColumns = ["packed", "unpacked", "bundled"] as const;

/** A row: the sizes of a package, and the milliseconds of its import; what there is none of is left out. */
export type Row = Partial<Sizes> & { readonly name: string; readonly import?: number | undefined };

/** The page with these rows in the place of its own. */
export function withTable(page: string, rows: readonly Row[]): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs/size.md needs the lines ${begin}and ${end}`);
  return `${before}${begin}\n${written(rows)}\n\n${end}${after}`;
}

/** The sizes that the page tells, in bytes. */
export function readTable(page: string): Pick<Sizes, "name" | (typeof sizeColumns)[number]>[] {
  const rows = page.split(begin)[1]!.split(end)[0]!.trim().split("\n").slice(2);
  return rows
    .map((row) => row.split("|").map((cell) => cell.trim()))
    .filter(([, , packed]) => packed !== "–")
    .map(([, name, ...cells]) => {
      const [packed, unpacked, bundled] = cells.map((cell) => Number(cell) * 1_000);
      return { name: name!.replaceAll("`", ""), packed: packed!, unpacked: unpacked!, bundled: bundled! };
    });
}

/** Aligned, as a formatter would have it. */
function written(rows: readonly Row[]): string {
  const heading = ["", "packed, kB", "unpacked, kB", "bundled, kB", "files", "import, ms"];
  const cells = rows.map((row) => [
    row.name,
    ...sizeColumns.map((column) => figure(row[column], 1_000)),
    String(row.files ?? "–"),
    figure(row.import, 1),
  ]);
  const widths = heading.map((head, at) =>
    Math.max(...[head, ...cells.map((row) => row[at]!)].map(({ length }) => length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [heading, rule, ...cells].map(line).join("\n");
}

function figure(value: number | undefined, unit: number): string {
  return value === undefined ? "–" : (value / unit).toFixed(1);
}
