import { describe, expect, test } from "vitest";
import { FakeClock, settled } from "../../test/support/fake-clock.ts";
import { down, empty, endpoints, FakeSource, notFound, queryNamed } from "../../test/support/fake-source.ts";
import { addressGuard } from "../ground/address-guard.ts";
import type { Answer, SourceReport } from "../ground/source.ts";
import { type Found, Round } from "./round.ts";
import { SourceGates } from "./source-gates.ts";

const orders = queryNamed("orders");

function setUp({ insist = true } = {}) {
  const clock = new FakeClock();
  const sources = ["first", "second", "third"].map((name) => new FakeSource(name)) as [
    FakeSource,
    FakeSource,
    FakeSource,
  ];
  const gates = new SourceGates(clock, () => 0.5);
  const found: Found[] = [];
  const ends: (readonly SourceReport[])[] = [];
  const asking = { sources, gates, guard: addressGuard(), clock, hedgeAfter: 250, lookupTimeout: 5_000 };
  const round = new Round(orders, asking, { insist, onFound: (one) => found.push(one) });
  const said = () => ends[0]?.map(({ source, answer }) => `${source} ${answer}`);
  return {
    clock,
    sources,
    gates,
    found,
    ends,
    said,
    round,
    start: () => round.start((end) => ends.push(end)),
  };
}

test("asks one after the other, each as soon as the one before had nothing, and tells what each said", async () => {
  const { sources, found, said, start } = setUp();
  start();
  sources[0].answer(notFound);
  await settled();
  sources[1].answer(empty);
  await settled();
  sources[2].answer(endpoints(10_000, "10.0.0.3"));
  await settled();
  expect(found.map(({ source }) => source.name)).toEqual(["third"]);
  expect(said()).toEqual(["first notFound", "second empty", "third endpoints"]);
});

test("a source that answers at once costs no promise", () => {
  const { sources, found, ends, start } = setUp();
  sources[0].always = notFound;
  sources[1].always = endpoints(10_000, "10.0.0.2");
  start();
  expect(found.length).toBe(1);
  expect(ends.length).toBe(1);
});

describe("slow sources", () => {
  test("are joined one by one, and who is told no in between does not wait for the slower ones", async () => {
    const { clock, sources, start } = setUp();
    start();
    await clock.advance(250);
    expect(sources.map(({ asked }) => asked)).toEqual([1, 1, 0]);
    sources[1].answer(notFound);
    await settled();
    expect(sources.map(({ asked }) => asked)).toEqual([1, 1, 1]);
  });

  test("that say no late do not start the one after next early", async () => {
    const { clock, sources, start } = setUp();
    start();
    await clock.advance(250);
    sources[0].answer(notFound);
    await clock.advance(249);
    expect(sources.map(({ asked }) => asked)).toEqual([1, 1, 0]);
    await clock.advance(1);
    expect(sources.map(({ asked }) => asked)).toEqual([1, 1, 1]);
  });

  test("may replace a worse answer, one after the other, each time by a better one", async () => {
    const { clock, sources, found, said, start } = setUp();
    start();
    await clock.advance(500);
    sources[2].answer(endpoints(10_000, "10.0.0.3"));
    await settled();
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    await settled();
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await settled();
    expect(found.map(({ source }) => source.name)).toEqual(["third", "second", "first"]);
    expect(said()).toEqual(["third endpoints", "second endpoints", "first endpoints"]);
    expect(clock.pending).toBe(0);
  });

  test("that are worse than the one that answered are given up, and not heard any more", async () => {
    const { clock, sources, found, said, start } = setUp();
    start();
    await clock.advance(500);
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await settled();
    expect(sources[1].open[0]!.signal.aborted).toBe(true);
    sources[1].answer(endpoints(10_000, "10.0.0.2"));
    sources[2].open[0]!.answer(Promise.reject(new Error("aborted")));
    await settled();
    expect(found.length).toBe(1);
    expect(said()).toEqual(["first endpoints", "second pending", "third pending"]);
  });

  test("that never answer end the round by their time", async () => {
    const { clock, ends, said, start } = setUp();
    start();
    await clock.advance(5_499);
    expect(ends.length).toBe(0);
    await clock.advance(1);
    expect(said()).toEqual(["first unavailable", "second unavailable", "third unavailable"]);
    expect(clock.pending).toBe(0);
  });
});

