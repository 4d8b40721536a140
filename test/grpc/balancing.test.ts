import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { empty } from "../support/fake-source.ts";
import type { GrpcClient, GrpcTask } from "../support/grpc.ts";
import { answersFrom, GrpcWorld, untilFails } from "../support/grpc-world.ts";

let world: GrpcWorld;
let one: GrpcTask;
let two: GrpcTask;

beforeEach(async () => {
  world = new GrpcWorld();
  [one, two] = [await world.task("one"), await world.task("two")];
  world.says(one, two);
});
afterEach(() => world[Symbol.asyncDispose]());

const configured = (config: object) =>
  world.client("byname:///orders", { "grpc.service_config": JSON.stringify(config) });

const calls = (client: GrpcClient, count: number) =>
  Promise.all(Array.from({ length: count }, () => client.ask().then(({ task }) => task, String)));

test("a policy of the user's is the one that is used", async () => {
  const client = configured({ loadBalancingConfig: [{ pick_first: {} }] });
  expect(new Set(await calls(client, 20))).toEqual(new Set(["one"]));
  world.says(two);
  await world.renew();
  await answersFrom(client, "two");
});

test("pick_first goes on while its connection lasts, also when all are gone", async () => {
  const client = configured({ loadBalancingConfig: [{ pick_first: {} }] });
  await answersFrom(client, "one");
  world.source.always = empty;
  await world.renew();
  await expect(world.byname.resolve("orders")).rejects.toThrow("no instance");
  await answersFrom(client, "one");
  await one.stop();
  expect((await untilFails(client)).code).toBe(status.UNAVAILABLE);
});

describe("a service config without a policy", () => {
  const retryPolicy = {
    maxAttempts: 3,
    initialBackoff: "0.001s",
    maxBackoff: "0.01s",
    backoffMultiplier: 1,
    retryableStatusCodes: ["UNAVAILABLE"],
  };

  test("is used, with calls to all endpoints", async () => {
    const client = configured({ methodConfig: [{ name: [{ service: "shop.Orders" }], retryPolicy }] });
    await answersFrom(client, "one", "two");
    two.fail(status.UNAVAILABLE);
    const before = two.calls;
    // One after the other, so that a retry is sure to meet the other endpoint.
    for (let i = 0; i < 10; i++) expect(await client.ask()).toMatchObject({ task: "one" });
    expect(two.calls).toBeGreaterThan(before);
  });

  test.each([{ timeout: "0.05s" }, { timeout: { seconds: 0, nanos: 50_000_000 } }])(
    "may limit the time of calls: %j",
    async ({ timeout }) => {
      const client = configured({ methodConfig: [{ name: [{}], timeout }] });
      await answersFrom(client, "one", "two");
      const stream = client.follow();
      const ended = await new Promise<{ code: number }>((resolve) => {
        stream.once("error", (error) => resolve(error as unknown as { code: number }));
      });
      expect(ended.code).toBe(status.DEADLINE_EXCEEDED);
    },
  );
});

test("outlier detection sees the endpoints, and leaves the failing one out", async () => {
  const client = configured({
    loadBalancingConfig: [
      {
        outlier_detection: {
          interval: { seconds: 0, nanos: 200_000_000 },
          base_ejection_time: { seconds: 60, nanos: 0 },
          max_ejection_percent: 50,
          failure_percentage_ejection: { threshold: 50, minimum_hosts: 2, request_volume: 3 },
          child_policy: [{ round_robin: {} }],
        },
      },
    ],
  });
  await answersFrom(client, "one", "two");
  two.fail(status.INTERNAL);
  let before = -1;
  while (before !== two.calls) {
    before = two.calls;
    await calls(client, 20);
  }
  expect(new Set(await calls(client, 20))).toEqual(new Set(["one"]));
});

test("with configs of resolvers switched off, grpc-js' own default is used", async () => {
  const client = world.client("byname:///orders", { "grpc.service_config_disable_resolution": 1 });
  expect(new Set(await calls(client, 20))).toEqual(new Set(["one"]));
});

test("a broken service config is refused when the client is made, as with every target", () => {
  expect(() => configured({ loadBalancingConfig: "round_robin" })).toThrow("Invalid service config");
});
