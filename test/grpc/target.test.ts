import { status } from "@grpc/grpc-js";
import { ConfigError } from "byname";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeSource } from "../support/fake-source.ts";
import { failureOf, GrpcWorld } from "../support/grpc-world.ts";

let world: GrpcWorld;

beforeEach(() => {
  world = new GrpcWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

test.each([
  ["byname:///orders", "orders"],
  ["byname:orders", "orders"],
  ["byname:///Orders.Internal", "orders.internal"],
])("the authority of %s is %s, whatever the address", async (target, authority) => {
  world.says(await world.task("one"));
  expect(await world.client(target).ask()).toEqual({ task: "one", authority });
});

test("an authority that the user sets stays", async () => {
  world.says(await world.task("one"));
  const client = world.client("byname:///orders", { "grpc.default_authority": "shop" });
  expect(await client.ask()).toMatchObject({ authority: "shop" });
});

test("a port in the target is the endpoints' where they have none of their own, and part of the authority", async () => {
  const { port, address } = await world.task("one");
  world.source.always = { kind: "endpoints", ttl: 10_000, endpoints: [{ address }] };
  const client = world.client(`byname:///orders:${port}`);
  expect(await client.ask()).toEqual({ task: "one", authority: `orders:${port}` });
});

test("a port that was discovered wins over the target's", async () => {
  world.says(await world.task("one"));
  expect(await world.client("byname:///orders:1").ask()).toEqual({ task: "one", authority: "orders:1" });
});

describe("over TLS", () => {
  test("the certificate is checked against the service's name", async () => {
    world.says(await world.task("one", { tls: true }));
    const client = world.client("byname:///orders", {}, true);
    expect(await client.ask()).toEqual({ task: "one", authority: "orders" });
  });

  test("a port in the target is no part of that name", async () => {
    world.says(await world.task("one", { tls: true }));
    expect(await world.client("byname:///orders:8443", {}, true).ask()).toMatchObject({ task: "one" });
  });

  test("a task with another service's certificate gets no call", async () => {
    const task = await world.task("one", { tls: true });
    world.says(task);
    const { code, details } = await failureOf(world.client("byname:///users", {}, true));
    expect(code).toBe(status.UNAVAILABLE);
    expect(details).toMatch(/users.* is not in the cert's altnames/i);
    expect(task.calls).toBe(0);
  });
});

test.each([
  ["byname://orders", "byname:///orders"],
  ["byname://eu-west-1/orders", "byname:///orders"],
  ["byname:///orders/", "a host name"],
  ["byname:///10.0.0.7", "a host name"],
  ["byname:///orders:70000", "a port from 1 to 65535"],
])("the target %s is refused when the client is made, with what to write", (target, advice) => {
  const make = () => world.client(target);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(advice);
});

test("a proxy of the environment is left aside by the option that grpc-js has for it", async () => {
  const { source }: { source: FakeSource } = world;
  world.says(await world.task("one"));
  const before = process.env.http_proxy;
  process.env.http_proxy = "http://127.0.0.1:1";
  try {
    const client = world.client("byname:///orders", { "grpc.enable_http_proxy": 0 });
    expect(await client.ask()).toMatchObject({ task: "one" });
    expect(source.asked).toBe(1);
  } finally {
    if (before === undefined) delete process.env.http_proxy;
    else process.env.http_proxy = before;
  }
});
