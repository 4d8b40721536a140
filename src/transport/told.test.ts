import { AsyncLocalStorage } from "node:async_hooks";
import { text } from "node:stream/consumers";
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

test.each<[string, unknown, object]>([
  ["without a reason of its own", undefined, {}],
  ["by a time limit", new DOMException("timed out", "TimeoutError"), { error: "TimeoutError" }],
  ["by an error", new Error("had enough"), { error: "had enough" }],
])("what its caller gives up %s is told so, before the first attempt and in one", (_how, reason, told) => {
  const forgone = hear("byname:forgo");
  hear("byname:start");
  const lost = atRest({ sources: {}, isKnown: false });
  lost.call().abort(reason);
  const world = atRest();
  const call = world.call();
  world.last.begin();
  call.abort(reason);
  expect(forgone).toEqual([
    { request: expect.anything(), ...told },
    { sent: expect.anything(), ...told },
  ]);
});

test("an attempt that ends by its caller's own body says why, and those that lost a race do not", async () => {
  const forgone = hear("byname:forgo");
  hear("byname:send");
  const world = atRest();
  const mine = Object.assign(new Error("no file"), { code: "ENOENT" });
  // biome-ignore lint/correctness/useYield: it fails before its first piece
  const body = (async function* () {
    throw mine;
  })();
  world.call({ method: "PUT", body });
  world.last.begin();
  await expect(text(world.last.options.body as AsyncIterable<unknown>)).rejects.toBe(mine);
  world.last.fail(mine);
  world.call();
  await world.clock.advance(250);
  world.last.begin();
  world.last.reply(200);
  world.connectAll();
  expect(forgone.map(({ error }) => error)).toEqual(["ENOENT"]);
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
  expect(failed).toEqual([{ request: started[1], service: "orders", error: "BYNAME_RESOLVE", attempts: 0 }]);
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
