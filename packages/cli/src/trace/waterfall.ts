import type { SourceReport } from "byname";
import type { Style } from "../terminal/paint.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { cut, duration, indented, shown } from "../terminal/text.ts";
import type { Moment, Span } from "./spans.ts";

/** One request as it is drawn, and the shape of `--json`. */
export interface Trace {
  readonly method: string;
  /** Without its query, which may hold secrets. */
  readonly url: string;
  readonly status?: number;
  /** Of the body, in bytes. */
  readonly size?: number;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    /** What each source said, where there was no endpoint. */
    readonly sources: readonly SourceReport[];
  };
  /** Milliseconds in all. */
  readonly ms: number;
  readonly spans: readonly Span[];
  readonly moments: readonly Moment[];
}

const labelMost = 46;
const barLeast = 14;
/** Where there is no terminal, so no width. */
const barUsual = 40;
const timeWidth = 9;
/** At the left edge, and before the bar. */
const gaps = 4;

/** Waterfall: each stretch of the request as a bar at its place in time. */
export function waterfall(trace: Trace, { width, paint }: Pick<Terminal, "width" | "paint">): string {
  const rows = rowsOf(trace.spans);
  const wanted = Math.min(Math.max(...rows.map(({ label }) => label.length), 10), labelMost);
  const labels = Math.max(Math.min(wanted, width - barLeast - timeWidth - gaps), 12);
  const bar = Number.isFinite(width) ? Math.max(width - labels - timeWidth - gaps, barLeast) : barUsual;
  const lines = rows.map(({ label, span }) => {
    const time = duration(span.end - span.start).padStart(timeWidth);
    const drawn = barOf(span, trace.ms, bar);
    return `  ${cut(label, labels).padEnd(labels)}  ${paint(styleOf(span), drawn)}${time}`;
  });
  const notes = trace.moments.map(({ at, text }) =>
    indented(shown(`at ${duration(at)}: ${text}`), "  ", width),
  );
  return `${[headline(trace, paint), ...lines, ...notes, ...errorLines(trace, width)].join("\n")}\n`;
}

interface Row {
  readonly label: string;
  readonly span: Span;
}

/** What belongs to an attempt stands under it; the rest in order of time. */
function rowsOf(spans: readonly Span[]): Row[] {
  const parents = spans.filter(({ kind }) => kind === "resolve" || kind === "attempt");
  const inner = new Map<Span, Span[]>(parents.map((parent) => [parent, []]));
  const alone: Span[] = [];
  for (const span of spans) {
    if (inner.has(span)) continue;
    const parent = parents.find((one) => holds(one, span));
    if (parent) inner.get(parent)!.push(span);
    else alone.push(span);
  }
  const tops = [...parents, ...alone].sort((a, b) => a.start - b.start);
  return tops.flatMap((top) => [
    { label: labelOf(top), span: top },
    ...(inner.get(top) ?? []).map((span) => ({ label: `  ${labelOf(span)}`, span })),
  ]);
}

/** A body ends after its attempt, which is over with the headers. */
function holds(parent: Span, span: Span): boolean {
  if (parent.kind === "resolve")
    return span.kind === "question" && span.start >= parent.start - 1 && span.end <= parent.end + 1;
  const isItsOwn = span.endpoint === parent.endpoint && span.kind !== "question";
  return isItsOwn && span.start >= parent.start - 1 && span.start <= parent.end + 1;
}

function labelOf({ kind, name, outcome }: Span): string {
  const said = outcome ? `: ${outcome}` : "";
  return shown(kind === "resolve" ? `resolve ${name}${said}` : `${name}${said}`);
}

/** Whole cells, an eighth of a cell at the least. */
function barOf({ start, end }: Span, total: number, width: number): string {
  const scale = (at: number) => (total > 0 ? Math.min(Math.max(at / total, 0), 1) * width : 0);
  const from = Math.min(Math.floor(scale(start)), width - 1);
  const long = Math.max(Math.round(scale(end)) - from, 0);
  const filled = long === 0 ? "▏" : "█".repeat(Math.min(long, width - from));
  return `${" ".repeat(from)}${filled}`.padEnd(width);
}

function styleOf({ kind, isFailed }: Span): Style {
  if (isFailed) return "red";
  if (kind === "resolve" || kind === "question") return "cyan";
  return kind === "wait" || kind === "body" || kind === "attempt" ? "green" : "yellow";
}

function headline({ method, url, status, size, ms, error }: Trace, paint: Terminal["paint"]): string {
  const name = paint("bold", shown(`${method} ${url}`));
  if (error) return `${name}  ${paint("red", error.code)} after ${duration(ms)}`;
  const style: Style = status! >= 500 ? "red" : status! >= 400 ? "yellow" : "green";
  return `${name}  ${paint(style, String(status))}, ${bytes(size ?? 0)} in ${duration(ms)}`;
}

function errorLines({ error }: Trace, width: number): string[] {
  if (!error) return [];
  const told = [...error.sources.map(({ source, detail }) => `${source}: ${detail}`), error.message];
  const lines = error.sources.length > 0 ? told.slice(0, -1) : told;
  return ["", ...[...lines, error.hint].filter(Boolean).map((line) => indented(shown(line), "  ", width))];
}

function bytes(size: number): string {
  return size < 1_000
    ? `${size} B`
    : size < 1_000_000
      ? `${(size / 1_000).toFixed(1)} kB`
      : `${(size / 1_000_000).toFixed(1)} MB`;
}
