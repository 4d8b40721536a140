import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settle } from "../settle.ts";
import { Throttle } from "./throttle.ts";

describe("a bucket", () => {
  it("lets through its burst, then its rate, and no more however the requests come", () => {
    const waits = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        waits,
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (all, rate, burst) => {
          let now = 0;
          const throttle = new Throttle({ DiscoverInstances: { rate, burst } }, () => now);
          let allowed = 0;
          for (const wait of all) {
            now += wait;
            if (throttle.take("DiscoverInstances")) allowed += 1;
            expect(allowed).toBeLessThanOrEqual(burst + (now / 1_000) * rate + 1e-6);
          }
          expect(allowed).toBeGreaterThanOrEqual(Math.min(burst, all.length));
        },
      ),
    );
  });

  it("is full again after a while, and not more than that", () => {
    let now = 0;
    const throttle = new Throttle({ DiscoverInstances: { rate: 10, burst: 2 } }, () => now);
    const taken = () => Array.from({ length: 4 }, () => throttle.take("DiscoverInstances"));
    expect(taken()).toEqual([true, true, false, false]);
    now += 60_000;
    expect(taken()).toEqual([true, true, false, false]);
  });

  it("has AWS's own size where nothing else is said", () => {
    expect(settle({ throttle: true }).buckets).toEqual({
      DiscoverInstances: { rate: 1_000, burst: 2_000 },
      DiscoverInstancesRevision: { rate: 3_000, burst: 3_000 },
    });
    expect(settle({}).buckets).toBeUndefined();
  });

  it("is one for each operation; others are not throttled", () => {
    const throttle = new Throttle({ DiscoverInstances: { rate: 0, burst: 1 } }, () => 0);
    expect([throttle.take("DiscoverInstances"), throttle.take("DiscoverInstances")]).toEqual([true, false]);
    expect(throttle.take("ListServices")).toBe(true);
  });
});
