import { expect, test, vi } from "vitest";
import { deafPort, loopback } from "../support/loopback.ts";
import { nodeBinary } from "../support/node-versions.ts";
import type { OtlpSpan } from "../support/otlp.ts";
import { ordersAt, traced } from "../support/traced.ts";

// A process with the SDK starts in a second, and in many on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const ways = [
  ["fetch", `await (await byname.fetch(url, init)).text();`],
  ["request", `await (await byname.request(url, init)).body.text();`],
  ["install", `await byname.install(); await (await fetch(url, init)).text();`],
  [
    "undici",
    `const { request } = await import("undici");
     await (await request(url, { ...init, dispatcher: byname.dispatcher })).body.text();`,
  ],
] as const;

test.each(ways)("a call by %s is one client span, carried on to the service", async (_way, code) => {
  await using server = await loopback((_, response) => response.end("ok"));
  const { otlp } = await traced(
    `const url = "http://orders/v1/orders/42?token=secret"; const init = { headers: { authorization: "secret" } }; ${code}`,
    { byname: ordersAt(server.port) },
  );
  const [span, ...others] = clients(otlp.spans);
  expect(others).toEqual([]);
  expect(span).toMatchObject({
    scope: "byname",
    name: "GET",
    isError: false,
    parentSpanId: parentOf(otlp.spans).spanId,
  });
  expect(span!.attributes).toEqual({
    "http.request.method": "GET",
    "server.address": "orders",
    "server.port": 80,
    "url.full": "http://orders/v1/orders/42",
    "network.peer.address": "127.0.0.1",
    "network.peer.port": server.port,
    "http.response.status_code": 200,
    "byname.service": "orders",
    "byname.source": "fixed",
    "byname.stale": false,
    "byname.cross_zone": false,
  });
  expect(server.seen[0]!.headers.traceparent).toBe(traceparent(span!));
  expect(otlp.text).not.toContain("secret");
});

test("a call by an agent is one client span, and its trace is in the headers", async () => {
  await using server = await loopback((_, response) => response.end("ok"));
  const dead = await deafPort();
  const { otlp } = await traced(
    `
    const { request } = await import("node:http");
    const call = (path, options = {}) => new Promise((resolve, reject) => {
      const one = request("http://orders" + path, { agent: byname.agent, ...options });
      one.once("response", (response) => response.resume().once("end", resolve)).once("error", reject).end();
    });
    void byname.agent;
    await byname.resolve("orders");
    await call("/first?token=secret");
    await call("/own", { headers: { traceparent: "own" } });
    `,
    { byname: ordersAt(dead, server.port) },
  );
  const [span, ...others] = clients(otlp.spans);
  expect(others).toEqual([]);
  expect(span).toMatchObject({ name: "GET", parentSpanId: parentOf(otlp.spans).spanId });
  expect(span!.attributes).toMatchObject({
    "server.address": "orders",
    "url.full": "http://orders/first",
    "network.peer.port": server.port,
    "http.response.status_code": 200,
    "byname.source": "fixed",
  });
  expect(server.seen.map(({ headers }) => headers.traceparent)).toEqual([traceparent(span!), "own"]);
});

test("a call by an agent that comes to nothing is a span that says so", async () => {
  const { otlp } = await traced(
    `
    const { request } = await import("node:http");
    const failed = (host) => new Promise((resolve) => {
      request("http://" + host + "/", { agent: byname.agent }).once("error", resolve).end();
    });
    void byname.agent;
    await byname.resolve("orders");
    await failed("orders");
    await failed("nowhere");
    `,
    {
      byname: {
        sources: ["fixed"],
        services: {
          orders: { fixed: `http://127.0.0.1:${await deafPort()}`, request: { retries: 0 } },
          nowhere: {},
        },
      },
    },
  );
  expect(clients(otlp.spans)).toMatchObject([
    { isError: true, attributes: { "server.address": "orders", "error.type": "BYNAME_REQUEST" } },
    { isError: true, attributes: { "server.address": "nowhere", "error.type": "BYNAME_SERVICE_NOT_FOUND" } },
  ]);
});

