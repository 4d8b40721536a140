import { expect, test } from "vitest";
import { lambdaWorld } from "../support/lambda-world.ts";
import type { Called } from "./functions/calls.ts";

test("a streaming function passes on what comes", async () => {
  await using world = await lambdaWorld({ handler: "stream.handler" });
  await world.task((_request, response) => {
    response.write("one, ");
    setImmediate(() => response.end("two"));
  });
  expect(await world.lambda.invoke()).toBe("one, two");
});

test("what goes wrong in the middle of a stream is told at its end", async () => {
  await using world = await lambdaWorld({ handler: "stream.handler" });
  await world.task((request, response) => {
    response.write("one, ", () => request.socket.destroy());
  });
  await expect(world.lambda.invoke()).rejects.toThrow("terminated: other side closed");
});

test("what goes wrong before a stream has begun says why", async () => {
  await using world = await lambdaWorld({ handler: "stream.handler" });
  await expect(world.lambda.invoke()).rejects.toThrow(/^fetch failed: .*"orders"/);
});

test("Middy's handler runs in Lambda's runtime, over freezes", async () => {
  await using world = await lambdaWorld({ handler: "middy.handler" });
  let task = await world.task("first");
  expect(await world.lambda.invoke()).toEqual({ text: "first" });
  await world.lambda.frozen();
  await task.leave();
  await expect(world.lambda.invoke()).rejects.toThrow(/^fetch failed: .*orders/);
  task = await world.task("second");
  // That there is none is remembered for a second.
  const again = () => world.lambda.invoke().catch(String);
  await expect.poll(again, { timeout: 10_000, interval: 250 }).toEqual({ text: "second" });
});

test("on managed instances each worker has an instance of its own, and runs many invocations at a time", async () => {
  const env = { AWS_LAMBDA_MAX_CONCURRENCY: "64", AWS_LAMBDA_NODEJS_WORKER_COUNT: "2" };
  await using world = await lambdaWorld({ handler: "calls.handler" }, env);
  const held: (() => void)[] = [];
  await world.task((request, response) => {
    held.push(() => response.end(request.url));
  });
  const threads = new Set<number>();
  const call = async () => ((await world.lambda.invoke({ way: "resolve" })) as Called).threadId;
  await expect.poll(async () => threads.add(await call()).size, { timeout: 10_000 }).toBe(2);
  const paths = Array.from({ length: 40 }, (_, index) => `/${index}`);
  const results = paths.map((path) => world.lambda.invoke({ path }) as Promise<Called>);
  // None of them is answered before all have been asked.
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(paths.length);
  for (const answer of held) answer();
  const called = await Promise.all(results);
  expect(called.map(({ text }) => text)).toEqual(paths);
  expect(new Set(called.map(({ threadId }) => threadId))).toEqual(threads);
});
