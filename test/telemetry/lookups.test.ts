import { startLocal } from "@byname/local";
import { expect, test, vi } from "vitest";
import { bynameModule, inChild } from "../support/child.ts";
import { deafPort, loopback } from "../support/loopback.ts";
import { ordersAt, traced } from "../support/traced.ts";

vi.setConfig({ testTimeout: 60_000 });

test("a lookup has a span in the trace of the request that waits for it, and what is known has none", async () => {
  await using server = await loopback((_, response) => response.end());
  await using local = await startLocal({
    services: { orders: { dns: { ttl: 60, records: ["SRV"] }, instances: [{ port: server.port }] } },
  });
  const { otlp } = await traced(
    `
    for (let i = 0; i < 3; i++) await (await byname.fetch("http://orders/")).text();
    await byname.fetch("http://gone/").catch(() => {});
    `,
    {
      byname: { namespace: "sd.local", services: { orders: {}, gone: {} } },
      env: { ...local.env("lambda") },
    },
  );
  const parentSpanId = otlp.spans.find(({ name }) => name === "parent")!.spanId;
  const [orders, gone, ...others] = otlp.spans.filter(({ name }) => name.startsWith("byname.resolve"));
  expect(others).toEqual([]);
  expect(orders).toMatchObject({
    name: "byname.resolve orders",
    kind: "INTERNAL",
    parentSpanId,
    isError: false,
  });
  expect(orders!.attributes).toEqual({
    "byname.service": "orders",
    "byname.source": "dns",
    "byname.endpoints": 1,
  });
  const said = { "byname.source": "dns", "byname.answer": "endpoints", "byname.detail": "1 endpoint" };
  expect(orders!.events.map(({ attributes }) => attributes)).toContainEqual(expect.objectContaining(said));
  expect(gone).toMatchObject({ name: "byname.resolve gone", parentSpanId, isError: true });
  expect(gone!.attributes).toMatchObject({ "error.type": "BYNAME_SERVICE_NOT_FOUND" });
});

