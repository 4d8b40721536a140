import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget } from "./budget.ts";

function drain(budget: Budget, now: number): number {
  let taken = 0;
  while (taken < 10_000 && budget.take(now)) taken++;
  return taken;
}

test("a service that was hardly called yet has ten retries for each second of the window", () => {
  expect(drain(new Budget(), 0)).toBe(100);
});

test("every fifth request earns one more", () => {
  const budget = new Budget();
  for (let i = 0; i < 50; i++) budget.request(0);
  expect(drain(budget, 0)).toBe(110);
});

test("what was earned and what was spent are forgotten after ten seconds", () => {
  const budget = new Budget();
  for (let i = 0; i < 500; i++) budget.request(0);
  expect(drain(budget, 0)).toBe(200);
  expect(budget.take(9_999)).toBe(false);
  expect(drain(budget, 10_000)).toBe(100);
});

test("a freeze counts as time that has passed, and grants no more than one window", () => {
  const budget = new Budget();
  expect(drain(budget, 0)).toBe(100);
  expect(drain(budget, 3_600_000)).toBe(100);
});

test("whatever happens in which order, each retry was earned in the ten seconds before it", () => {
  const steps = fc.array(
    fc.record({ wait: fc.integer({ min: 0, max: 3_000 }), requests: fc.integer({ min: 0, max: 200 }) }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(steps, (plan) => {
      let now = 0;
      const budget = new Budget();
      const log: { at: number; requests: number; retries: number }[] = [];
      for (const { wait, requests } of plan) {
        now += wait;
        for (let i = 0; i < requests; i++) budget.request(now);
        log.push({ at: now, requests, retries: drain(budget, now) });
      }
      for (const { at: end } of log.filter(({ retries }) => retries > 0)) {
        // The slice of the retry and the nine before it.
        const inside = log.filter(
          ({ at }) => at <= end && Math.floor(at / 1_000) > Math.floor(end / 1_000) - 10,
        );
        const requests = inside.reduce((sum, step) => sum + step.requests, 0);
        const retries = inside.reduce((sum, step) => sum + step.retries, 0);
        expect(retries).toBeLessThanOrEqual(0.2 * requests + 100 + 1e-6);
      }
    }),
  );
});
