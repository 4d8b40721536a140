import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { atRest, type ExchangeWorld } from "../../test/support/exchange-world.ts";
import type { FakeAttempt } from "../../test/support/fake-attempt.ts";
import { RequestError } from "../ground/errors.ts";

const generations = [{ generation: "legacy" }, { generation: "current" }] as const;

/** Lets an endpoint fail, and the others answer, until it is ejected. */
function eject(world: ExchangeWorld, address: string): void {
  const candidate = world.candidates.find(({ endpoint }) => endpoint.address === address)!;
  while (!candidate.ejected) {
    world.call({ method: "POST" });
    world.last.reply(world.last.address === address ? 503 : 200);
  }
}

describe.each(generations)("a request that was not sent ($generation)", ({ generation }) => {
  test.each(["GET", "POST", "PATCH"])("is tried at another endpoint at once: %s", (method) => {
    const world = atRest({ generation, random: () => 0.9 });
    const call = world.call({ method });
    world.attempts[0]!.refuse();
    expect(world.attempts).toHaveLength(2);
    expect(world.attempts[1]!.address).not.toBe(world.attempts[0]!.address);
    world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
    expect(world.doubted).toHaveLength(1);
  });

  test("fails with what became of each attempt, and the last one's error as its cause", async () => {
    const world = atRest({ generation, sources: { dns: ["10.0.0.1"] } });
    const call = world.call({ method: "POST" });
    for (let i = 0; i < 3; i++) {
      world.attempts[i]!.refuse();
      await world.clock.advance(1_000);
    }
    expect(call.errors[0]).toBeInstanceOf(RequestError);
    expect(call.errors[0]).toMatchObject({
      service: "orders",
      attempts: [1, 2, 3].map(() => ({ source: "dns", error: "ECONNREFUSED" })),
      cause: { code: "ECONNREFUSED" },
    });
    expect(world.attempts).toHaveLength(3);
  });

  test("is tried at each endpoint once, however many refuse: none of that counts as a retry", async () => {
    const ten = Array.from({ length: 10 }, (_, i) => `10.0.0.${i + 1}`);
    const world = atRest({ generation, sources: { dns: ten } });
    const call = world.call({ method: "POST" });
    for (let i = 0; i < 9; i++) world.last.refuse();
    expect(new Set(world.attempts.map(({ address }) => address)).size).toBe(10);
    world.last.reply(200);
    expect(call.errors).toEqual([]);
  });

  test("is tried at an ejected endpoint rather than once more at the one that refused", () => {
    const world = atRest({ generation, sources: { dns: ["10.0.0.1", "10.0.0.2"] } });
    eject(world, "10.0.0.1");
    const before = world.attempts.length;
    const call = world.call({ method: "POST" });
    world.last.refuse();
    const tried = world.attempts.slice(before).map(({ address }) => address);
    expect(tried).toEqual(["10.0.0.2", "10.0.0.1"]);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("is tried at its only endpoint again, after a while", async () => {
    const world = atRest({ generation, sources: { dns: ["10.0.0.1"] }, random: () => 0.8 });
    const call = world.call({ method: "POST" });
    world.last.refuse();
    await world.clock.advance(19);
    expect(world.attempts).toHaveLength(1);
    await world.clock.advance(1);
    expect(world.attempts).toHaveLength(2);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });
});

describe.each(generations)("a request that was sent ($generation)", ({ generation }) => {
  test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "get"])("is sent again at once: %s", (method) => {
    const world = atRest({ generation, random: () => 0.9 });
    const call = world.call({ method });
    world.last.begin();
    world.last.reset();
    expect(world.attempts).toHaveLength(2);
    world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test.each(["POST", "PATCH"])("is not sent again: %s", (method) => {
    const world = atRest({ generation });
    const call = world.call({ method });
    world.last.begin();
    world.last.reset();
    expect(call.errors).toMatchObject([{ code: "BYNAME_REQUEST", cause: { code: "UND_ERR_SOCKET" } }]);
    expect(world.attempts).toHaveLength(1);
  });

  test.each([
    { headers: { "Idempotency-Key": "1" } },
    { headers: ["IDEMPOTENCY-KEY", "1"] },
    { headers: [["idempotency-key", "1"]] },
    { headers: new Headers({ "idempotency-key": "1" }) },
  ])("is sent again where its caller promises that it may be: $headers", ({ headers }) => {
    const world = atRest({ generation });
    const call = world.call({ method: "POST", headers });
    world.last.begin();
    world.last.reset();
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test.each([{ "Idempotency-Key": undefined }, { "Idempotency-Key": "" }, ["idempotency-key", null]])(
    "is not sent again where that promise is empty: %j",
    (headers) => {
      const world = atRest({ generation });
      const call = world.call({ method: "POST", headers });
      world.last.begin();
      world.last.reset();
      expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
      expect(world.attempts).toHaveLength(1);
    },
  );

  test("waits longer before each further time", async () => {
    const world = atRest({ generation, random: () => 0.8 });
    const call = world.call();
    world.last.begin();
    world.last.reset();
    world.last.begin();
    world.last.reset();
    await world.clock.advance(39);
    expect(world.attempts).toHaveLength(2);
    await world.clock.advance(1);
    expect(world.attempts).toHaveLength(3);
    world.last.begin();
    world.last.reset();
    expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
  });

  test("is not sent again where it was told not to be", () => {
    const world = atRest({ generation });
    const call = world.call({}, { retries: 0 });
    world.last.begin();
    world.last.reset();
    expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
  });

  test("is not sent again when the budget is spent", () => {
    const world = atRest({ generation });
    while (world.traffic.budget.take(world.clock.monotonic()));
    const call = world.call();
    world.last.begin();
    world.last.reset();
    expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
  });

  test("fails an upgrade with the error as it came, which Node's fetch looks for", () => {
    const world = atRest({ generation });
    const call = world.call({ upgrade: "websocket" }, { retries: 0 });
    world.last.begin();
    world.last.reset();
    expect(call.ends).toEqual(["error UND_ERR_SOCKET"]);
  });
});

describe.each(generations)("an answer that stands for a task that is not there ($generation)", (at) => {
  test("503 is tried once more at the only endpoint that is well, rather than at an ejected one", async () => {
    const world = atRest({ ...at, sources: { dns: ["10.0.0.1", "10.0.0.2"] } });
    eject(world, "10.0.0.1");
    const call = world.call();
    world.last.reply(503);
    await world.clock.advance(0);
    expect(world.last.address).toBe("10.0.0.2");
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test.each([502, 503, 504])("%d is tried for a better one elsewhere", (status) => {
    const world = atRest(at);
    const call = world.call();
    world.last.begin();
    world.last.answer(status);
    expect(world.attempts).toHaveLength(2);
    world.last.reply(200);
    world.attempts[0]!.complete();
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test.each([500, 429, 404])("%d is none", (status) => {
    const world = atRest(at);
    const call = world.call();
    world.last.reply(status);
    expect(call.told).toEqual(["start", String(status), "end"]);
  });

  test("goes to the caller of a request that may not be repeated", () => {
    const world = atRest(at);
    const call = world.call({ method: "POST" });
    world.last.reply(503, "sorry");
    expect(call.told).toEqual(["start", "503", "data sorry", "end"]);
  });

  test("goes to the caller when no retry is left", async () => {
    const world = atRest(at);
    const call = world.call();
    world.last.reply(503, "1");
    await world.clock.advance(0);
    world.last.reply(503, "2");
    await world.clock.advance(0);
    world.last.reply(503, "3");
    expect(call.told).toEqual(["start", "503", "data 3", "end"]);
    expect(world.candidates.map(({ failures }) => failures)).toEqual([1, 1, 1]);
  });

  test("is asked again no sooner than it says", async () => {
    const world = atRest(at);
    const call = world.call();
    world.last.reply(503, "", { "retry-after": "2" });
    await world.clock.advance(1_999);
    expect(world.attempts).toHaveLength(1);
    await world.clock.advance(1);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("goes to the caller when it may be asked again only after the deadline", () => {
    const world = atRest(at);
    const call = world.call();
    world.last.reply(503, "", { "retry-after": "15" });
    expect(call.told).toEqual(["start", "503", "end"]);
  });

  test("is read to its end, so that its connection can be used again", () => {
    const world = atRest(at);
    world.call();
    const [bad] = world.attempts;
    bad!.begin();
    bad!.answer(503);
    bad!.data("x".repeat(65_536));
    expect(bad!.isAborted).toBe(false);
    world.last.reply(200);
    bad!.complete();
  });

  test("is cut when it takes long, as nothing else would end it", async () => {
    const world = atRest(at);
    const call = world.call();
    const [bad] = world.attempts;
    bad!.begin();
    bad!.answer(503);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
    await world.clock.advance(999);
    expect(bad!.isAborted).toBe(false);
    await world.clock.advance(1);
    expect(bad!.isAborted).toBe(true);
  });

  test("is cut at once where it came before the request's body was sent: the next attempt has the rest", async () => {
    const world = atRest(at);
    const call = world.call({ method: "PUT", body: pieces("a", "b") });
    const [bad] = world.attempts;
    bad!.begin();
    bad!.answer(503);
    expect(bad!.isAborted).toBe(true);
    world.last.begin();
    expect(await readAll(world.last)).toBe("ab");
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("is cut when it is long", () => {
    const world = atRest(at);
    const call = world.call();
    const [bad] = world.attempts;
    bad!.begin();
    bad!.answer(503);
    bad!.data("x".repeat(65_536));
    bad!.data("x");
    expect(bad!.isAborted).toBe(true);
    world.last.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });
});

describe("a body in pieces", () => {
  test("is sent again from its beginning", async () => {
    const world = atRest();
    const call = world.call({ method: "PUT", body: pieces("a", "b", "c") });
    world.last.begin();
    expect(await readSome(world.last, 2)).toBe("ab");
    world.last.reset();
    world.last.begin();
    expect(await readAll(world.last)).toBe("abc");
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("of a generator that is not async is sent again as well", async () => {
    const world = atRest();
    world.call({
      method: "PUT",
      body: (function* () {
        yield "a";
        yield "b";
      })(),
    });
    world.last.begin();
    expect(await readAll(world.last)).toBe("ab");
    world.last.reset();
    world.last.begin();
    expect(await readAll(world.last)).toBe("ab");
    world.last.reply(200);
  });

  test("that is longer than what is kept is sent once", async () => {
    const world = atRest();
    const call = world.call({ method: "PUT", body: pieces("x".repeat(1_048_576), "y", "z") });
    world.last.begin();
    await readSome(world.last, 2);
    world.last.reset();
    expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
  });

  test("that is longer than what is kept goes to another endpoint where nothing was sent", async () => {
    const world = atRest();
    world.call({ method: "POST", body: pieces("x".repeat(1_048_577), "y") });
    world.last.refuse();
    world.last.begin();
    expect(await readAll(world.last)).toHaveLength(1_048_578);
    world.last.reply(200);
  });

  test.each([{ generation: "legacy" }, { generation: "current" }] as const)(
    "that fails is its caller's error, as it is, and nobody else's ($generation)",
    async (at) => {
      const world = atRest(at);
      const mine = new Error("mine");
      const call = world.call({ method: "PUT", body: failing(mine) });
      world.last.begin();
      await readAll(world.last).catch((error) => world.last.fail(error));
      expect(call.errors).toEqual([mine]);
      expect(world.attempts).toHaveLength(1);
      expect(world.doubted).toEqual([]);
      expect(world.candidates.map(({ failures }) => failures)).toEqual([0, 0, 0]);
    },
  );

  test("that fails is the reason, whatever else is said of the attempt", async () => {
    const world = atRest();
    const mine = new Error("mine");
    const call = world.call({ method: "PUT", body: failing(mine) });
    world.last.begin();
    await readAll(world.last).catch(() => world.last.reset());
    expect(call.errors).toEqual([mine]);
  });

  test("that fails with nothing fails the request all the same", async () => {
    const world = atRest();
    const call = world.call({ method: "PUT", body: failing(undefined) });
    world.last.begin();
    await readAll(world.last).catch((error) => world.last.fail(error));
    expect(call.ends).toEqual(["error Error"]);
    expect(world.attempts).toHaveLength(1);
  });

  test("that fails while nothing is connected yet brings nobody down", async () => {
    const world = atRest();
    const body = new Readable({ read() {} });
    const call = world.call({ method: "PUT", body });
    body.destroy(new Error("early"));
    await setImmediate();
    world.last.begin();
    await readAll(world.last).catch((error) => world.last.fail(error));
    expect(call.errors).toMatchObject([{ message: "early" }]);
  });

  test("is told when nobody reads on", async () => {
    const world = atRest();
    const body = new Readable({ read() {} });
    const call = world.call({ method: "PUT", body });
    call.abort("why");
    await setImmediate();
    expect(body.destroyed).toBe(true);
  });
});

async function* pieces(...all: string[]): AsyncGenerator<string> {
  yield* all;
}

async function* failing(error: unknown): AsyncGenerator<string> {
  yield "a";
  throw error;
}

function bodyOf(attempt: FakeAttempt): AsyncIterableIterator<string> {
  return (attempt.options.body as AsyncIterable<string>)[
    Symbol.asyncIterator
  ]() as AsyncIterableIterator<string>;
}

async function readSome(attempt: FakeAttempt, count: number): Promise<string> {
  const body = bodyOf(attempt);
  let text = "";
  for (let i = 0; i < count; i++) text += (await body.next()).value;
  return text;
}

async function readAll(attempt: FakeAttempt): Promise<string> {
  let text = "";
  for await (const piece of bodyOf(attempt)) text += piece;
  return text;
}
