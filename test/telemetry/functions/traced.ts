import { type LambdaContext, withByname } from "@byname/lambda";
import type { traced } from "./layer.ts";

const { layer } = globalThis as unknown as { layer: { traced: typeof traced } };

/** Traced: a function that calls `orders`, under a layer with OpenTelemetry. */
export const handler = layer.traced(
  withByname(
    { services: { orders: {} }, namespace: "sd.local" },
    async (_event: unknown, _context: LambdaContext, byname) => {
      const fetched = await (await byname.fetch("http://orders/fetched?token=secret")).text();
      const requested = await (await byname.request("http://orders/requested")).body.text();
      return { fetched, requested };
    },
  ),
);
