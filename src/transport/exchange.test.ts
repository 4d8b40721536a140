import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { atRest } from "../../test/support/exchange-world.ts";
import { FakeCaller } from "../../test/support/fake-attempt.ts";
import { settled } from "../../test/support/fake-clock.ts";
import { hear } from "../../test/support/hear.ts";
import { AttemptTimeoutError, ClosedError, DeadlineError, ResolveError } from "../ground/errors.ts";

const generations = [{ generation: "legacy" }, { generation: "current" }] as const;

describe.each(generations)("a request with a handler of the $generation generation", ({ generation }) => {
  test("gets the answer of its attempt", () => {
    const world = atRest({ generation });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    world.last.data("one");
    world.last.data("two");
    world.last.complete();
    expect(call.told).toEqual(["start", "200", "data one", "data two", "end"]);
  });

  test("gets informational answers before the real one", () => {
    const world = atRest({ generation });
    const call = world.call();
    world.last.begin();
    world.last.answer(103);
    world.last.answer(200);
    world.last.complete();
    expect(call.told).toEqual(["start", "103", "200", "end"]);
  });

  test("hears of what is sent, but not of what is sent after its end", () => {
    const world = atRest({ generation });
    const call = world.call();
    world.last.begin();
    world.last.sent("x");
    call.abort("enough");
    world.last.sent("y");
    expect(call.told).toEqual(["start", "sent x", "sent all", "first byte", "error enough"]);
  });

  test("gets an upgraded connection", () => {
    const world = atRest({ generation });
    const call = world.call({ upgrade: "websocket" });
    world.last.begin();
    world.last.upgrade();
    expect(call.told).toEqual(["start", "upgrade"]);
  });

  test("fails once and hears nothing more when the body breaks off", () => {
    const world = atRest({ generation });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    world.last.data("half");
    world.last.reset();
    expect(call.told).toEqual(["start", "200", "data half", "error UND_ERR_SOCKET"]);
    expect(world.attempts).toHaveLength(1);
  });

  test("is not held up by a handler that throws at its start", async () => {
    const world = atRest({ generation });
    const caller = new FakeCaller(generation);
    caller.onTold = (what) => {
      if (what === "start") throw new Error("at the start");
    };
    world.dispatch(caller);
    expect(caller.told).toEqual(["start", "error Error"]);
    expect(world.attempts).toHaveLength(0);
  });

  test("fails with what its handler throws at the headers", () => {
    const world = atRest({ generation });
    const caller = new FakeCaller(generation);
    caller.onTold = (what) => {
      if (what === "200") throw new Error("at the headers");
    };
    world.dispatch(caller);
    world.last.reply(200);
    expect(caller.told).toEqual(["start", "200", "error Error"]);
  });

  describe("that its caller aborts", () => {
    test("before the service is known, fails at once and sends nothing", async () => {
      const world = atRest({ generation, isKnown: false });
      const call = world.call();
      call.abort("why");
      expect(call.told).toEqual(["start", "error why"]);
      await settled();
      expect(world.attempts).toHaveLength(0);
    });

    test("while starting, never looks the service up", () => {
      const world = atRest({ generation });
      const caller = new FakeCaller(generation);
      caller.onTold = (what) => {
        if (what === "start") caller.abort("why");
      };
      world.dispatch(caller);
      expect(caller.told).toEqual(["start", "error why"]);
      expect(world.asked).toEqual([]);
    });

    test("while connecting, fails at once; the connection is given back unused", () => {
      const world = atRest({ generation });
      const call = world.call();
      call.abort("why");
      expect(call.told).toEqual(["start", "error why"]);
      expect(world.last.begin()).toBe(false);
      expect(world.doubted).toEqual([]);
    });

    test("while racing, fails at once; both connections are given back unused", async () => {
      const world = atRest({ generation });
      const call = world.call();
      await world.clock.advance(250);
      call.abort("why");
      expect(call.told).toEqual(["start", "error why"]);
      expect(world.attempts.map((attempt) => attempt.begin())).toEqual([false, false]);
    });

    test("while sent, breaks the attempt off and blames nobody", () => {
      const world = atRest({ generation });
      const call = world.call();
      world.last.begin();
      call.abort("why");
      expect(world.last.abortedWith).toBe("why");
      expect(call.told).toEqual(["start", "error why"]);
      expect(world.candidates.map(({ failures }) => failures)).toEqual([0, 0, 0]);
      expect(world.doubted).toEqual([]);
    });

    test("while hedged, breaks both off", async () => {
      const world = atRest({ generation, request: { hedgeAfter: 100 } });
      const call = world.call();
      world.last.begin();
      await world.clock.advance(100);
      world.last.begin();
      call.abort("why");
      expect(world.attempts.map(({ abortedWith }) => abortedWith)).toEqual(["why", "why"]);
      expect(call.told).toEqual(["start", "error why"]);
    });

    test("before a retry, makes none", async () => {
      const world = atRest({ generation, random: () => 0.5 });
      const call = world.call();
      world.last.reply(503);
      call.abort("why");
      await world.clock.advance(60_000);
      expect(call.told).toEqual(["start", "error why"]);
      expect(world.attempts).toHaveLength(1);
    });

    test("after the headers, breaks the body off, once", () => {
      const world = atRest({ generation });
      const call = world.call();
      world.last.begin();
      world.last.answer(200);
      call.abort("why");
      call.abort("again");
      expect(call.told).toEqual(["start", "200", "error why"]);
    });

    test("after the end, hears nothing of it", () => {
      const world = atRest({ generation });
      const call = world.call();
      world.last.reply(200);
      call.abort("late");
      expect(call.told).toEqual(["start", "200", "end"]);
    });
  });

  describe("when everything is destroyed", () => {
    test.each([
      ["while looking up", "lookup"],
      ["while connecting", "connecting"],
      ["while sent", "sending"],
      ["after the headers", "answered"],
    ])("%s, fails with the ClosedError", async (_, until) => {
      const world = atRest({ generation, isKnown: until !== "lookup" });
      const call = world.call();
      if (until === "sending" || until === "answered") world.last.begin();
      if (until === "answered") world.last.answer(200);
      world.inFlight.destroy(new ClosedError());
      expect(call.ends).toEqual(["error BYNAME_CLOSED"]);
      await settled();
    });

    test("before it starts, fails with the ClosedError and sends nothing", () => {
      const world = atRest({ generation });
      world.inFlight.destroy(new ClosedError());
      const call = world.call();
      expect(call.told).toEqual(["start", "error BYNAME_CLOSED"]);
      expect(world.attempts).toHaveLength(0);
    });
  });
});

