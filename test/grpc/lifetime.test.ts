import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inChild } from "../support/child.ts";
import { settled } from "../support/fake-clock.ts";
import { type GrpcTask, grpcTask } from "../support/grpc.ts";
import { answersFrom, failureOf, GrpcWorld } from "../support/grpc-world.ts";

let world: GrpcWorld;
let one: GrpcTask;

beforeEach(async () => {
  world = new GrpcWorld();
  one = await world.task("one");
  world.says(one);
});
afterEach(() => world[Symbol.asyncDispose]());

test("nothing is looked up before the first call", async () => {
  const client = world.client();
  await settled();
  expect(world.source.asked).toBe(0);
  await client.ask();
  expect(world.source.asked).toBe(1);
});

test("channels of one service share their lookups, with byname's other ways too", async () => {
  await Promise.all([world.client().ask(), world.client().ask(), world.byname.resolve("orders")]);
  expect(world.source.asked).toBe(1);
});

test("closing the client ends the watch", async () => {
  const client = world.client();
  await client.ask();
  await settled();
  expect(world.clock.pending).toBe(1);
  client[Symbol.dispose]();
  await settled();
  expect(world.clock.pending).toBe(0);
  await world.renew();
  expect(world.source.asked).toBe(1);
});

test("closing the client while it is looked up ends its calls", async () => {
  world.source.always = undefined;
  const client = world.client();
  const call = failureOf(client);
  while (world.source.open.length === 0) await settled();
  client[Symbol.dispose]();
  expect(await call).toMatchObject({ code: status.UNAVAILABLE });
});

test("a channel that is idle for long watches no more, and begins anew with its next call", async () => {
  const client = world.client("byname:///orders", { "grpc.client_idle_timeout_ms": 1_000 });
  await client.ask();
  await settled();
  expect(world.clock.pending).toBe(1);
  await vi.waitFor(() => expect(world.clock.pending).toBe(0), 10_000);
  const two = await world.task("two");
  world.says(two);
  world.clock.jump(600_000);
  await answersFrom(client, "two");
  expect(world.clock.pending).toBe(1);
});

test("a channel goes on with its last endpoints when the instance is closed", async () => {
  const client = world.client();
  await client.ask();
  await world.byname.close();
  await settled();
  await answersFrom(client, "one");
});

test("a channel that is made afterwards says why it has none", async () => {
  await world.byname.close();
  expect(await failureOf(world.client())).toMatchObject({
    code: status.UNAVAILABLE,
    details: "this byname instance is closed; create a new one to go on",
  });
});

test("neither channel nor watch keeps the process alive", async () => {
  await using task = await grpcTask("one");
  const [answer] = await inChild(`
    import { Client, credentials } from "@grpc/grpc-js";
    import { registerByname } from "@byname/grpc";
    import { createByname } from "byname";
    const lookup = () => ({ kind: "endpoints", ttl: 60000, endpoints: [{ address: "127.0.0.1", port: ${task.port} }] });
    registerByname(createByname({ sources: [{ name: "fake", trusted: true, lookup }] }));
    const client = new Client("byname:///orders", credentials.createInsecure());
    const asIs = (bytes) => bytes;
    client.makeUnaryRequest("/shop.Orders/Ask", asIs, asIs, Buffer.from("{}"), (error, said) => {
      console.log(error ? JSON.stringify(String(error)) : said.toString());
    });
  `);
  expect(answer).toEqual({ task: "one", authority: "orders" });
});
