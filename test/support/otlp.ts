import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** Otlp: a receiver of what OpenTelemetry's SDK exports over HTTP as JSON (https://opentelemetry.io/docs/specs/otlp/). */
export interface Otlp extends AsyncDisposable {
  /** What an exporter finds it by. */
  readonly env: { readonly OTEL_EXPORTER_OTLP_ENDPOINT: string };
  /** In the order of their beginnings. */
  readonly spans: readonly OtlpSpan[];
  /** The newest points of each metric. */
  readonly metrics: ReadonlyMap<string, OtlpMetric>;
  /** All that was received, as it came. */
  readonly text: string;
}

export interface OtlpSpan {
  readonly service: string;
  /** The name of the instrumentation's scope. */
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: "INTERNAL" | "SERVER" | "CLIENT";
  readonly attributes: Values;
  readonly isError: boolean;
  readonly message: string | undefined;
  readonly events: readonly { readonly name: string; readonly attributes: Values }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** In nanoseconds. */
  readonly start: bigint;
}

export interface OtlpMetric {
  readonly unit: string;
  readonly points: readonly {
    readonly attributes: Values;
    /** Of a counter or gauge, or how often a histogram was recorded. */
    readonly value: number;
    readonly bounds?: readonly number[];
  }[];
}

type Values = Readonly<Record<string, string | number | boolean>>;

export async function startOtlp(): Promise<Otlp> {
  const spans: OtlpSpan[] = [];
  const metrics = new Map<string, OtlpMetric>();
  let text = "";
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Exported;
    text += JSON.stringify(body);
    for (const resource of body.resourceSpans ?? []) spans.push(...spansOf(resource));
    for (const [name, metric] of (body.resourceMetrics ?? []).flatMap(metricsOf)) metrics.set(name, metric);
    response.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    get spans() {
      return spans.toSorted((a, b) => Number(a.start - b.start));
    },
    metrics,
    get text() {
      return text;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What OTLP's JSON holds, as far as tests look at it. */
interface Exported {
  readonly resourceSpans?: readonly ResourceSpans[];
  readonly resourceMetrics?: readonly ResourceMetrics[];
}

interface Resource {
  readonly resource: { readonly attributes: readonly KeyValue[] };
}

interface ResourceSpans extends Resource {
  readonly scopeSpans: readonly {
    readonly scope: { readonly name: string };
    readonly spans: readonly RawSpan[];
  }[];
}

interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code?: number; readonly message?: string };
  readonly events: readonly { readonly name: string; readonly attributes: readonly KeyValue[] }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface ResourceMetrics extends Resource {
  readonly scopeMetrics: readonly { readonly metrics: readonly RawMetric[] }[];
}

interface RawMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly RawPoint[] };
  readonly gauge?: { readonly dataPoints: readonly RawPoint[] };
  readonly histogram?: { readonly dataPoints: readonly RawPoint[] };
}

interface RawPoint {
  readonly attributes: readonly KeyValue[];
  readonly asInt?: number | string;
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly explicitBounds?: readonly number[];
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

function spansOf({ resource, scopeSpans }: ResourceSpans): OtlpSpan[] {
  const service = String(valuesOf(resource.attributes)["service.name"]);
  return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => spanOf(service, scope.name, span)));
}

function spanOf(service: string, scope: string, raw: RawSpan): OtlpSpan {
  const { traceId, spanId, parentSpanId, name, kind, attributes, status, startTimeUnixNano } = raw;
  return {
    service,
    scope,
    traceId,
    spanId,
    parentSpanId: parentSpanId || undefined,
    name,
    kind: kinds[kind]!,
    attributes: valuesOf(attributes),
    isError: status.code === 2,
    message: status.message,
    events: raw.events.map((event) => ({ name: event.name, attributes: valuesOf(event.attributes) })),
    links: raw.links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    start: BigInt(startTimeUnixNano),
  };
}

const kinds: Readonly<Record<number, OtlpSpan["kind"]>> = { 1: "INTERNAL", 2: "SERVER", 3: "CLIENT" };

function metricsOf({ scopeMetrics }: ResourceMetrics): [string, OtlpMetric][] {
  return scopeMetrics.flatMap(({ metrics }) => metrics).map((raw) => [raw.name, metricOf(raw)]);
}

function metricOf({ unit, sum, gauge, histogram }: RawMetric): OtlpMetric {
  const points = (sum ?? gauge ?? histogram)!.dataPoints.map((point) => ({
    attributes: valuesOf(point.attributes),
    value: Number(point.asInt ?? point.asDouble ?? point.count),
    ...(point.explicitBounds ? { bounds: point.explicitBounds } : {}),
  }));
  return { unit, points };
}

function valuesOf(list: readonly KeyValue[]): Values {
  return Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      "intValue" in value ? Number(value.intValue) : Object.values(value)[0]!,
    ]),
  );
}
