import { metrics, propagation, trace } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { AWSXRayPropagator } from "@opentelemetry/propagator-aws-xray";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";

/** Sdk: the real one of OpenTelemetry, as a program sets it up before all else. It exports to where the environment says. */
export interface Sdk {
  /** Exports what there is, as before a freeze. */
  flush(): Promise<void>;
  /** Exports what is left. */
  shutdown(): Promise<void>;
}

export interface SdkOptions {
  readonly service?: string;
  /** @default "w3c" */
  readonly propagator?: "w3c" | "xray" | "none";
  /** Registers `instrumentation-undici` as well. */
  readonly undici?: ConstructorParameters<typeof UndiciInstrumentation>[0] | boolean;
}

export function startSdk({ service = "test", propagator = "w3c", undici = false }: SdkOptions = {}): Sdk {
  const resource = resourceFromAttributes({ "service.name": service });
  const spanProcessors = [new SimpleSpanProcessor(new OTLPTraceExporter())];
  const traces = new NodeTracerProvider({ resource, spanProcessors });
  const propagators = { w3c: undefined, xray: new AWSXRayPropagator(), none: null };
  traces.register({ propagator: propagators[propagator]! });
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: 60_000,
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  metrics.setGlobalMeterProvider(meters);
  if (undici) {
    const instrumentation = new UndiciInstrumentation(undici === true ? {} : undici);
    instrumentation.setTracerProvider(traces);
    instrumentation.setMeterProvider(meters);
  }
  return {
    async flush() {
      await Promise.all([traces.forceFlush(), meters.forceFlush()]);
    },
    async shutdown() {
      await Promise.all([traces.shutdown(), meters.shutdown()]);
      trace.disable();
      metrics.disable();
      propagation.disable();
    },
  };
}
