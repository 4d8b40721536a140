import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { down, empty, notFound } from "../support/fake-source.ts";
import type { GrpcTask } from "../support/grpc.ts";
import { answersFrom, failureOf, GrpcWorld, ttl, untilFails } from "../support/grpc-world.ts";

let world: GrpcWorld;
let one: GrpcTask;
let two: GrpcTask;

beforeEach(async () => {
  world = new GrpcWorld();
  [one, two] = [await world.task("one"), await world.task("two")];
});
afterEach(() => world[Symbol.asyncDispose]());

test("all endpoints get calls, in turn", async () => {
  world.says(one, two);
  await answersFrom(world.client(), "one", "two");
});

test("an endpoint that is added gets calls", async () => {
  world.says(one);
  const client = world.client();
  await answersFrom(client, "one");
  world.says(one, two);
  await world.renew();
  await answersFrom(client, "one", "two");
});

test("an endpoint that is removed gets no calls, and a stream to it is not cut", async () => {
  world.says(one);
  const client = world.client();
  const stream = client.follow();
  stream.write("first");
  expect(await once(stream, "data")).toMatchObject([{ task: "one" }]);
  world.says(two);
  await world.renew();
  await answersFrom(client, "two");
  stream.write("second");
  expect(await once(stream, "data")).toMatchObject([{ task: "one" }]);
  stream.end();
  expect(await once(stream, "status")).toMatchObject([{ code: status.OK }]);
});

test("an endpoint that does not connect gets no calls and fails none", async () => {
  await two.stop();
  world.says(one, two);
  const client = world.client();
  for (let i = 0; i < 20; i++) expect(await client.ask()).toMatchObject({ task: "one" });
});

test("where no endpoint connects, the error says which source gave them", async () => {
  await one.stop();
  world.says(one);
  const { code, details } = await failureOf(world.client());
  expect(code).toBe(status.UNAVAILABLE);
  expect(details).toContain("ECONNREFUSED");
  expect(details).toContain("byname found orders by fake");
});

test("a service that nobody knows is UNAVAILABLE, with what each source said and what to do", async () => {
  world.source.always = notFound;
  const { code, details } = await failureOf(world.client());
  expect(code).toBe(status.UNAVAILABLE);
  expect(details).toMatch(/^no source knows "orders" \(fake: no such name\)\. .*namespace/);
});

test("the same channel reaches a service once there is one", async () => {
  world.source.always = notFound;
  const client = world.client();
  await failureOf(client);
  world.says(one);
  await world.renew();
  await answersFrom(client, "one");
});

test("a call may wait until there is one", async () => {
  world.source.always = notFound;
  const client = world.client();
  await failureOf(client);
  const call = client.ask({ waitForReady: true });
  world.says(one);
  await world.renew();
  expect(await call).toMatchObject({ task: "one" });
});

test("when all are gone, calls are UNAVAILABLE and a stream is not cut; when there are some again, they get calls", async () => {
  world.says(one);
  const client = world.client();
  const stream = client.follow();
  stream.write("first");
  await once(stream, "data");
  world.source.always = empty;
  await world.renew();
  expect(await untilFails(client)).toMatchObject({
    code: status.UNAVAILABLE,
    details: expect.stringMatching(/^no instance of "orders" \(fake: no instance\)/),
  });
  stream.write("second");
  expect(await once(stream, "data")).toMatchObject([{ task: "one" }]);
  stream.end();
  world.says(two);
  await world.renew();
  await answersFrom(client, "two");
});

test("while no source can be asked, the last endpoints stay, however long; when one can, changes are seen again", async () => {
  world.says(one);
  const client = world.client();
  await answersFrom(client, "one");
  world.source.always = down;
  await world.renew();
  await answersFrom(client, "one");
  await world.clock.advance(600_000);
  await expect(world.byname.resolve("orders")).rejects.toThrow("no source could be asked");
  await answersFrom(client, "one");
  world.says(two);
  await world.clock.advance(60_000);
  await answersFrom(client, "two");
});

test("after a freeze, in which everything moved, the channel finds the new endpoints by itself", async () => {
  world.says(one);
  const client = world.client();
  await answersFrom(client, "one");
  world.says(two);
  // No timer runs in a freeze.
  world.clock.jump(ttl * 6);
  await one.stop();
  for (;;) {
    const { task } = await client.ask().catch(() => ({ task: "none" }));
    if (task === "two") break;
  }
});

test("when a connection breaks the service is looked up anew at once, and no oftener than once a second", async () => {
  world.says(one);
  const client = world.client();
  await answersFrom(client, "one");
  world.says(two);
  await one.stop();
  for (;;) {
    const { task } = await client.ask().catch(() => ({ task: "none" }));
    if (task === "two") break;
  }
  expect(world.source.asked).toBe(2);
});
