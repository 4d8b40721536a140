import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { createByname } from "byname";
import { startSdk } from "../support/otel-sdk.ts";

/**
 * Service: one of a small shop, in a process of its own: `node service.ts orders users` answers as `orders`, after it has asked
 * `users`. Its own spans are what `instrumentation-http` makes of requests that come.
 */
const [name = "", next] = process.argv.slice(2);
const sdk = startSdk({ service: name });
const byname = createByname({ services: { [next ?? name]: {} } });
const tracer = trace.getTracer("server");

const server = createServer(async ({ method = "GET", url = "/", headers }, response) => {
  const parent = propagation.extract(context.active(), headers);
  const span = tracer.startSpan(`${method} ${url}`, { kind: SpanKind.SERVER }, parent);
  await context.with(trace.setSpan(parent, span), async () => {
    response.statusCode = statusNow();
    const asked = next ? await (await byname.fetch(`http://${next}/${next}`)).text() : "";
    response.end(`${name} ${asked}`.trim());
    span.setAttribute("http.response.status_code", response.statusCode);
  });
  span.end();
  await sdk.flush();
});

/** The last of them is not ready for its first request. */
let isReady = next !== undefined;
function statusNow(): number {
  const status = isReady ? 200 : 503;
  isReady = true;
  return status;
}

server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