test("what is not answered in time is an error of its span, by the service's limit and by the caller's", async () => {
  await using server = await loopback(() => {});
  const { otlp } = await traced(
    `
    await byname.fetch("http://orders/", { byname: { timeout: 50 } }).catch(() => {});
    await byname.request("http://orders/", { signal: AbortSignal.timeout(50) }).catch(() => {});
    await byname.fetch("http://orders/", { signal: AbortSignal.timeout(50) }).catch(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await byname.request("http://orders/", { signal: abort.signal }).catch(() => {});
    `,
    { byname: ordersAt(server.port) },
  );
  const errors = clients(otlp.spans).map(({ isError, attributes }) => [isError, attributes["error.type"]]);
  expect(errors).toEqual([
    [true, "BYNAME_DEADLINE"],
    [true, "TimeoutError"],
    [true, "TimeoutError"],
    [false, undefined],
  ]);
  const { points } = otlp.metrics.get("http.client.request.duration")!;
  expect(points.map(({ attributes, value }) => [attributes["error.type"], value])).toEqual([
    ["BYNAME_DEADLINE", 1],
    ["TimeoutError", 2],
  ]);
});

test("a request by an agent that is aborted during the lookup is a span without an error", async () => {
  const { otlp } = await traced(
    `
    const { once } = await import("node:events");
    const { request } = await import("node:http");
    void byname.agent;
    await byname.resolve("orders");
    const asked = Promise.withResolvers();
    const { promise, resolve } = Promise.withResolvers();
    const lookup = () => { asked.resolve(); return promise; };
    const own = createByname({ services: { users: {} }, sources: [{ name: "own", lookup }] });
    const abort = new AbortController();
    const failed = once(request("http://users/", { agent: own.agent, signal: abort.signal }).end(), "error");
    await asked.promise;
    abort.abort();
    resolve({ kind: "notFound", detail: "no such service" });
    await failed;
    await own.close();
    `,
    { byname: ordersAt(await deafPort()) },
  );
  const [span, ...others] = clients(otlp.spans);
  expect(others).toEqual([]);
  expect(span).toMatchObject({ isError: false, attributes: { "server.address": "users" } });
  expect(span!.attributes).not.toHaveProperty("error.type");
});

test("a part of OpenTelemetry that throws harms no call", async () => {
  await using server = await loopback((_, response) => response.end("ok"));
  const { printed } = await traced(
    `
    const broken = () => { throw new Error("broken"); };
    propagation.setGlobalPropagator({ inject: broken, extract: broken, fields: broken });
    print(await (await byname.fetch("http://orders/")).text());
    `,
    { byname: ordersAt(server.port), sdk: { propagator: "none" } },
  );
  expect(printed).toEqual(["ok"]);
});

test.each(ways)("each attempt by %s has its own span and headers, also after a pause", async (_way, code) => {
  const statuses = [503, 200];
  await using server = await loopback((_, response) => response.writeHead(statuses.shift()!).end());
  const { otlp } = await traced(
    // Whoever sets a timer first, it is shared by the requests that follow.
    `const url = "http://orders/"; const init = { method: "PUT" };
     await context.with(trace.deleteSpan(context.active()), () => byname.prefetch());
     ${code}`,
    { byname: ordersAt(server.port) },
  );
  const [first, second, ...others] = clients(otlp.spans);
  expect(others).toEqual([]);
  const { spanId: parentSpanId, traceId } = parentOf(otlp.spans);
  expect(first).toMatchObject({ name: "PUT", isError: true, parentSpanId, traceId });
  expect(first!.attributes).toMatchObject({ "http.response.status_code": 503, "error.type": "503" });
  expect(first!.attributes).not.toHaveProperty("http.request.resend_count");
  expect(second).toMatchObject({ name: "PUT", isError: false, parentSpanId, traceId });
  expect(second!.attributes).toMatchObject({ "http.request.resend_count": 1 });
  expect(server.seen.map(({ headers }) => headers.traceparent)).toEqual(
    [first, second].map((one) => traceparent(one!)),
  );
});

