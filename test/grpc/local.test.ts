import { registerByname } from "@byname/grpc";
import { type Local, startLocal } from "@byname/local";
import { createByname } from "byname";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClock } from "../support/fake-clock.ts";
import { type GrpcTask, grpcClient, grpcTask } from "../support/grpc.ts";
import { answersFrom } from "../support/grpc-world.ts";

let one: GrpcTask;
let two: GrpcTask;
let local: Local;
let clock: FakeClock;

beforeEach(async () => {
  [one, two] = [await grpcTask("one"), await grpcTask("two")];
  clock = new FakeClock();
  local = await startLocal({
    services: {
      orders: { serviceConnect: { port: 50051, protocol: "grpc" }, instances: [{ port: one.port }] },
      // As Service Connect registers it: no DNS.
      users: { dns: false, instances: [{ port: one.port }] },
    },
  });
});
afterEach(async () => {
  await local.close();
  await Promise.all([one.stop(), two.stop()]);
});

test("in a task, calls go through Service Connect's proxy", async () => {
  const services = { orders: { port: 50051 } };
  await using byname = createByname({ services }, { env: local.env("ecs") });
  registerByname(byname);
  using client = grpcClient("byname:///orders");
  expect(await client.ask()).toEqual({ task: "one", authority: "orders" });
  expect(await byname.resolve("orders")).toMatchObject({
    source: "serviceConnect",
    endpoints: [{ port: 50051 }],
  });
  expect(local.proxy.requests.length).toBeGreaterThan(0);
});

test.each([
  ["orders", "dns"],
  ["users", "cloudMap"],
])("outside the mesh, tasks of %s come and go by %s", async (service, source) => {
  await using byname = createByname({}, { env: local.env("lambda"), clock, random: () => 0 });
  registerByname(byname);
  using client = grpcClient(`byname:///${service}`);
  await answersFrom(client, "one");
  expect(await byname.resolve(service)).toMatchObject({ source });
  const task = await local.register(service, { port: two.port });
  await clock.advance(10_000);
  await answersFrom(client, "one", "two");
  await task.deregister();
  await clock.advance(10_000);
  await answersFrom(client, "one");
});

test("where DNS breaks down and the name's tasks move, the API tells", async () => {
  await using byname = createByname({}, { env: local.env("lambda"), clock, random: () => 0 });
  registerByname(byname);
  using client = grpcClient("byname:///orders");
  await answersFrom(client, "one");
  using _fault = local.dns.fault({ error: "SERVFAIL" });
  await local.register("orders", { port: two.port });
  await clock.advance(10_000);
  await answersFrom(client, "one", "two");
  expect(await byname.resolve("orders")).toMatchObject({ source: "cloudMap" });
});
