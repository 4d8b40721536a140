import { bynameModule, inChild } from "./child.ts";
import type { SdkOptions } from "./otel-sdk.ts";
import { type Otlp, startOtlp } from "./otlp.ts";

const sdkModule = JSON.stringify(new URL("./otel-sdk.ts", import.meta.url).href);

export interface TracedOptions {
  readonly sdk?: SdkOptions;
  /** Options of byname, as JSON has them. */
  readonly byname: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
}

/**
 * Runs code in a process of its own where OpenTelemetry's SDK is registered before `byname` is there, with `tracer` and the
 * `parent` span that all of it runs in.
 * @returns what was exported, and what was printed as JSON by `print`
 */
export async function traced(
  code: string,
  options: TracedOptions,
): Promise<{ otlp: Otlp; printed: unknown[] }> {
  await using otlp = await startOtlp();
  const { sdk = {}, byname, env = {}, node } = options;
  const printed = await inChild(
    `
    import { startSdk } from ${sdkModule};
    import { context, trace, propagation, metrics } from "@opentelemetry/api";
    const print = (value) => console.log(JSON.stringify(value));
    const sdk = startSdk(${JSON.stringify(sdk)});
    const { createByname } = await import(${bynameModule});
    const byname = createByname(${JSON.stringify(byname)});
    const tracer = trace.getTracer("test");
    const parent = tracer.startSpan("parent");
    try {
      await context.with(trace.setSpan(context.active(), parent), async () => { ${code} });
    } finally {
      parent.end();
      await byname.destroy();
      await sdk.shutdown();
    }
    `,
    { ...otlp.env, ...env },
    node,
  );
  return { otlp, printed };
}

/** Options of byname with `orders` at this port. */
export function ordersAt(...ports: readonly number[]): object {
  return {
    sources: ["fixed"],
    services: { orders: { fixed: ports.map((port) => `http://127.0.0.1:${port}`), balance: "roundRobin" } },
  };
}
