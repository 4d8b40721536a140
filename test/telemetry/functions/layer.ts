import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { startSdk } from "../../support/otel-sdk.ts";

/**
 * Layer: what a layer with OpenTelemetry does for a function: it sets the SDK up before the function's code is there, and
 * makes a span for each invocation, a child of Lambda's own. The function has no OpenTelemetry of its own.
 */
const sdk = startSdk({ service: "function", propagator: "xray" });

type Handler<Context> = (event: never, context: Context) => unknown;

export function traced<Context extends { xRayTraceId?: string | undefined }>(handler: Handler<Context>) {
  return async (event: never, about: Context): Promise<unknown> => {
    const carrier = { "x-amzn-trace-id": about.xRayTraceId ?? process.env._X_AMZN_TRACE_ID };
    const parent = propagation.extract(context.active(), carrier);
    const span = trace.getTracer("lambda").startSpan("invocation", { kind: SpanKind.SERVER }, parent);
    const result = await context.with(trace.setSpan(parent, span), () => handler(event, about));
    span.end();
    await sdk.flush();
    return result;
  };
}

(globalThis as { layer?: object }).layer = { traced };
