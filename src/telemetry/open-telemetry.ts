import type {
  Context,
  ContextManager,
  DiagLogger,
  Meter,
  MeterProvider,
  Span,
  TextMapPropagator,
  Tracer,
  TracerProvider,
} from "@opentelemetry/api";

/**
 * OpenTelemetry: what a program has registered of it, read at the place and by the keys that all versions 1 of its API
 * share (`@opentelemetry/api`: internal/global-utils, trace/context-utils, context). Only types of the API are imported:
 * loading it takes 10 ms, every bundle would have to find it, and where a Lambda layer brings OpenTelemetry a function
 * cannot.
 */
export interface Registered {
  readonly trace?: TracerProvider;
  readonly context?: ContextManager;
  readonly propagation?: TextMapPropagator;
  readonly metrics?: MeterProvider;
  readonly diag?: DiagLogger;
}

/** The API's enumerations, which are values and so would be an import. */
export const kinds = { internal: 0, client: 2 } as const;
export const failed = 2;

const name = "byname";
const registryKey = Symbol.for("opentelemetry.js.api.1");
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");
const suppressionKey = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Asked at each use, since a program may register its parts one after the other, and others later on. */
function registered(): Registered {
  return (globalThis as { [registryKey]?: Registered })[registryKey] ?? {};
}

export function tracer(): Tracer | undefined {
  const { trace } = registered();
  if (trace !== known.trace) known.tracer = trace?.getTracer(name);
  known.trace = trace;
  return known.tracer;
}

const known: { trace?: TracerProvider | undefined; tracer?: Tracer | undefined } = {};

export function meterProvider(): MeterProvider | undefined {
  return registered().metrics;
}

export function meterOf(provider: MeterProvider): Meter {
  return provider.getMeter(name);
}

export function activeContext(): Context {
  return registered().context?.active() ?? new RootContext(new Map());
}

export function spanIn(context: Context): Span | undefined {
  return context.getValue(spanKey) as Span | undefined;
}

export function withSpan(context: Context, span: Span | undefined): Context {
  return span ? context.setValue(spanKey, span) : context;
}

/** Whether nothing of what happens here is to be traced, as with the requests of an exporter. */
export function isSuppressed(context: Context): boolean {
  return context.getValue(suppressionKey) === true;
}

/** Hands the headers to `set` that carry this context on, by the registered propagator. */
export function inject(context: Context, set: (name: string, value: string) => void): void {
  if (isSuppressed(context)) return;
  registered().propagation?.inject(context, undefined, { set: (_, name, value) => set(name, value) });
}

/** The headers by which the registered propagator carries a trace on. Baggage may be there without a trace. */
export function traceHeaders(): string[] {
  const fields = registered().propagation?.fields() ?? [];
  return fields.map((field) => field.toLowerCase()).filter((field) => field !== "baggage");
}

/** Tells whoever has asked OpenTelemetry for its own troubles. */
export function complain(error: unknown): void {
  registered().diag?.error("byname: telemetry failed", error);
}

/** A context where no manager is registered that would have one. */
class RootContext implements Context {
  readonly #values: ReadonlyMap<symbol, unknown>;

  constructor(values: ReadonlyMap<symbol, unknown>) {
    this.#values = values;
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new RootContext(new Map(this.#values).set(key, value));
  }

  deleteValue(key: symbol): Context {
    return this.setValue(key, undefined);
  }
}