describe("back-pressure", () => {
  test("of a legacy handler reaches the connection by what it returns", () => {
    const world = atRest();
    const call = world.call();
    world.last.begin();
    call.accepts = false;
    world.last.answer(200);
    expect(world.last.wantsMore).toBe(false);
    call.accepts = true;
    world.last.data("x");
    expect(world.last.wantsMore).toBe(true);
    world.last.complete();
  });

  test("of a current handler reaches the connection by its controller", () => {
    const world = atRest({ generation: "current" });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    call.controller!.pause();
    expect(world.last.paused).toBe(true);
    expect(call.controller!.paused).toBe(true);
    call.controller!.resume();
    expect(world.last.paused).toBe(false);
    world.last.complete();
  });

  test("from before there was a connection holds from the headers on", () => {
    const world = atRest({ generation: "current" });
    const call = world.call();
    call.controller!.pause();
    world.last.begin();
    world.last.answer(200);
    expect(world.last.paused).toBe(true);
    world.last.complete();
  });

  test("does not hold up an answer that nobody wants", () => {
    const world = atRest({ generation: "current" });
    const call = world.call();
    const first = world.last;
    first.begin();
    first.answer(103);
    call.controller!.pause();
    first.answer(503);
    expect(first.paused).toBe(false);
    world.last.reply(200);
    first.complete();
    expect(call.told).toEqual(["start", "103", "200", "end"]);
  });
});

describe("the controller of a current handler", () => {
  test("shows the raw headers of the answer, and how it was aborted", () => {
    const world = atRest({ generation: "current" });
    const call = world.call();
    expect(call.controller).toMatchObject({ aborted: false, paused: false, reason: null });
    world.last.begin();
    world.last.answer(200, { a: "b" });
    expect(String((call.controller!.rawHeaders as Buffer[])[1])).toBe("b");
    call.controller!.abort("why");
    expect(call.controller).toMatchObject({ aborted: true, reason: "why" });
  });
});

