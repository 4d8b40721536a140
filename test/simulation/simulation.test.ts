import { describe, expect, test } from "vitest";
import { subset } from "../../src/balance/subset.ts";
import type { Balance } from "../../src/ground/balance.ts";
import {
  newcomers,
  outage,
  retryStorm,
  sinkhole,
  slowAmongNewcomers,
  slowEndpoint,
  stalls,
  underOneSecond,
  zones,
} from "./incidents.ts";
import { type Call, endpoints, type Outcome, shareOf } from "./traffic.ts";

const policies = ["leastLoaded", "leastRequest", "roundRobin"] as const;

describe("one of eleven endpoints becomes slow", () => {
  test("round robin keeps 95 % of the calls under a second", () => {
    const part = underOneSecond(slowEndpoint("roundRobin", 1));
    expect(part).toBeGreaterThan(0.95);
    expect(part).toBeLessThan(0.96);
  });

  test("the least requests of two keep more than 99 %", () => {
    expect(underOneSecond(slowEndpoint("leastRequest", 1))).toBeGreaterThan(0.99);
  });

  test.each([1, 2])("the least load of two keeps 99.9 % (seed %d)", (seed) => {
    expect(underOneSecond(slowEndpoint("leastLoaded", seed))).toBeGreaterThanOrEqual(0.999);
  });
});

test.each([
  [20, 1],
  [40, 2],
])(
  "a caller that stands still for %d ms at times does not take it for slow endpoints (seed %d)",
  (ms, seed) => {
    const { slow, calls } = stalls(ms, seed);
    expect(shareOf(slow, calls, 6_000, 40_000)).toBeLessThanOrEqual(0.002);
  },
);

test.each([1, 2])("a slow endpoint is left alone while others start slowly (seed %d)", (seed) => {
  const { slow, calls } = slowAmongNewcomers(seed);
  expect(shareOf(slow, calls, 6_000, 15_000)).toBeLessThanOrEqual(0.005);
});

describe("an endpoint that fails faster than the others answer draws no traffic", () => {
  test.each([2, 3, 5, 10])("of %d, one that never answers", (count) => {
    const { broken, calls } = sinkhole(count, "never", "leastLoaded", count);
    expect(shareOf(broken, calls, 1_000, 60_000)).toBeLessThanOrEqual(0.01);
  });

  test.each([2, 3, 5, 10])("of %d, one that is never ejected, because it answers now and then", (count) => {
    for (const policy of ["leastLoaded", "leastRequest"] as const) {
      const { broken, calls, samples } = sinkhole(count, "fifth", policy, count);
      expect(samples.every(({ ejected }) => ejected === 0)).toBe(true);
      expect(shareOf(broken, calls, 1_000, 60_000)).toBeLessThanOrEqual(0.01);
    }
  });
});

describe("every endpoint fails half of its calls", () => {
  const storm = retryStorm("budget", 1);
  const requests = ({ calls }: Outcome, from: number, to: number) => between(calls, from, to).length;
  const attempts = ({ calls }: Outcome, from: number, to: number) =>
    calls.flatMap((call) => call.attempts).filter(({ at }) => at >= from && at < to).length;

  test("retries add 20 % and ten a second at most, over the storm and in each of its seconds' windows", () => {
    expect(attempts(storm, 20_000, 60_000)).toBeLessThanOrEqual(
      1.2 * requests(storm, 20_000, 60_000) + 10 * 40,
    );
    for (let end = 31_000; end <= 60_000; end += 1_000) {
      const extra = attempts(storm, end - 10_000, end) - requests(storm, end - 10_000, end);
      // Every request of the window has paid in; 2 % for retries whose wait spans its edge.
      expect(extra).toBeLessThanOrEqual((0.2 * requests(storm, end - 10_000, end) + 100) * 1.02);
    }
  });

  test("without the budget they would add three quarters", () => {
    const without = retryStorm("always", 1);
    expect(attempts(without, 30_000, 60_000) / requests(without, 30_000, 60_000)).toBeGreaterThan(1.7);
  });

  test("nothing fails any more once it is over", () => {
    expect(between(storm.calls, 62_000, 90_000).filter(({ failed }) => failed)).toEqual([]);
  });
});

