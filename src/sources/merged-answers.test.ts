import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { MergedAnswers } from "./merged-answers.ts";

const ttl = 10_000;
const from = (first: number, count = 8) =>
  Array.from({ length: count }, (_, i) => ({ address: `10.0.0.${first + i}` }));
const addresses = (endpoints: readonly { address: string }[]) => endpoints.map(({ address }) => address);

function setUp() {
  const clock = new FakeClock();
  return { clock, merged: new MergedAnswers(clock) };
}

describe("an answer of fewer than eight records", () => {
  test("is all there is", () => {
    const { merged } = setUp();
    expect(merged.merge("a", from(1, 7), ttl)).toEqual(from(1, 7));
  });

  test("makes what was seen before it forgotten", async () => {
    const { clock, merged } = setUp();
    merged.merge("a", from(1), ttl);
    await clock.advance(ttl);
    expect(merged.merge("a", from(1, 3), ttl)).toEqual(from(1, 3));
    expect(merged.merge("a", from(20), ttl)).toEqual(from(20));
  });
});

describe("an answer of eight", () => {
  test("is joined by what the last two lifetimes told", async () => {
    const { clock, merged } = setUp();
    merged.merge("a", from(1), ttl);
    await clock.advance(ttl);
    const both = merged.merge("a", from(5), ttl);
    expect(addresses(both).sort()).toEqual(addresses(from(1, 12)).sort());
    await clock.advance(ttl);
    expect(merged.merge("a", from(5), ttl)).toHaveLength(12);
    await clock.advance(1);
    expect(addresses(merged.merge("a", from(5), ttl)).sort()).toEqual(addresses(from(5)).sort());
  });

  test("keeps names apart, and ports", () => {
    const { merged } = setUp();
    merged.merge("a", from(1), ttl);
    expect(merged.merge("b", from(20), ttl)).toHaveLength(8);
    expect(
      merged.merge(
        "a",
        from(1).map((e) => ({ ...e, port: 80 })),
        ttl,
      ),
    ).toHaveLength(16);
  });

  test("counts records where several make one endpoint", () => {
    const { merged } = setUp();
    merged.merge("a", from(1, 4), ttl, 8);
    expect(merged.merge("a", from(5, 4), ttl, 8)).toHaveLength(8);
  });

  test("says the newest of an endpoint that was seen twice", () => {
    const { merged } = setUp();
    merged.merge(
      "a",
      from(1).map((e) => ({ ...e, weight: 1 })),
      ttl,
    );
    const again = merged.merge(
      "a",
      from(1).map((e) => ({ ...e, weight: 2 })),
      ttl,
    );
    expect(again.map(({ weight }) => weight)).toEqual(Array(8).fill(2));
  });

  test("outlives no clock that is set, in either direction", () => {
    for (const jump of [-3_600_000, 3_600_000]) {
      const { clock, merged } = setUp();
      merged.merge("a", from(1), ttl);
      clock.jump(jump);
      expect(merged.merge("a", from(20), ttl)).toHaveLength(8);
    }
  });
});

test("what is kept is bounded: by endpoints of a name, and by names", () => {
  const { merged } = setUp();
  for (let i = 0; i < 200; i++)
    merged.merge(
      "a",
      Array.from({ length: 8 }, (_, j) => ({ address: `10.1.${i}.${j}` })),
      ttl,
    );
  expect(merged.merge("a", from(1), ttl)).toHaveLength(1_000);

  merged.merge("b", from(1), ttl);
  for (let i = 0; i < 1_000; i++) merged.merge(`name-${i}`, from(1), ttl);
  expect(merged.merge("b", from(20), ttl)).toHaveLength(8);
});
