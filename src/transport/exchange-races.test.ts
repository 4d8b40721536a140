import { describe, expect, test } from "vitest";
import { atRest, type ExchangeWorld } from "../../test/support/exchange-world.ts";

const generations = [{ generation: "legacy" }, { generation: "current" }] as const;

function addresses(world: ExchangeWorld): number {
  return new Set(world.attempts.map(({ address }) => address)).size;
}

describe.each(generations)("a connection that does not come ($generation)", ({ generation }) => {
  test("is raced after 250 ms by one to another endpoint, also for a POST", async () => {
    const world = atRest({ generation });
    const call = world.call({ method: "POST", body: "x" });
    await world.clock.advance(249);
    expect(world.attempts).toHaveLength(1);
    await world.clock.advance(1);
    expect(world.attempts).toHaveLength(2);
    expect(addresses(world)).toBe(2);
    world.attempts[1]!.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("loses before it may send a byte, when it comes second", async () => {
    const world = atRest({ generation });
    const call = world.call({ method: "POST" });
    await world.clock.advance(250);
    expect(world.attempts[1]!.begin()).toBe(true);
    expect(world.attempts[0]!.begin()).toBe(false);
    world.attempts[1]!.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("wins when it comes first after all", async () => {
    const world = atRest({ generation });
    const call = world.call({ method: "POST" });
    await world.clock.advance(250);
    expect(world.attempts[0]!.begin()).toBe(true);
    expect(world.attempts[1]!.begin()).toBe(false);
    world.attempts[0]!.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("is doubted when it is raced, and booked as failed once when the other one is there first", async () => {
    const world = atRest({ generation });
    world.call();
    const [raced] = world.candidates.filter(({ inFlight }) => inFlight > 0);
    await world.clock.advance(250);
    expect(raced).toMatchObject({ failures: 0, inFlight: 1 });
    expect(world.doubted).toHaveLength(1);
    world.last.begin();
    expect(raced).toMatchObject({ failures: 1, inFlight: 0 });
    world.attempts[0]!.refuse();
    expect(raced).toMatchObject({ failures: 1, inFlight: 0 });
    expect(world.doubted).toHaveLength(1);
    world.last.reply(200);
  });

  test("does not make its endpoint look slow, once it has come", async () => {
    const world = atRest({ generation, sources: { dns: ["10.0.0.1"] } });
    world.call();
    await world.clock.advance(200);
    world.last.begin();
    await world.clock.advance(5);
    world.last.reply(200);
    expect(world.candidates[0]!.latency.at(world.clock.monotonic())).toBe(5);
  });

  test("has not failed, nor has the other one, where it is there first after all", async () => {
    const world = atRest({ generation });
    world.call();
    await world.clock.advance(250);
    world.attempts[0]!.begin();
    world.attempts[0]!.reply(200);
    expect(world.candidates.map(({ failures }) => failures)).toEqual([0, 0, 0]);
  });

  test("is not booked as failed by one that came in the place of another", async () => {
    const world = atRest({ generation });
    world.call();
    await world.clock.advance(250);
    const racer = world.candidates.find(({ endpoint }) => endpoint.address === world.last.address)!;
    await world.clock.advance(5);
    world.attempts[0]!.refuse();
    world.last.begin();
    expect(racer.failures).toBe(0);
    world.last.reply(200);
  });

  test("is raced as far as the service's budget goes", async () => {
    const world = atRest({ generation });
    const calls = Array.from({ length: 400 }, () => world.call());
    await world.clock.advance(250);
    // A fifth of the requests, and a hundred.
    expect(world.attempts.length - calls.length).toBe(180);
    for (const attempt of world.attempts) attempt.reply(200);
    expect(calls.flatMap(({ ends }) => ends)).toEqual(calls.map(() => "end"));
  });

  test("is raced by two at most", async () => {
    const world = atRest({ generation, sources: { dns: five } });
    const call = world.call();
    await world.clock.advance(1_500);
    expect(world.attempts).toHaveLength(3);
    expect(addresses(world)).toBe(3);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("is not raced where no other endpoint is left", async () => {
    const world = atRest({ generation, sources: { dns: ["10.0.0.1"] } });
    world.call();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.reply(200);
  });

  test("is not raced once another one is there", async () => {
    const world = atRest({ generation });
    world.call();
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.answer(200);
    world.last.complete();
  });

  test("leaves the request to its rival when it fails", async () => {
    const world = atRest({ generation, sources: { dns: ["10.0.0.1", "10.0.0.2"] } });
    const call = world.call({ method: "POST" });
    await world.clock.advance(250);
    world.attempts[0]!.refuse();
    expect(world.attempts).toHaveLength(2);
    world.attempts[1]!.reply(201);
    expect(call.told).toEqual(["start", "201", "end"]);
  });

  test("is raced no further by one that has failed", async () => {
    const world = atRest({ generation, request: { retries: 0 } });
    const call = world.call();
    await world.clock.advance(250);
    world.attempts[1]!.refuse();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(2);
    world.attempts[0]!.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("fails the request once when its rivals failed as well", async () => {
    const world = atRest({
      generation,
      sources: { dns: ["10.0.0.1", "10.0.0.2"] },
      request: { retries: 0 },
    });
    const call = world.call();
    await world.clock.advance(250);
    world.attempts[1]!.refuse();
    expect(call.ends).toEqual([]);
    world.attempts[0]!.refuse();
    await world.clock.advance(0);
    expect(call.ends).toEqual(["error BYNAME_REQUEST"]);
  });

  test("that is told of twice, as some interceptors do, is one", async () => {
    const world = atRest({ generation, request: { hedgeAfter: 100 } });
    const call = world.call();
    world.last.begin();
    world.last.answer(200);
    world.last.state = "connecting";
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.complete();
    expect(call.told).toEqual(["start", "200", "end"]);
  });
});

const five = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"];

describe.each(generations)("a hedged request ($generation)", ({ generation }) => {
  const hedged = { generation, request: { hedgeAfter: 100 } };

  test("goes to a second endpoint when the first is slow, and the faster answer counts", async () => {
    const world = atRest(hedged);
    const call = world.call();
    world.last.begin();
    await world.clock.advance(99);
    expect(world.attempts).toHaveLength(1);
    await world.clock.advance(1);
    expect(addresses(world)).toBe(2);
    world.last.reply(200, "second");
    expect(world.attempts[0]!.isAborted).toBe(true);
    expect(call.told).toEqual(["start", "200", "data second", "end"]);
  });

  test("takes the first one's answer when that is faster, and cuts the second", async () => {
    const world = atRest(hedged);
    const call = world.call();
    world.last.begin();
    await world.clock.advance(100);
    world.last.begin();
    world.attempts[0]!.reply(200, "first");
    expect(world.last.isAborted).toBe(true);
    expect(call.told).toEqual(["start", "200", "data first", "end"]);
    expect(world.candidates.map(({ failures }) => failures)).toEqual([0, 0, 0]);
  });

  test("is sent by two at most, also when the second has to race for its connection", async () => {
    const world = atRest({ ...hedged, sources: { dns: five } });
    const call = world.call();
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts.map((attempt) => attempt.begin() || attempt.isOpen)).toEqual([true, true, false]);
    world.attempts[1]!.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test("is hedged by the endpoints of now, not by those of when it began", async () => {
    const world = atRest({ ...hedged, sources: { dns: ["10.0.0.1", "10.0.0.2"] } });
    world.call();
    world.last.begin();
    world.say("dns", "10.0.0.3", "10.0.0.4");
    await world.clock.advance(100);
    expect(["10.0.0.3", "10.0.0.4"]).toContain(world.last.address);
    world.last.reply(200);
  });

  test("is hedged anew where the hedge has failed, and the first one is still slow", async () => {
    for (const fail of ["reset", "trouble"] as const) {
      const world = atRest(hedged);
      const call = world.call();
      world.last.begin();
      await world.clock.advance(100);
      world.last.begin();
      if (fail === "reset") world.last.reset();
      else world.last.reply(503);
      expect(world.attempts).toHaveLength(2);
      await world.clock.advance(100);
      expect(addresses(world)).toBe(3);
      world.last.reply(200);
      expect(call.ends).toEqual(["end"]);
    }
  });

  test("is not hedged any further when both are slow", async () => {
    const world = atRest({ ...hedged, sources: { dns: five } });
    const call = world.call();
    world.last.begin();
    await world.clock.advance(100);
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(2);
    world.last.reply(200);
    expect(call.ends).toEqual(["end"]);
  });

  test.each([0, 1])("leaves a 503 of attempt %d to the other one", async (bad) => {
    const world = atRest(hedged);
    const call = world.call();
    world.last.begin();
    await world.clock.advance(100);
    world.last.begin();
    world.attempts[bad]!.reply(503);
    expect(call.told).toEqual(["start"]);
    world.attempts[1 - bad]!.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
    expect(world.attempts).toHaveLength(2);
  });

  test("goes on when one of the two breaks off", async () => {
    const world = atRest(hedged);
    const call = world.call();
    world.last.begin();
    await world.clock.advance(100);
    world.last.begin();
    world.attempts[0]!.reset();
    world.attempts[1]!.reply(200);
    expect(call.told).toEqual(["start", "200", "end"]);
  });

  test("is never one that may not be repeated", async () => {
    const world = atRest(hedged);
    world.call({ method: "POST" });
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.answer(200);
    world.last.complete();
  });

  test("is never an upgrade", async () => {
    const world = atRest(hedged);
    const call = world.call({ upgrade: "websocket" });
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.upgrade();
    expect(call.told).toEqual(["start", "upgrade"]);
  });

  test("is not hedged once the headers are there", async () => {
    const world = atRest(hedged);
    world.call();
    world.last.begin();
    world.last.answer(200);
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.complete();
  });

  test("takes from the budget of retries", async () => {
    const world = atRest(hedged);
    while (world.traffic.budget.take(world.clock.monotonic()));
    world.call();
    world.last.begin();
    await world.clock.advance(1_000);
    expect(world.attempts).toHaveLength(1);
    world.last.reply(200);
  });

  test("leaves nothing behind when one of the two is upgraded all the same", async () => {
    const world = atRest(hedged);
    const call = world.call();
    world.last.begin();
    await world.clock.advance(100);
    world.last.begin();
    world.attempts[0]!.upgrade();
    expect(world.last.isAborted).toBe(true);
    expect(call.told).toEqual(["start", "upgrade"]);
  });
});