describe("the deadline", () => {
  test("fails a request whose service is still being looked up", async () => {
    const world = atRest({ isKnown: false, request: { timeout: 1_000 } });
    world.gate = new Promise(() => {});
    const call = world.call();
    await world.clock.advance(999);
    expect(call.ends).toEqual([]);
    await world.clock.advance(1);
    expect(call.errors[0]).toBeInstanceOf(DeadlineError);
    expect(call.errors[0]).toMatchObject({ service: "orders", attempts: [] });
  });

  test("tells which attempts had failed by then, and breaks off what is under way", async () => {
    const world = atRest({ request: { timeout: 1_000 } });
    const call = world.call();
    world.last.begin();
    world.last.reset();
    world.last.begin();
    await world.clock.advance(1_000);
    expect(call.errors).toMatchObject([
      {
        code: "BYNAME_DEADLINE",
        attempts: [{ error: "UND_ERR_SOCKET" }, { error: "BYNAME_DEADLINE" }],
      },
    ]);
    expect(world.last.isAborted).toBe(true);
  });

  test.each(["legacy", "current"] as const)(
    "does not count the time in which a body is sent in pieces (%s)",
    async (generation) => {
      const world = atRest({ generation, request: { timeout: 1_000 } });
      const call = world.call({ method: "POST", body: Readable.from(["a", "b"]) });
      world.last.begin();
      for (let piece = 0; piece < 3; piece++) {
        world.last.sent("x");
        await world.clock.advance(900);
      }
      // Sent for 1.8 s, and waited for since 0.9 s.
      await world.clock.advance(99);
      expect(call.ends).toEqual([]);
      await world.clock.advance(1);
      expect(call.ends).toEqual(["error BYNAME_DEADLINE"]);
    },
  );

  test("a long upload does not make its endpoint look slow", async () => {
    const world = atRest({ sources: { dns: ["10.0.0.1"] } });
    world.call({ method: "POST", body: Readable.from(["a", "b"]) });
    world.last.begin();
    world.last.sent("x");
    await world.clock.advance(3_000);
    world.last.sent("x");
    await world.clock.advance(5);
    world.last.reply(200);
    expect(world.candidates[0]!.latency.at(world.clock.monotonic())).toBe(5);
  });

  test("leaves a retry the time that a long upload has not taken from it", async () => {
    const world = atRest({ request: { timeout: 1_000 } });
    const call = world.call({ method: "PUT", body: Readable.from(["a", "b"]) });
    world.last.begin();
    for (let piece = 0; piece < 3; piece++) {
      world.last.sent("x");
      await world.clock.advance(900);
    }
    world.last.reply(503);
    expect(world.attempts).toHaveLength(2);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("counts while a body stands still", async () => {
    const world = atRest({ request: { timeout: 1_000 } });
    const call = world.call({ method: "POST", body: Readable.from(["a", "b"]) });
    await world.clock.advance(100);
    world.last.begin();
    world.last.sent("x");
    await world.clock.advance(900);
    expect(call.ends).toEqual(["error BYNAME_DEADLINE"]);
  });

  test.each([
    [0, { headersTimeout: 0 }],
    [600_000, { headersTimeout: 0 }],
    [15_000, {}],
  ])("of %d ms is not cut short by undici's own limit", async (timeout, expected) => {
    const world = atRest({ request: { timeout } });
    world.call();
    const { headersTimeout } = world.last.options;
    expect(headersTimeout === undefined ? {} : { headersTimeout }).toEqual(expected);
    world.last.reply(200);
    world.call({ headersTimeout: 5 });
    expect(world.last.options.headersTimeout).toBe(5);
    world.last.reply(200);
  });

  test("does not count once the headers are there", async () => {
    const world = atRest({ request: { timeout: 1_000 } });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    await world.clock.advance(10_000);
    world.last.complete();
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("is not moved by informational answers", async () => {
    const world = atRest({ request: { timeout: 1_000 } });
    const call = world.call();
    world.last.begin();
    world.last.answer(102);
    await world.clock.advance(1_000);
    expect(call.told).toEqual(["start", "102", "error BYNAME_DEADLINE"]);
  });

  test("is none where the timeout is 0", async () => {
    const world = atRest({ request: { timeout: 0 } });
    const call = world.call();
    world.last.begin();
    expect(world.clock.pending).toBe(0);
    await world.clock.advance(1e9);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("may be one request's own", async () => {
    const world = atRest();
    const call = world.call({}, { timeout: 10 });
    await world.clock.advance(10);
    expect(call.ends).toEqual(["error BYNAME_DEADLINE"]);
  });
});

describe("what a request came to is known of its endpoint:", () => {
  test("that it takes longer than its caller waited", async () => {
    const world = atRest();
    const call = world.call();
    world.last.begin();
    const [hung] = world.candidates.filter(({ inFlight }) => inFlight > 0);
    await world.clock.advance(200);
    call.abort();
    expect(hung!.latency.at(world.clock.monotonic())).toBe(200);
    expect(hung!.failures).toBe(0);
  });

  test.each([500, 429])("a %d does not make it fast", async (status) => {
    const world = atRest();
    world.call();
    const [quick] = world.candidates.filter(({ inFlight }) => inFlight > 0);
    world.last.reply(status);
    expect(quick!.latency.at(world.clock.monotonic())).toBe(60);
  });
});

describe("the time that is left to the work around it", () => {
  test("ends a request with a failure, and with who did not answer, which was given too little time to blame it", async () => {
    const [attempted, failed] = [hear("byname:attempt"), hear("byname:fail")];
    const world = atRest({ scope: { remaining: 500 } });
    const call = world.call();
    world.last.begin();
    await world.clock.advance(500);
    expect(call.errors).toMatchObject([
      { code: "BYNAME_DEADLINE", attempts: [{ error: "BYNAME_DEADLINE" }] },
    ]);
    expect(failed).toMatchObject([{ service: "orders", error: "BYNAME_DEADLINE" }]);
    expect(attempted).toMatchObject([{ error: "BYNAME_DEADLINE" }]);
    const now = world.clock.monotonic();
    expect(world.candidates.map(({ failures, latency }) => [failures, latency.at(now)])).toContainEqual([
      0, 500,
    ]);
  });

  test("ends a body as well", async () => {
    const failed = hear("byname:fail");
    const world = atRest({ scope: { remaining: 500 } });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    await world.clock.advance(500);
    expect(call.told).toEqual(["start", "200", "error BYNAME_DEADLINE"]);
    expect(failed).toEqual([]);
  });

  test("is over before it begins", () => {
    const failed = hear("byname:fail");
    const world = atRest({ scope: { remaining: 0 } });
    const call = world.call();
    expect(call.told).toEqual(["start", "error BYNAME_DEADLINE"]);
    expect(failed).toHaveLength(1);
    expect(world.attempts).toEqual([]);
  });
});

describe("the limit of one attempt", () => {
  test("gives another endpoint its chance", async () => {
    const world = atRest({ request: { attemptTimeout: 100 } });
    const call = world.call();
    world.last.begin();
    await world.clock.advance(100);
    expect(world.attempts[0]!.abortedWith).toBeInstanceOf(AttemptTimeoutError);
    world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
    expect(world.attempts[0]!.address).not.toBe(world.last.address);
  });

  test("ends a request that may not be repeated", async () => {
    const world = atRest({ request: { attemptTimeout: 100 } });
    const call = world.call({ method: "POST" });
    world.last.begin();
    await world.clock.advance(100);
    expect(call.errors[0]).toMatchObject({
      code: "BYNAME_REQUEST",
      cause: { code: "BYNAME_ATTEMPT_TIMEOUT" },
    });
  });

  test("lets a request that may not be repeated go on where nothing was sent", async () => {
    const world = atRest({ request: { attemptTimeout: 100 } });
    const call = world.call({ method: "POST" });
    await world.clock.advance(100);
    expect(world.attempts).toHaveLength(2);
    expect(world.attempts[0]!.begin()).toBe(false);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("does not count once the headers are there", async () => {
    const world = atRest({ request: { attemptTimeout: 100 } });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    await world.clock.advance(1_000);
    world.last.complete();
    expect(call.ends).toEqual(["end"]);
  });
});

test("a request fails with the resolver's error where no source knows its service", async () => {
  const world = atRest({ sources: {}, isKnown: false });
  const call = world.call();
  await settled();
  expect(call.errors[0]).toBeInstanceOf(ResolveError);
});

test("what an attempt's dispatcher refuses as wrong is the caller's to know, as it is", () => {
  const world = atRest();
  world.thrown = Object.assign(new Error("invalid path"), { code: "UND_ERR_INVALID_ARG" });
  const call = world.call({ path: "?" });
  expect(call.errors).toEqual([world.thrown]);
  expect(world.doubted).toEqual([]);
});

describe("attempts are announced", () => {
  test("once each, by what became of them, without the query string", async () => {
    const seen = hear("byname:attempt");
    const world = atRest();
    world.call({ path: "/a?token=1" });
    await world.clock.advance(250);
    world.last.begin();
    world.last.answer(503);
    world.last.begin();
    await world.clock.advance(5);
    world.last.reply(404);
    world.attempts[1]!.complete();
    expect(seen).toMatchObject([
      { path: "/a", method: "GET", resent: 0, error: "no connection within 250 ms", ms: 250 },
      { resent: 1, status: 503, ms: 0 },
      { resent: 2, status: 404, ms: 5 },
    ]);
  });
});
