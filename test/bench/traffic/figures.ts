import { quantile } from "../slices.ts";
import type { Report } from "./caller.ts";

/** Figures: what one contender did in one scenario. Milliseconds. */
export interface Figures {
  readonly scenario: string;
  readonly contender: string;
  readonly calls: number;
  readonly failed: number;
  /** How many calls failed in which way. */
  readonly errors: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** From the latest change before it until the last failure was known. */
  readonly lastError?: number;
  /** The least and the most that one endpoint got, relative to the mean of all. */
  readonly spread: readonly [number, number];
  readonly retries?: number;
  /** The longest time for which the contender's process, or the machine, did nothing else. */
  readonly stall: number;
}

/** @param changes when something changed, in milliseconds of the run. @param served requests by endpoint. */
export function figuresOf(
  names: { readonly scenario: string; readonly contender: string },
  { samples, retries, stall }: Report,
  changes: readonly number[],
  served: readonly number[],
): Figures {
  const latencies = samples.map(({ ms }) => ms);
  const failures = samples.filter(({ error }) => error !== undefined);
  const errors: Record<string, number> = {};
  for (const { error } of failures) errors[error!] = (errors[error!] ?? 0) + 1;
  const mean = served.reduce((sum, count) => sum + count, 0) / served.length || 1;
  const last = Math.max(...failures.map(({ at, ms }) => at + ms));
  const change = changes.findLast((at) => at <= last) ?? 0;
  return {
    ...names,
    calls: samples.length,
    failed: failures.length,
    errors,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    p999: quantile(latencies, 0.999),
    ...(failures.length > 0 && { lastError: last - change }),
    spread: [Math.min(...served) / mean, Math.max(...served) / mean],
    ...(retries !== undefined && { retries }),
    stall,
  };
}

const columns = ["failed", "p50", "p99", "p99.9", "last error", "spread of load", "retries", "stall"];

export function heading(width: number): string {
  return line("", width, columns);
}

export function row(title: string, width: number, figures: Figures): string {
  const { calls, failed, p50, p99, p999, lastError, spread, retries, stall } = figures;
  return line(title, width, [
    `${failed} (${((failed / calls) * 100).toFixed(2)} %)`,
    ...[p50, p99, p999].map((ms) => `${ms.toFixed(1)} ms`),
    lastError === undefined ? "–" : `${Math.round(lastError)} ms`,
    spread.map((share) => share.toFixed(2)).join(" to "),
    retries === undefined ? "–" : String(retries),
    `${Math.round(stall)} ms`,
  ]);
}

function line(title: string, width: number, cells: readonly string[]): string {
  const widths = [15, 9, 10, 10, 10, 14, 7, 7];
  return `  ${title.padEnd(width)} ${cells.map((cell, at) => cell.padStart(widths[at]!)).join(" ")}`;
}
