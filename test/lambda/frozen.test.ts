import { expect, test } from "vitest";
import { lambdaWorld } from "../support/lambda-world.ts";

test.each(["fetch", "request"])(
  "a service that moved while the function was frozen is found by %s",
  async (way) => {
    await using world = await lambdaWorld({ handler: "calls.handler" });
    let task = await world.task("first");
    expect(await world.lambda.invoke({ way })).toMatchObject({ text: "first" });
    for (const place of ["second", "third"]) {
      await world.lambda.frozen();
      await task.leave();
      task = await world.task(place);
      expect(await world.lambda.invoke({ way })).toMatchObject({ text: place });
    }
  },
);

test.each(["fetch", "request"])("a connection that died in the freeze is not used by %s", async (way) => {
  await using world = await lambdaWorld({ handler: "calls.handler" });
  const before = await world.task("before");
  await world.lambda.invoke({ way });
  await world.lambda.frozen();
  expect(before.open.size).toBe(1);
  await before.close();
  const after = await world.task("after", before.port);
  // Not idempotent, so that it would not be sent a second time.
  expect(await world.lambda.invoke({ way, method: "POST" })).toMatchObject({ text: "after" });
  expect(after.seen).toHaveLength(1);
});

test("an environment that was made ahead and frozen at once serves its first invocation", async () => {
  await using world = await lambdaWorld({ handler: "calls.handler" });
  const task = await world.task("moved before it was called");
  world.lambda.function.init();
  await world.lambda.frozen();
  await task.leave();
  await world.task("here");
  expect(await world.lambda.invoke()).toMatchObject({ text: "here" });
});

test("the answer does not wait for open connections, and the function is frozen with them", async () => {
  await using world = await lambdaWorld({ handler: "calls.handler" });
  const task = await world.task("ok");
  await world.lambda.invoke();
  await world.lambda.frozen();
  expect(task.open.size).toBe(1);
});

test("an error says in its message what was asked, and what each source said", async () => {
  await using world = await lambdaWorld({ handler: "calls.handler" });
  await expect(world.lambda.invoke()).rejects.toThrow(/^fetch failed: .*"orders" \(.*dns: .*cloudMap: /);
  await world.task("ok");
  await world.lambda.frozen();
});

test("the process is still good for the next invocation after an error", async () => {
  await using world = await lambdaWorld({ handler: "calls.handler" });
  const task = await world.task((request, response) => {
    if (request.url === "/broken") request.socket.destroy();
    else response.end("ok");
  });
  await world.lambda.invoke();
  const pid = world.lambda.function.pid;
  await expect(world.lambda.invoke({ path: "/broken", method: "POST" })).rejects.toThrow(
    `fetch failed: orders at 127.0.0.1 port ${task.port} (by dns): `,
  );
  expect(await world.lambda.invoke()).toMatchObject({ text: "ok" });
  expect(world.lambda.function.pid).toBe(pid);
});
