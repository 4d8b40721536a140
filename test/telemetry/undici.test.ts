import { expect, test, vi } from "vitest";
import { loopback } from "../support/loopback.ts";
import type { SdkOptions } from "../support/otel-sdk.ts";
import type { OtlpSpan } from "../support/otlp.ts";
import { ordersAt, traced } from "../support/traced.ts";

vi.setConfig({ testTimeout: 60_000 });

const calls = `
  await (await byname.fetch("http://orders/fetched")).text();
  await (await byname.request("http://orders/requested")).body.text();
`;

test.each<[string, SdkOptions]>([
  ["W3C's headers", {}],
  ["X-Ray's", { propagator: "xray" }],
  ["none at all", { propagator: "none" }],
])(
  "beside instrumentation-undici, with %s, each attempt has the one span that it makes",
  async (_what, sdk) => {
    const statuses = [503, 200, 503, 200];
    await using server = await loopback((_, response) => response.writeHead(statuses.shift()!).end());
    const { otlp } = await traced(calls, { byname: ordersAt(server.port), sdk: { ...sdk, undici: true } });
    const spans = clients(otlp.spans);
    expect(spans.map(({ attributes }) => attributes["url.path"])).toEqual([
      "/fetched",
      "/fetched",
      "/requested",
      "/requested",
    ]);
    const parent = otlp.spans.find(({ name }) => name === "parent")!;
    for (const span of spans) {
      expect(span).toMatchObject({
        scope: "@opentelemetry/instrumentation-undici",
        parentSpanId: parent.spanId,
      });
    }
    const carried = server.seen.map(({ headers }) => headers.traceparent ?? headers["x-amzn-trace-id"]);
    if (sdk.propagator === "none") expect(carried).toEqual([undefined, undefined, undefined, undefined]);
    else for (const [at, span] of spans.entries()) expect(carried[at]).toContain(span.spanId);
  },
);

test.each([true, false])(
  "within a client's own span each trace header is there once (enabled: %s)",
  async (enabled) => {
    await using server = await loopback((_, response) => response.end());
    const { otlp } = await traced(
      `
    const attributes = { "http.method": "GET" };
    await tracer.startActiveSpan("fetch GET", { kind: 2, attributes }, async (span) => {
      ${calls}
      span.end();
    });
    `,
      { byname: ordersAt(server.port), sdk: { undici: { enabled } } },
    );
    const spans = clients(otlp.spans);
    expect(spans.map(({ scope }) => scope)).not.toContain("byname");
    const carried = spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    for (const { headers } of server.seen) expect(carried).toContain(headers.traceparent);
  },
);

test("what the instrumentation is told to ignore is byname's to trace, and measured once", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(calls, {
    byname: ordersAt(server.port),
    sdk: { undici: { enabled: false } },
  });
  const spans = clients(otlp.spans);
  expect(spans.map(({ scope }) => scope)).toEqual(["byname", "byname"]);
  expect(server.seen.map(({ headers }) => headers.traceparent)).toEqual(
    spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
  );
  expect(otlp.metrics.get("http.client.request.duration")?.points.map(({ value }) => value)).toEqual([2]);
});

test("beside one that ignores requests the caller's own baggage stays as it is", async () => {
  await using server = await loopback((_, response) => response.end());
  await traced(
    `
    const { subscribe } = await import("node:diagnostics_channel");
    subscribe("undici:request:create", () => {});
    const baggage = propagation.createBaggage({ active: { value: "1" } });
    await context.with(propagation.setBaggage(context.active(), baggage), async () => {
      for (const headers of [{ Baggage: "own=1" }, {}]) {
        await (await byname.fetch("http://orders/", { headers })).text();
        await (await byname.request("http://orders/", { headers })).body.text();
      }
    });
    `,
    { byname: ordersAt(server.port) },
  );
  const carried = server.seen.map(({ headers }) => headers.baggage);
  expect(carried).toEqual(["own=1", "own=1", "active=1", "active=1"]);
  for (const { headers } of server.seen) expect(headers).toHaveProperty("traceparent");
});

test("beside it the durations are its own, and byname's counts go on", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(calls, { byname: ordersAt(server.port), sdk: { undici: true } });
  expect(otlp.metrics.get("http.client.request.duration")?.points).toMatchObject([
    { value: 2, attributes: { "server.address": "127.0.0.1" } },
  ]);
  expect(otlp.metrics.get("byname.attempts")?.points).toMatchObject([{ value: 2 }]);
});

test("the header of a Lambda invocation gives way to the propagator's", async () => {
  await using server = await loopback((_, response) => response.end());
  for (const undici of [false, true]) {
    const { otlp } = await traced(
      `
      const { withByname } = await import("@byname/lambda");
      const options = ${JSON.stringify(ordersAt(server.port))};
      const handler = withByname(options, async (_event, _context, byname) => {
        await (await byname.fetch("http://orders/")).text();
        await byname.close();
      });
      await handler({}, { getRemainingTimeInMillis: () => 3000, xRayTraceId: "Root=1-2-3;Sampled=1" });
      `,
      { byname: {}, sdk: { propagator: "xray", undici } },
    );
    const [span, ...others] = clients(otlp.spans);
    expect(others).toEqual([]);
    const header = server.seen.at(-1)!.headers["x-amzn-trace-id"];
    expect(header).toMatch(new RegExp(`^Root=1-[^,]*;Parent=${span!.spanId};Sampled=1$`));
  }
});

function clients(spans: readonly OtlpSpan[]): OtlpSpan[] {
  return spans.filter(({ kind }) => kind === "CLIENT");
}