test("many requests that fail together have each their own trace, though they share timers", async () => {
  const failed = new Set<string>();
  await using server = await loopback(({ url }, response) => {
    response.writeHead(failed.has(url!) ? 200 : 503).end();
    failed.add(url!);
  });
  const { otlp } = await traced(
    `
    await Promise.all([1, 2, 3].map((n) => tracer.startActiveSpan("work " + n, async (span) => {
      await (await byname.fetch("http://orders/" + n)).text();
      span.end();
    })));
    `,
    { byname: ordersAt(server.port) },
  );
  for (const n of [1, 2, 3]) {
    const work = otlp.spans.find(({ name }) => name === `work ${n}`)!;
    const own = clients(otlp.spans).filter(
      ({ attributes }) => attributes["url.full"] === `http://orders/${n}`,
    );
    expect(own.map(({ parentSpanId }) => parentSpanId)).toEqual([work.spanId, work.spanId]);
  }
});

test("what fails says so in its span, also where it was never sent", async () => {
  await using server = await loopback((_, response) => response.writeHead(404).end());
  const { otlp } = await traced(
    `
    const ignore = () => {};
    await byname.fetch("http://deaf/?token=secret").catch(ignore);
    await byname.fetch("http://nowhere/?token=secret").catch(ignore);
    await byname.fetch("http://orders/");
    // Node's server takes it for an error.
    await byname.request("http://orders/", { method: "get" });
    await byname.fetch("http://orders/", { method: "PURGE" });
    const abort = new AbortController();
    const cut = byname.fetch("http://orders/", { signal: abort.signal }).catch(ignore);
    queueMicrotask(() => abort.abort());
    await cut;
    `,
    {
      byname: {
        sources: ["fixed"],
        services: {
          deaf: { fixed: `http://127.0.0.1:${await deafPort()}`, request: { retries: 0 } },
          nowhere: {},
          orders: { fixed: `http://127.0.0.1:${server.port}` },
        },
      },
    },
  );
  const [deaf, nowhere, missing, small, purge, cut] = clients(otlp.spans);
  expect(deaf).toMatchObject({
    isError: true,
    attributes: { "server.address": "deaf", "error.type": "ECONNREFUSED" },
  });
  expect(nowhere).toMatchObject({ isError: true, parentSpanId: parentOf(otlp.spans).spanId });
  expect(nowhere!.attributes).toEqual({
    "http.request.method": "GET",
    "server.address": "nowhere",
    "server.port": 80,
    "url.full": "http://nowhere/",
    "error.type": "BYNAME_SERVICE_NOT_FOUND",
  });
  expect(missing).toMatchObject({ isError: true, name: "GET", attributes: { "error.type": "404" } });
  expect(small).toMatchObject({
    name: "GET",
    attributes: { "error.type": "400", "http.request.method": "GET" },
  });
  expect(small!.attributes["http.request.method_original"]).toBe("get");
  expect(purge).toMatchObject({ name: "HTTP", attributes: { "http.request.method": "_OTHER" } });
  expect(purge!.attributes["http.request.method_original"]).toBe("PURGE");
  // An abort is no error; it may have come before there was an attempt.
  expect(cut?.isError ?? false).toBe(false);
  expect(otlp.text).not.toContain("secret");
});

