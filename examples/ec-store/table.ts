import { styleText } from "node:util";
import type { Call } from "./journal.ts";

/** Table: lines in columns that stay where they are, so that they can be printed one by one. */
export type Colour = "green" | "cyan" | "yellow" | "red" | "dim" | "bold";
export type Paint = (colour: Colour, text: string) => string;

/** Colour on a terminal that wants it (NO_COLOR, FORCE_COLOR), and none in a log. */
export const paint: Paint = (colour, text) => styleText(colour, text, { stream: process.stdout });

const ways = ["serviceConnect", "dns", "cloudMap"];

export function heading(paint: Paint): string {
  return paint("dim", line(["caller", "service", "way", "endpoint", "latency"]));
}

export function row({ caller, service, way, endpoint, ms, error }: Call, paint: Paint): string {
  if (error !== undefined) return paint("red", line([caller, service, way, endpoint, error]));
  const text = line([caller, service, way, endpoint, `${ms.toFixed(1)} ms`]);
  return text.replace(` ${way} `, ` ${paint(colourOf(way), way)} `);
}

/** How often each caller took each way. */
export function summary(calls: ReadonlyMap<string, ReadonlyMap<string, number>>): string {
  const others = [...calls.values()]
    .flatMap((byWay) => [...byWay.keys()])
    .filter((way) => !ways.includes(way));
  const columns = [...ways, ...new Set(others)];
  const rows = [...calls].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    line(["calls", ...columns]),
    ...rows.map(([caller, byWay]) => line([caller, ...columns.map((way) => String(byWay.get(way) ?? "-"))])),
  ].join("\n");
}

function colourOf(way: string): Colour {
  if (way === "serviceConnect") return "green";
  return way.endsWith("kept") ? "yellow" : "cyan";
}

function line(cells: readonly string[]): string {
  const last = cells.length - 1;
  return `  ${cells.map((cell, index) => (index === last ? cell : cell.padEnd(16))).join(" ")}`;
}