describe("endpoints refuse all calls for a minute", () => {
  const seen = new Map<string, Outcome>();
  const outageOf = (count: number, broken: number, policy: Balance, seed = 1) => {
    const key = `${count} ${broken} ${policy} ${seed}`;
    const outcome = seen.get(key) ?? outage(count, broken, seed, policy);
    seen.set(key, outcome);
    return outcome;
  };
  const cases = [1, 2, 3, 4, 5].flatMap((count) =>
    Array.from({ length: count }, (_, index) => ({ count, broken: index + 1 })),
  );

  test.each(cases)("$broken of $count: never more than half are ejected", ({ count, broken }) => {
    for (const policy of policies) {
      const { samples } = outageOf(count, broken, policy);
      expect(Math.max(...samples.map(({ ejected }) => ejected))).toBeLessThanOrEqual(Math.floor(count / 2));
    }
  });

  test.each(cases.filter(({ count, broken }) => broken < count))(
    "$broken of $count: hardly a call notices, without any retry",
    ({ count, broken }) => {
      for (const policy of ["leastLoaded", "leastRequest"] as const) {
        const failed = [1, 2, 3].map((seed) => {
          const calls = between(outageOf(count, broken, policy, seed).calls, 60_000, 120_000);
          return calls.filter(({ failed }) => failed).length;
        });
        // In the mean of the three, of 6,000 calls each.
        expect(failed.reduce((sum, one) => sum + one) / failed.length).toBeLessThanOrEqual(5 * broken);
      }
    },
  );

  test.each(cases)("$broken of $count: all are in use again after it", ({ count, broken }) => {
    for (const policy of policies) {
      const { calls, samples, balancer } = outageOf(count, broken, policy);
      expect(between(calls, 121_000, 180_000).every(({ failed }) => !failed)).toBe(true);
      expect(samples.at(-1)).toMatchObject({ ejected: 0, panic: false });
      for (const { endpoint } of balancer.candidates) {
        expect(shareOf(endpoint, calls, 165_000, 180_000)).toBeGreaterThan(0.5 / count);
      }
    }
  });

  test("in turn, one of two is left out for half a minute and then for a whole one", () => {
    const { samples } = outageOf(2, 1, "roundRobin");
    const out = samples.filter(({ ejected }) => ejected === 1).map(({ at }) => at);
    expect(out[0]).toBeLessThanOrEqual(62_000);
    expect(out.at(-1)).toBeGreaterThanOrEqual(149_000);
    expect(out.at(-1)).toBeLessThanOrEqual(152_000);
  });
});

describe("new endpoints start slowly", () => {
  test.each(policies.flatMap((policy) => [1, 3].map((count) => ({ policy, count }))))(
    "$policy with $count new to three old: none over its fair share in its first ten seconds",
    ({ policy, count }) => {
      for (const cold of [1, 2]) {
        const { newcomers: added, calls } = newcomers(count, policy, 1, cold);
        const fair = 1 / (3 + count);
        for (const endpoint of added) {
          const early = shareOf(endpoint, calls, 20_000, 21_000);
          expect(early).toBeGreaterThan(0);
          expect(early).toBeLessThan(fair / 2);
          for (let from = 20_000; from < 30_000; from += 2_000) {
            expect(shareOf(endpoint, calls, from, from + 2_000)).toBeLessThanOrEqual(fair);
          }
          expect(shareOf(endpoint, calls, 40_000, 60_000)).toBeGreaterThan(0.85 * fair);
        }
      }
    },
  );
});

describe("zones", () => {
  const spreads = ["aaabbbccc", "aabbbbbccccc", "abbbcccc", "abbbbb", "abbcc", "ab"];

  test.each(spreads)("%s: with clients in all of them, each endpoint gets its fair share", (spread) => {
    const { list, outcomes } = zones([...spread], 1);
    const calls = outcomes.flatMap((outcome) => outcome.calls);
    for (const endpoint of list) {
      const part = shareOf(endpoint, calls, 0, Number.POSITIVE_INFINITY) * list.length;
      expect(part).toBeGreaterThan(0.9);
      expect(part).toBeLessThan(1.1);
    }
  });

  test.each([
    ["aaabbbccc", 0],
    ["aabbbbbccccc", 1 - 2 / 4],
    ["abbbcccc", 1 - 3 / 8],
    ["abbcc", 4 / 5],
  ])("%s: of the calls from zone a, a part of %d leaves it", (spread, part) => {
    const { outcomes } = zones([...spread], 1);
    expect(outcomes[0]!.balancer.crossZoneShare).toBeCloseTo(part, 1.5);
  });
});

describe("a thousand clients", () => {
  test.each([
    { count: 300, size: 100 },
    { count: 150, size: 100 },
    { count: 10, size: 5 },
  ])("each use $size of $count endpoints: connections within 20 % of the mean", ({ count, size }) => {
    const list = endpoints(count);
    const connections = new Map(list.map((endpoint) => [endpoint, 0]));
    for (let client = 0; client < 1_000; client++) {
      for (const endpoint of subset(list, `client-${client}`, size)) {
        connections.set(endpoint, connections.get(endpoint)! + 1);
      }
    }
    const mean = (1_000 * size) / count;
    for (const held of connections.values()) expect(Math.abs(held / mean - 1)).toBeLessThan(0.2);
  });
});

function between(calls: readonly Call[], from: number, to: number): readonly Call[] {
  return calls.filter(({ at }) => at >= from && at < to);
}