describe("a source that is left out for now", () => {
  test("is skipped where there is something else to serve", () => {
    const { sources, gates, said, start } = setUp({ insist: false });
    gates.report(sources[0], orders, down);
    sources[1].always = notFound;
    sources[2].always = notFound;
    start();
    expect(sources[0].asked).toBe(0);
    expect(said()).toEqual(["first skipped", "second notFound", "third notFound"]);
  });

  test("is asked last where there is not, and its answer counts", () => {
    const { sources, gates, found, said, start } = setUp();
    gates.report(sources[0], orders, down);
    sources[0].always = endpoints(10_000, "10.0.0.1");
    sources[1].always = notFound;
    sources[2].always = notFound;
    start();
    expect(found.map(({ source }) => source.name)).toEqual(["first"]);
    expect(said()).toEqual(["second notFound", "third notFound", "first endpoints"]);
    expect(gates.closed(sources[0], orders)).toBeUndefined();
  });

  test("stands in the reports as skipped where another answered before its turn came", () => {
    const { sources, gates, said, start } = setUp();
    gates.report(sources[0], orders, down);
    sources[1].always = endpoints(10_000, "10.0.0.2");
    start();
    expect(said()).toEqual(["second endpoints", "first skipped"]);
  });
});

describe("answers that are none", () => {
  test.each<[string, () => unknown]>([
    ["nothing", () => undefined],
    ["null", () => null],
    ["a text", () => "10.0.0.1"],
    ["a kind that does not exist", () => ({ kind: "found" })],
    ["endpoints without a list", () => ({ kind: "endpoints", ttl: 1_000 })],
    ["a list with a hole", () => ({ kind: "endpoints", ttl: 1_000, endpoints: [null] })],
    ["a promise of nothing", async () => undefined],
    ["a promise that breaks", () => Promise.reject(new Error("broken"))],
    ["a promise of a broken list", async () => ({ kind: "endpoints", ttl: 1_000, endpoints: 1 })],
  ])("%s counts as unavailable, and the next source is asked", async (_what, answer) => {
    const { clock, sources, found, said, start } = setUp();
    sources[0].lookup = answer as () => Answer;
    sources[1].always = endpoints(10_000, "10.0.0.2");
    start();
    await settled();
    expect(found.length).toBe(1);
    expect(said()).toEqual(["first unavailable", "second endpoints"]);
    expect(clock.pending).toBe(0);
  });
});

describe("abort", () => {
  test("ends the round at once: lookups are aborted, their answers unheard, and no timer stays", async () => {
    const { clock, sources, found, ends, said, round, start } = setUp();
    start();
    await clock.advance(250);
    round.abort();
    expect(said()).toEqual(["first pending", "second pending"]);
    expect(sources[0].open[0]!.signal.aborted).toBe(true);
    sources[0].answer(endpoints(10_000, "10.0.0.1"));
    await clock.advance(10_000);
    expect([found.length, ends.length, clock.pending]).toEqual([0, 1, 0]);
  });

  test("lets another lookup try the source that this one was to try", async () => {
    const { clock, sources, gates, round, start } = setUp();
    gates.report(sources[0], orders, down);
    clock.jump(1_000);
    start();
    const users = queryNamed("users");
    expect(gates.closed(sources[0], users)).toBe("another lookup is trying it");
    round.abort();
    expect(gates.closed(sources[0], users)).toBeUndefined();
  });
});
