import { describe, expect, it } from "vitest";
import { noPaint } from "../terminal/paint.ts";
import type { Span } from "./spans.ts";
import { type Trace, waterfall } from "./waterfall.ts";

const endpoint = "10.0.3.7:8080";
const spans: readonly Span[] = [
  { kind: "resolve", name: "orders", start: 0, end: 10, outcome: "dns" },
  { kind: "question", name: "A orders.sd.local", start: 2, end: 8 },
  { kind: "attempt", name: "1. GET", start: 10, end: 30, outcome: "200", endpoint },
  { kind: "connect", name: "connect", start: 10, end: 20, endpoint },
  { kind: "wait", name: "first byte", start: 20, end: 30, endpoint },
  { kind: "body", name: "body", start: 30, end: 40, endpoint },
];
const trace: Trace = {
  method: "GET",
  url: "http://orders/",
  status: 200,
  size: 1_234,
  ms: 40,
  spans,
  moments: [],
};

describe("waterfall", () => {
  it("draws each stretch at its place", () => {
    expect(waterfall(trace, { width: 52, paint: noPaint })).toBe(`GET http://orders/  200, 1.2 kB in 40 ms
  resolve orders: dns  █████                   10 ms
    A orders.sd.local   ███                     6 ms
  1. GET: 200               ██████████         20 ms
    connect                 █████              10 ms
    first byte                   █████         10 ms
    body                              █████    10 ms
`);
  });

  it.each([40, 60, 80, 200])("keeps to a width of %i", (width) => {
    const long = spans.map((span) => ({ ...span, name: span.name.padEnd(70, "x") }));
    const lines = waterfall({ ...trace, spans: long }, { width, paint: noPaint }).split("\n");
    expect(Math.max(...lines.slice(1).map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it("puts what races under its own attempt", () => {
    const other = "10.0.4.8:8080";
    const raced: readonly Span[] = [
      { kind: "attempt", name: "1. GET slow", start: 0, end: 30, endpoint },
      { kind: "connect", name: "connect", start: 0, end: 30, endpoint, outcome: "cancelled" },
      { kind: "attempt", name: "2. GET fast", start: 10, end: 30, endpoint: other },
      { kind: "connect", name: "connect", start: 10, end: 20, endpoint: other },
    ];
    const rows = waterfall({ ...trace, spans: raced }, { width: 60, paint: noPaint })
      .split("\n")
      .slice(1, 5);
    expect(rows.map((row) => row.slice(0, 22).trimEnd())).toEqual([
      "  1. GET slow",
      "    connect: cancelled",
      "  2. GET fast",
      "    connect",
    ]);
  });

  it("ends with what each source said, and what to do", () => {
    const error = {
      code: "BYNAME_RESOLVE",
      message: "no source could be asked",
      hint: "Mend dns",
      sources: [{ source: "dns", answer: "unavailable" as const, detail: "SERVFAIL", ms: 3 }],
    };
    const text = waterfall({ ...trace, error, spans: [] }, { width: 60, paint: noPaint });
    expect(text).toBe("GET http://orders/  BYNAME_RESOLVE after 40 ms\n\n  dns: SERVFAIL\n  Mend dns\n");
  });
});
