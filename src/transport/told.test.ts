import { AsyncLocalStorage } from "node:async_hooks";
import { expect, onTestFinished, test, vi } from "vitest";
import { atRest, type ExchangeWorldOptions } from "../../test/support/exchange-world.ts";
import { hear } from "../../test/support/hear.ts";
import { Attempt } from "./attempt.ts";

/** What runs as whose. */
const caller = new AsyncLocalStorage<string>();

test("a request is announced at once, in its caller's own context, without its query string", () => {
  const contexts: (string | undefined)[] = [];
  const started = hear("byname:start", () => contexts.push(caller.getStore()));
  const world = atRest();
  caller.run("one", () => world.call({ path: "/a?token=secret", method: "POST" }));
  expect(contexts).toEqual(["one"]);
  expect(started).toEqual([{ service: "orders", origin: "http://orders", method: "POST", path: "/a" }]);
  world.last.begin();
  world.last.reply(200);
});

test("each attempt is announced in its caller's context, though timers have made it, and is sent there", async () => {
  const contexts: (string | undefined)[] = [];
  const started = hear("byname:start");
  const sent = hear("byname:send", () => contexts.push(caller.getStore()));
  const ended = hear("byname:attempt");
  const world = atRest({ random: () => 0.5 });
  caller.run("one", () => world.call());
  world.last.begin();
  caller.run("another", () => world.last.reply(503));
  await caller.run("another", () => world.clock.advance(20));
  world.last.begin();
  world.last.reply(200);
  expect(contexts).toEqual(["one", "one"]);
  expect(sent.map(({ request, resent }) => [request, resent])).toEqual([
    [started[0], 0],
    [started[0], 1],
  ]);
  expect(ended.map((event) => event.sent)).toEqual(sent);
});

test("headers are set for one attempt, and never over the caller's own", () => {
  let turn = 0;
  const has: boolean[] = [];
  hear("byname:send", ({ headers }) => {
    turn += 1;
    has.push(headers!.has("TraceState"), headers!.has("traceparent"));
    headers!.set("TraceParent", `attempt ${turn}`);
    headers!.set("tracestate", "not over his own");
  });
  const world = atRest();
  world.call({ headers: { TraceState: "his own" } });
  world.last.begin();
  world.last.reply(503);
  world.last.begin();
  world.last.reply(200);
  expect(has).toEqual([true, false, true, false]);
  expect(world.attempts.map(({ options }) => options.headers)).toEqual(
    [1, 2].map((n) => ["TraceState", "his own", "host", "orders", "traceparent", `attempt ${n}`]),
  );
});

test("an attempt that another one was faster than is given up", async () => {
  const sent = hear("byname:send");
  const forgone = hear("byname:forgo");
  const ended = hear("byname:attempt");
  const world = atRest({ request: { hedgeAfter: 100 } });
  world.call();
  world.last.begin();
  await world.clock.advance(100);
  world.attempts[1]!.begin();
  world.attempts[1]!.reply(200);
  expect(forgone).toEqual([{ sent: sent[0] }]);
  expect(ended).toMatchObject([{ status: 200 }]);
  expect(ended[0]!.sent).toBe(sent[1]);
});

test("one that was raced for want of a connection, and has the answer after all, is told once, with it", async () => {
  const ended = hear("byname:attempt");
  const world = atRest();
  world.call();
  await world.clock.advance(250);
  world.attempts[0]!.begin();
  world.attempts[0]!.reply(200);
  expect(ended.map(({ status, error }) => status ?? error)).toEqual([200]);
});

test("what its caller gives up between two attempts is told as that, and has not failed", async () => {
  const [started, failed, forgone] = [hear("byname:start"), hear("byname:fail"), hear("byname:forgo")];
  const world = atRest({ random: () => 0.5 });
  const call = world.call();
  world.last.begin();
  world.last.reply(503);
  call.abort();
  call.abort();
  expect(forgone).toEqual([{ request: started[0] }]);
  expect(failed).toEqual([]);
});

test("what came to nothing is told with its beginning, as a failure or as given up", async () => {
  const [started, failed, forgone] = [hear("byname:start"), hear("byname:fail"), hear("byname:forgo")];
  const world = atRest({ sources: {}, isKnown: false });
  const call = world.call();
  call.abort();
  expect(failed).toEqual([]);
  expect(forgone).toEqual([{ request: started[0] }]);
  world.call();
  await expect.poll(() => failed).toHaveLength(1);
  expect(failed).toEqual([{ request: started[1], service: "orders", error: "BYNAME_RESOLVE" }]);
});

test("nothing is made for events that nobody listens to", () => {
  const made = [vi.spyOn(AsyncLocalStorage, "snapshot"), vi.spyOn(Attempt.prototype, "about")];
  onTestFinished(() => void vi.restoreAllMocks());
  const twoAttempts = (options: ExchangeWorldOptions = {}) => {
    const world = atRest(options);
    world.call();
    world.last.begin();
    world.last.reply(503);
    world.last.begin();
    world.last.reply(200);
  };
  twoAttempts();
  expect(made.map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  hear("byname:send");
  twoAttempts();
  expect(made.map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
});
