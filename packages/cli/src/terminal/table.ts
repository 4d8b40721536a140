import type { Paint, Style } from "./paint.ts";
import { cut, shown, wrap } from "./text.ts";

/** One cell: its text, and how it is painted. */
export type Cell = string | { readonly text: string; readonly style: Style };

export interface TableOptions {
  /** Of the terminal, in characters. */
  readonly width: number;
  readonly paint: Paint;
}

/** Between columns, and at the left edge. */
const gap = "  ";
const narrowest = 6;
const lastNarrowest = 24;

/**
 * Table: columns as wide as they need, within the terminal's width. The last column wraps inside itself; where the
 * others leave it too little, the widest of them are cut.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string {
  const headed: readonly Cell[] = head.map((text) => ({ text, style: "dim" as const }));
  const all = [headed, ...rows];
  const widths = fitted(all, head.length, options.width);
  return all.map((row) => rowText(row, widths, options.paint)).join("\n");
}

function fitted(rows: readonly (readonly Cell[])[], columns: number, width: number): number[] {
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => textOf(row[at]).length)),
  );
  const last = columns - 1;
  const leastLast = Math.min(widths[last]!, lastNarrowest);
  for (;;) {
    const before = widths.slice(0, last).reduce((sum, one) => sum + one, 0);
    const left = width - before - columns * gap.length;
    const widest = widths.indexOf(Math.max(...widths.slice(0, last)));
    if (left >= leastLast || widest < 0 || widths[widest]! <= narrowest) {
      widths[last] = Math.min(widths[last]!, Math.max(left, leastLast));
      return widths;
    }
    widths[widest]! -= 1;
  }
}

function rowText(row: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const last = widths.length - 1;
  const [first = "", ...more] = wrap(textOf(row[last]), widths[last]!);
  const start = widths
    .slice(0, last)
    .map((width, at) => painted(row[at], cut(textOf(row[at]), width).padEnd(width), paint));
  const indent = " ".repeat(widths.slice(0, last).reduce((sum, one) => sum + one + gap.length, gap.length));
  const lines = [
    `${gap}${[...start, painted(row[last], first, paint)].join(gap)}`,
    ...more.map((line) => `${indent}${painted(row[last], line, paint)}`),
  ];
  return lines.map((line) => line.trimEnd()).join("\n");
}

function textOf(cell: Cell | undefined): string {
  return shown(typeof cell === "string" ? cell : (cell?.text ?? ""));
}

function painted(cell: Cell | undefined, text: string, paint: Paint): string {
  return typeof cell === "object" ? paint(cell.style, text) : text;
}
