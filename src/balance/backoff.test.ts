import { expect, test } from "vitest";
import { backoff } from "./backoff.ts";

test("doubles from 25 ms and stops at one second", () => {
  const longest = [0, 1, 2, 3, 5, 6, 50, 2_000].map((retry) => backoff(retry, () => 1));
  expect(longest).toEqual([25, 50, 100, 200, 800, 1_000, 1_000, 1_000]);
});

test("is drawn from nothing up to that", () => {
  expect(backoff(3, () => 0)).toBe(0);
  expect(backoff(3, () => 0.5)).toBe(100);
});
