import fc from "fast-check";
import { expect, test } from "vitest";
import { zoneShares } from "./zones.ts";

const shares = (capacity: Record<string, number>, own: string) =>
  Object.fromEntries(zoneShares(new Map(Object.entries(capacity)), own));

test("stays in the own zone when that has its part of the capacity", () => {
  expect(shares({ a: 3, b: 3, c: 3 }, "a")).toEqual({ a: 1 });
  expect(shares({ a: 8, b: 2, c: 2 }, "a")).toEqual({ a: 1 });
});

test("spills what the own zone cannot take, in proportion to what the others have to spare", () => {
  const { a, b, c } = shares({ a: 2, b: 6, c: 8 }, "a");
  expect(a).toBeCloseTo(2 / 16 / (1 / 3));
  expect(c! / b!).toBeCloseTo((8 / 16 - 1 / 3) / (6 / 16 - 1 / 3));
});

test("a zone that has nothing to spare gets no traffic from others", () => {
  expect(shares({ a: 1, b: 1, c: 6 }, "a").b).toBeUndefined();
});

test("sends everything to the others when the own zone has no endpoint", () => {
  const spread = shares({ b: 3, c: 3 }, "a");
  expect(spread.a).toBeUndefined();
  expect(spread.b).toBeCloseTo(0.5);
});

test("one zone for all takes all", () => {
  expect(shares({ a: 4 }, "a")).toEqual({ a: 1 });
  expect(shares({ b: 4 }, "a")).toEqual({ b: 1 });
});

test("with callers spread evenly, no zone's endpoints get more than their fair part", () => {
  const capacities = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(capacities, (sizes) => {
      const capacity = new Map(sizes.map((size, index) => [`z${index}`, size]));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const load = new Map<string, number>();
      for (const own of capacity.keys()) {
        const parts = zoneShares(capacity, own);
        expect([...parts.values()].reduce((sum, part) => sum + part, 0)).toBeCloseTo(1);
        for (const [zone, part] of parts) load.set(zone, (load.get(zone) ?? 0) + part / capacity.size);
      }
      for (const [zone, part] of load) expect(part).toBeLessThanOrEqual(capacity.get(zone)! / total + 1e-9);
    }),
  );
});