test("a caller's own trace headers stay as they are, and whoever wrote them is left to it", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    const headers = { TraceParent: "own" };
    await byname.fetch("http://orders/", { headers });
    await byname.request("http://orders/", { headers });
    `,
    { byname: ordersAt(server.port) },
  );
  expect(clients(otlp.spans)).toEqual([]);
  expect(server.seen.map(({ headers }) => headers.traceparent)).toEqual(["own", "own"]);
});

test("X-Ray's propagator is asked like any other", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(`await byname.fetch("http://orders/");`, {
    byname: ordersAt(server.port),
    sdk: { propagator: "xray" },
  });
  const [{ traceId, spanId }] = clients(otlp.spans) as [OtlpSpan];
  const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
  expect(server.seen[0]!.headers).toMatchObject({
    "x-amzn-trace-id": `Root=${root};Parent=${spanId};Sampled=1`,
  });
  expect(server.seen[0]!.headers).not.toHaveProperty("traceparent");
});

test("what happens with tracing suppressed has no span and no headers", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    const { suppressTracing } = await import("@opentelemetry/core");
    await context.with(suppressTracing(context.active()), () => byname.fetch("http://orders/"));
    `,
    { byname: ordersAt(server.port) },
  );
  expect(otlp.spans.map(({ name }) => name)).toEqual(["parent"]);
  expect(server.seen[0]!.headers).not.toHaveProperty("traceparent");
});

test("a client's span around the whole request is left to be the only one, and told the way", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    // As Next.js makes them.
    const attributes = { "http.method": "GET", "next.span_type": "AppRender.fetch" };
    await tracer.startActiveSpan("fetch GET http://orders/", { kind: 2, attributes }, async (span) => {
      await byname.fetch("http://orders/");
      span.end();
    });
    `,
    { byname: ordersAt(server.port) },
  );
  const [span, ...others] = clients(otlp.spans);
  expect(others).toEqual([]);
  expect(span).toMatchObject({
    scope: "test",
    attributes: { "byname.service": "orders", "byname.source": "fixed" },
  });
  expect(server.seen[0]!.headers.traceparent).toBe(traceparent(span!));
});

test("OpenTelemetry may be registered when calls have been made; its diagnostics alone do not count", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    const key = Symbol.for("opentelemetry.js.api.1");
    const registered = globalThis[key];
    delete globalThis[key];
    await byname.fetch("http://orders/before");
    globalThis[key] = { version: registered.version, diag: registered.diag };
    await byname.fetch("http://orders/with-diagnostics");
    // As long as loading it could take: what the rest of this waits for is loaded by the same means.
    await byname.request("http://orders/with-diagnostics");
    if (globalThis[Symbol.for("byname.telemetry")]) throw new Error("it would be made for nobody");
    globalThis[key] = registered;
    await context.with(trace.setSpan(context.active(), parent), async () => {
      await byname.fetch("http://orders/finds-it");
      while (!globalThis[Symbol.for("byname.telemetry")]) await new Promise(setImmediate);
      await byname.fetch("http://orders/after");
    });
    `,
    { byname: ordersAt(server.port) },
  );
  expect(clients(otlp.spans).map(({ attributes }) => attributes["url.full"])).toEqual([
    "http://orders/after",
  ]);
});

test.each([22, 26] as const)("Node %i traces as 24 does", async (major) => {
  const statuses = [503, 200, 200];
  await using server = await loopback((_, response) => response.writeHead(statuses.shift()!).end());
  const { otlp } = await traced(
    `await (await byname.fetch("http://orders/")).text(); await (await byname.request("http://orders/")).body.text();`,
    { byname: ordersAt(server.port), node: await nodeBinary(major) },
  );
  const spans = clients(otlp.spans);
  expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(parentOf(otlp.spans).spanId));
  expect(server.seen.map(({ headers }) => headers.traceparent)).toEqual(spans.map(traceparent));
});

function traceparent({ traceId, spanId }: OtlpSpan): string {
  return `00-${traceId}-${spanId}-01`;
}

function clients(spans: readonly OtlpSpan[]): OtlpSpan[] {
  return spans.filter(({ kind }) => kind === "CLIENT");
}

function parentOf(spans: readonly OtlpSpan[]): OtlpSpan {
  return spans.find(({ name }) => name === "parent")!;
}
