import { expect, test } from "vitest";
import { ramp } from "./slow-start.ts";

test("grows from a tenth to the whole over ten seconds", () => {
  expect([0, 500, 1_000, 5_000, 9_999, 10_000, Number.POSITIVE_INFINITY].map(ramp)).toEqual([
    0.1, 0.1, 0.1, 0.5, 0.9999, 1, 1,
  ]);
});

test("does not fall under the floor when time runs backwards", () => {
  expect(ramp(-5_000)).toBe(0.1);
});
