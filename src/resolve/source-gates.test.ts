import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { down, empty, FakeSource, notFound, notMine, queryNamed } from "../../test/support/fake-source.ts";
import type { Answer } from "../ground/source.ts";
import { SourceGates } from "./source-gates.ts";

const dns = new FakeSource("dns");
const orders = queryNamed("orders");
const users = queryNamed("users");
const ownTrouble: Answer = { kind: "unavailable", scope: "service", detail: "access denied" };

function setUp() {
  const clock = new FakeClock();
  return { clock, gates: new SourceGates(clock, () => 0.5) };
}

/** How long the gate stays shut, to the tenth of a second. */
function shutFor(clock: FakeClock, gates: SourceGates, query = orders): number {
  const start = clock.now();
  while (gates.closed(dns, query) !== undefined) clock.jump(100);
  return clock.now() - start;
}

test("a source is let through until it is unavailable", () => {
  const { gates } = setUp();
  expect(gates.closed(dns, orders)).toBeUndefined();
  gates.report(dns, orders, down);
  expect(gates.closed(dns, orders)).toBe("left out after: down");
});

test("each try that fails doubles the time, from one second to thirty", () => {
  const { clock, gates } = setUp();
  gates.report(dns, orders, down);
  const times = Array.from({ length: 7 }, () => {
    const time = shutFor(clock, gates);
    gates.report(dns, orders, down);
    return time;
  });
  expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("many lookups that fail in the same outage count as one failure", () => {
  const { clock, gates } = setUp();
  const queries = Array.from({ length: 10 }, (_, i) => queryNamed(`service-${i}`));
  for (const query of queries) expect(gates.closed(dns, query)).toBeUndefined();
  for (const query of queries) gates.report(dns, query, down);
  expect(shutFor(clock, gates)).toBe(1_000);
});

test.each([
  ["notFound", notFound],
  ["empty", empty],
  ["endpoints", { kind: "endpoints", endpoints: [{ address: "10.0.0.1" }], ttl: 1_000 } as Answer],
])("%s shows that a source works: nothing is held against it any more", (_kind, answer) => {
  const { clock, gates } = setUp();
  gates.report(dns, orders, down);
  shutFor(clock, gates);
  gates.report(dns, orders, answer);
  gates.report(dns, orders, down);
  expect(shutFor(clock, gates)).toBe(1_000);
});

test("notMine shows nothing, since nobody was asked", () => {
  const { clock, gates } = setUp();
  gates.report(dns, orders, down);
  gates.report(dns, users, notMine);
  expect(gates.closed(dns, orders)).toBeDefined();
  shutFor(clock, gates);
  gates.report(dns, orders, notMine);
  expect(gates.closed(dns, users)).toBeUndefined();
  gates.report(dns, users, down);
  expect(shutFor(clock, gates)).toBe(2_000);
});

describe("the try after the time is over", () => {
  test("is one lookup's; others skip the source until it has ended", () => {
    const { clock, gates } = setUp();
    gates.report(dns, orders, down);
    clock.jump(1_000);
    expect(gates.closed(dns, orders)).toBeUndefined();
    expect(gates.closed(dns, users)).toBe("another lookup is trying it");
    gates.release(dns, orders);
    expect(gates.closed(dns, users)).toBeUndefined();
  });

  test("is not ended by another lookup, begun before or insisted on", () => {
    const { clock, gates } = setUp();
    const third = queryNamed("third");
    gates.report(dns, orders, down);
    clock.jump(1_000);
    expect(gates.closed(dns, orders)).toBeUndefined();
    gates.release(dns, users);
    expect(gates.closed(dns, third)).toBe("another lookup is trying it");
    gates.report(dns, users, ownTrouble);
    expect(gates.closed(dns, third)).toBe("another lookup is trying it");
    gates.report(dns, users, down);
    clock.jump(10_000);
    expect(gates.closed(dns, third)).toBe("another lookup is trying it");
    gates.release(dns, orders);
    expect(gates.closed(dns, third)).toBeUndefined();
  });
});

test("trouble with one service closes the source for that one only", () => {
  const { gates } = setUp();
  gates.report(dns, orders, ownTrouble);
  expect(gates.closed(dns, orders)).toBe("left out after: access denied");
  expect(gates.closed(dns, users)).toBeUndefined();
});

test("a clock set back does not keep a source out for longer, nor one set forward", () => {
  for (const jump of [-3_600_000, 3_600_000]) {
    const { clock, gates } = setUp();
    gates.report(dns, orders, down);
    clock.jump(jump);
    expect(gates.closed(dns, orders)).toBeUndefined();
  }
});

test("what is remembered is bounded, and a source's own gate outlives those of its services", () => {
  const { gates } = setUp();
  gates.report(dns, orders, down);
  for (let i = 0; i < 3_000; i++) {
    const query = queryNamed(`service-${i}`);
    gates.closed(dns, query);
    gates.report(dns, query, ownTrouble);
  }
  expect(gates.closed(dns, users)).toBe("left out after: down");
});