test("a lookup that nobody waits for is a trace of its own, with a link to who prompted it", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    const endpoints = [{ address: "127.0.0.1", port: ${server.port} }];
    let time = Date.now();
    let asked = 0;
    const lookup = () => ({ kind: "endpoints", ttl: 1000, endpoints: (asked += 1) && endpoints });
    const { systemClock } = await import(${bynameModule.replace("index.ts", "ground/clock.ts")});
    const own = createByname(
      { services: { orders: {} }, allow: ["127.0.0.0/8"], sources: [{ name: "own", lookup }] },
      { clock: { ...systemClock, now: () => time } },
    );
    await own.prefetch();
    time += 10_000;
    await (await own.fetch("http://orders/")).text();
    await own.close();
    `,
    { byname: {} },
  );
  const parent = otlp.spans.find(({ name }) => name === "parent")!;
  const [waited, refresh, ...others] = otlp.spans.filter(({ name }) => name === "byname.resolve orders");
  expect(others).toEqual([]);
  expect(waited).toMatchObject({ parentSpanId: parent.spanId, links: [] });
  expect(refresh!.parentSpanId).toBeUndefined();
  expect(refresh!.traceId).not.toBe(parent.traceId);
  expect(refresh!.links).toEqual([{ traceId: parent.traceId, spanId: parent.spanId }]);
});

test("metrics tell what was asked, answered, tried, and left", async () => {
  const statuses = [503, 200];
  await using server = await loopback((_, response) => response.writeHead(statuses.shift()!).end());
  await using local = await startLocal({
    services: { orders: { dns: { ttl: 60 }, instances: [{ port: server.port }] } },
  });
  const { otlp } = await traced(
    `
    await (await byname.fetch("http://orders/")).text();
    await byname.fetch("http://gone/").catch(() => {});
    await byname.resolve("refused").catch(() => {});
    `,
    {
      byname: {
        namespace: "sd.local",
        services: { orders: {}, gone: { port: 80 } },
      },
      env: { ...local.env("lambda") },
    },
  );
  const points = (name: string) => otlp.metrics.get(name)!.points;
  const server_ = { "http.request.method": "GET", "server.address": "orders", "server.port": 80 };
  expect(points("http.client.request.duration").map(({ attributes }) => attributes)).toEqual([
    { ...server_, "http.response.status_code": 503, "error.type": "503" },
    { ...server_, "http.response.status_code": 200 },
    { ...server_, "server.address": "gone", "error.type": "BYNAME_SERVICE_NOT_FOUND" },
  ]);
  expect(points("http.client.request.duration")[0]!.bounds).toEqual([
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ]);
  expect(points("dns.lookup.duration").map(({ attributes }) => attributes)).toEqual(
    expect.arrayContaining([
      { "dns.question.name": "orders.sd.local" },
      { "dns.question.name": "gone.sd.local", "error.type": "ENOTFOUND" },
    ]),
  );
  // Neither a name for each task nor the IPv6 that there is not.
  const asked = points("dns.lookup.duration").map(({ attributes }) => attributes);
  expect(asked.filter((of) => /orders/.test(String(of["dns.question.name"])))).toHaveLength(1);
  const orders = { "byname.service": "orders", "byname.source": "dns" };
  expect(points("byname.resolve.duration")).toMatchObject([{ attributes: orders, value: 1 }, {}, {}]);
  expect(points("byname.source.answers")).toContainEqual({
    attributes: { ...orders, "byname.answer": "endpoints" },
    value: 1,
  });
  expect(points("byname.source.answers")).toContainEqual({
    attributes: { "byname.service": "gone", "byname.source": "cloudMap", "byname.answer": "notFound" },
    value: 1,
  });
  expect(points("byname.attempts")).toEqual([
    { attributes: { ...orders, "byname.stale": false, "byname.cross_zone": false }, value: 2 },
  ]);
  expect(points("byname.retries")).toEqual([{ attributes: { "byname.service": "orders" }, value: 1 }]);
  expect(points("byname.endpoints")).toContainEqual({ attributes: orders, value: 1 });
  const units = [...otlp.metrics].filter(([name]) => name.endsWith(".duration")).map(([, { unit }]) => unit);
  expect(new Set(units)).toEqual(new Set(["s"]));
});

test("a service that has lost its endpoints has none, and one that is only not known elsewhere keeps them", async () => {
  const { otlp, printed } = await traced(
    `
    let time = Date.now();
    const { systemClock } = await import(${bynameModule.replace("index.ts", "ground/clock.ts")});
    const none = { kind: "empty", detail: "no instance" };
    const some = { kind: "endpoints", ttl: 1000, endpoints: [{ address: "127.0.0.1", port: ${await deafPort()} }] };
    const said = { orders: some, deaf: some };
    const own = createByname(
      {
        services: { orders: {}, deaf: { request: { retries: 0 } }, nowhere: {} },
        allow: ["127.0.0.0/8"],
        sources: [
          { name: "own", lookup: ({ service }) => said[service.key] ?? { kind: "notFound", detail: "" } },
          { name: "other", lookup: () => ({ kind: "notFound", detail: "" }) },
        ],
      },
      { clock: { ...systemClock, now: () => time } },
    );
    const codeOf = (error) => print((error.cause ?? error).code);
    await own.resolve("orders");
    said.orders = none;
    time += 24 * 60 * 60 * 1000;
    await own.resolve("orders").catch(codeOf);
    await own.resolve("nowhere").catch(codeOf);
    await own.fetch("http://deaf/").catch(codeOf);
    await own.close();
    `,
    { byname: ordersAt(1) },
  );
  expect(printed).toEqual(["BYNAME_NO_ENDPOINTS", "BYNAME_SERVICE_NOT_FOUND", "BYNAME_REQUEST"]);
  expect(otlp.metrics.get("byname.endpoints")!.points).toEqual([
    { attributes: { "byname.service": "orders", "byname.source": "own" }, value: 0 },
    { attributes: { "byname.service": "nowhere" }, value: 0 },
    { attributes: { "byname.service": "deaf", "byname.source": "own" }, value: 1 },
  ]);
});

test("what was refused, ejected and left behind is counted", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    const to = (address) => ({ kind: "endpoints", ttl: 60000, endpoints: [{ address, port: ${server.port} }] });
    const own = createByname({
      services: { orders: {} },
      allow: ["127.0.0.0/8"],
      sources: [
        { name: "bad", lookup: () => ({ kind: "endpoints", ttl: 60000, endpoints: [{ address: "169.254.169.254" }] }) },
        { name: "dead", lookup: () => ({ kind: "endpoints", ttl: 60000, endpoints: [{ address: "127.0.0.1", port: 1 }, { address: "127.0.0.2", port: 1 }] }) },
        { name: "good", lookup: () => to("127.0.0.1") },
      ],
    });
    await (await own.fetch("http://orders/")).text();
    await own.close();
    for (let i = 0; i < 20; i++) await (await byname.fetch("http://orders/")).text();
    `,
    { byname: ordersAt(await deafPort(), server.port) },
  );
  const points = (name: string) => otlp.metrics.get(name)!.points;
  expect(points("byname.refused_addresses")).toMatchObject([
    { attributes: { "byname.service": "orders", "byname.source": "bad" } },
  ]);
  expect(points("byname.fallbacks")).toEqual([
    { attributes: { "byname.service": "orders", "byname.source": "dead" }, value: 1 },
  ]);
  expect(points("byname.ejections")).toEqual([{ attributes: { "byname.service": "orders" }, value: 1 }]);
});

test("where no OpenTelemetry is registered nothing of it is loaded, and nobody listens", async () => {
  await using server = await loopback((_, response) => response.end());
  const [found] = await inChild(`
    import { channel } from "node:diagnostics_channel";
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const { createByname } = await import(${bynameModule});
    const byname = createByname(${JSON.stringify(ordersAt(server.port))});
    await (await byname.fetch("http://orders/")).text();
    await (await byname.request("http://orders/")).body.text();
    await byname.close();
    const names = ["start", "send", "forgo", "fail", "lookup", "resolve", "dns", "attempt"];
    const heard = names.filter((name) => channel("byname:" + name).hasSubscribers);
    console.log(JSON.stringify({ telemetry: loaded.filter((url) => /telemetry/.test(url)), heard, some: loaded.length > 10 }));
  `);
  expect(found).toEqual({ telemetry: [], heard: [], some: true });
});

test("two copies of the package make each span once", async () => {
  await using server = await loopback((_, response) => response.end());
  const { otlp } = await traced(
    `
    const copy = await import(${bynameModule.replace("index.ts", "index.ts?copy")});
    const telemetry = await import(${bynameModule.replace("index.ts", "telemetry/telemetry.ts?copy")});
    await (await byname.fetch("http://orders/")).text();
    telemetry.startTelemetry();
    const other = copy.createByname(${JSON.stringify(ordersAt(server.port))});
    await (await other.fetch("http://orders/")).text();
    await other.close();
    `,
    { byname: ordersAt(server.port) },
  );
  expect(otlp.spans.filter(({ kind }) => kind === "CLIENT")).toHaveLength(2);
});
