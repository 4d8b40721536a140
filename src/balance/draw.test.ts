import fc from "fast-check";
import { expect, test } from "vitest";
import { Draw } from "./draw.ts";

/** The part of the numbers in [0, 1) that lead to each index, by walking through them evenly. */
function parts(weights: readonly number[]): number[] {
  const draw = new Draw(weights);
  const steps = 20_000;
  const hits = weights.map(() => 0);
  for (let step = 0; step < steps; step++) hits[draw.at(() => (step + 0.5) / steps)]!++;
  return hits.map((count) => count / steps);
}

test("draws in proportion to the weights", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 }), (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      fc.pre(total > 0);
      parts(weights).forEach((part, index) => {
        expect(part).toBeCloseTo(weights[index]! / total, 2);
      });
    }),
    { numRuns: 100 },
  );
});

test("never draws what weighs nothing", () => {
  expect(parts([0, 1, 0, 3])).toEqual([0, 0.25, 0, 0.75]);
});
