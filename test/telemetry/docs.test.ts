import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { events } from "../../src/ground/events.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { bynameModule, inChild } from "../support/child.ts";
import { loopback } from "../support/loopback.ts";
import { ordersAt, traced } from "../support/traced.ts";
import { drawn, oneTrace } from "./shop.ts";

vi.setConfig({ testTimeout: 60_000 });

const page = readFileSync(new URL("../../docs/telemetry.md", import.meta.url), "utf8");
const [recipe = "", emf = "", attempts = "", starts = "", ...more] = [
  ...page.matchAll(/^```js\n(.*?)^```/gms),
].map(([, code]) => code!);

test("the trace is what three processes export", async () => {
  const [, shown] = /^```text\n(.*?)\n```/ms.exec(page)!;
  const spans = await oneTrace((spans) => spans.length >= shown!.split("\n").length);
  expect(drawn(spans)).toBe(shown);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
});

test("the table of events has them all", () => {
  expect(firstCells("event").toSorted()).toEqual(Object.keys(events).toSorted());
});

test("the table of metrics has them all, with their kinds and units", () => {
  const rows = table("metric").map(([name, kind, unit]) => ({ name: name!, kind: kind!, unit: unit! }));
  expect(rows.toSorted(byName)).toEqual(made().toSorted(byName));
});

test("the dashboard asks for metrics and attributes that there are", () => {
  const text = readFileSync(new URL("../../docs/dashboard.json", import.meta.url), "utf8");
  const dashboard = JSON.parse(text) as Dashboard;
  const asked = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const queries = [...asked, ...dashboard.templating.list.map(({ query }) => query)];
  const names = queries.flatMap((query) =>
    [...query.matchAll(/label_values\((\w+)|\b(\w+)(?=[{[])/g)].map(([, one, other]) => (one ?? other)!),
  );
  expect(asked.length).toBeGreaterThan(dashboard.panels.length);
  const inPrometheus = new Set(made().flatMap(prometheusNames));
  expect(names.filter((name) => !inPrometheus.has(name))).toEqual([]);
  // Each metric is on it.
  for (const metric of made())
    expect(prometheusNames(metric).some((name) => names.includes(name))).toBe(true);
  const known = new Set(
    [...page.matchAll(/`([a-z_.]+\.[a-z_.]+|error\.type)`/g)].map(([, name]) => name!.replaceAll(".", "_")),
  );
  const labels = asked.flatMap((query) => [
    ...[...query.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label!),
    ...[...query.matchAll(/by \((.*?)\)/g)].flatMap(([, list]) => list!.split(", ")),
  ]);
  known.add("le");
  expect(labels.filter((label) => !known.has(label))).toEqual([]);
});

test("with the recipe for instrumentation-undici services are byname's to trace, and all else is its", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    ${asDynamic(recipe)}
    instrumentation.setTracerProvider(trace.getTracerProvider());
    await byname.fetch("http://orders/?token=secret");
    await byname.request("http://orders/?token=secret");
    await fetch("http://127.0.0.1:${server.port}/other");
    `,
    { byname: ordersAt(server.port) },
  );
  const clients = otlp.spans.filter(({ kind }) => kind === "CLIENT");
  expect(clients.map(({ scope }) => scope)).toEqual([
    "byname",
    "byname",
    "@opentelemetry/instrumentation-undici",
  ]);
  expect(otlp.text).not.toContain("secret");
});

test("lines for CloudWatch come as the page says, by themselves", async () => {
  await using server = await loopback((_, response) => response.end());
  const [lookup, attempt] = await inChild(`${emf} ${calling(server.port)}`);
  expect(lookup).toMatchObject({ service: "orders", source: "fixed", LookupErrors: [0], Endpoints: [1] });
  expect(attempt).toMatchObject({ service: "orders", source: "fixed", Errors: [0], Retries: [0] });
  expect(attempt).toHaveProperty("_aws.CloudWatchMetrics[0].Namespace", "shop");
});

test("what is done with events on the page works", async () => {
  expect(more).toEqual([]);
  await using server = await loopback((_, response) => response.end());
  const quoting = `const log = console.log; console.log = (line) => log(JSON.stringify(line));`;
  for (const [code, said] of [
    [attempts, /^orders by fixed at 127\.0\.0\.1: 200 after \d+ ms$/],
    [starts, /^orders: \d+ ms, retries included$/],
  ] as const) {
    const lines = await inChild(`${quoting} ${code} ${calling(server.port)}`);
    expect(lines).toEqual([expect.stringMatching(said)]);
  }
});

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

interface Made {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
}

const registry = globalThis as { [key: symbol]: unknown };
const key = Symbol.for("opentelemetry.js.api.1");
afterEach(() => {
  delete registry[key];
});

/** The instruments that byname makes. */
function made(): Made[] {
  const instruments: Made[] = [];
  const make =
    (kind: string) =>
    (name: string, { unit }: { unit: string }) => {
      instruments.push({ name, kind, unit });
      return { record() {}, add() {}, addCallback() {} };
    };
  const meter = {
    createHistogram: make("histogram"),
    createCounter: make("counter"),
    createObservableGauge: make("gauge"),
  };
  registry[key] = { version: "1.9.0", metrics: { getMeter: () => meter } };
  new Metrics().measure(1, () => ({}));
  return instruments;
}

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus */
function prometheusNames({ name, kind, unit }: Made): string[] {
  const base = name.replaceAll(".", "_") + (unit === "s" ? "_seconds" : "");
  if (kind === "counter") return [`${base}_total`];
  return kind === "histogram" ? [`${base}_bucket`, `${base}_count`, `${base}_sum`] : [base];
}

function byName(a: Made, b: Made): number {
  return a.name < b.name ? -1 : 1;
}

/** The cells of a table by the first word of its head, without their marks. */
function table(head: string): string[][] {
  const rows = new RegExp(`^\\| ${head} .*\\n\\|[ -|]*\\n((?:\\|.*\\n)+)`, "m").exec(page)![1]!;
  return rows
    .trim()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1")),
    );
}

function firstCells(head: string): string[] {
  return table(head).map(([cell]) => cell!);
}

/** One call by an instance of its own, in another process. */
function calling(port: number): string {
  return `
    const { createByname } = await import(${bynameModule});
    const byname = createByname(${JSON.stringify(ordersAt(port))});
    await (await byname.request("http://orders/")).body.dump();
    await byname.close();
  `;
}

/** A module's code as it can stand in a function. */
function asDynamic(code: string): string {
  return code
    .replaceAll(/^import (\{.*?\}) from (".*?");$/gm, "const $1 = await import($2);")
    .replaceAll("export ", "");
}
