import type { Balance } from "../../src/ground/balance.ts";
import type { Endpoint } from "../../src/ground/endpoint.ts";
import { type Call, endpoints, type Outcome, simulate } from "./traffic.ts";

/** Incidents: what goes wrong in the simulations, for the tests and the plots alike. */

/**
 * linkerd's: 11 servers, 1000 requests a second, one slowed down from 167 ms to 2 s for the middle 30 s of a minute
 * (https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/).
 */
export function slowEndpoint(policy: Balance, seed: number): Outcome {
  const list = endpoints(11);
  return simulate({
    seed,
    policy,
    rate: 1_000,
    length: 60_000,
    list: () => list,
    server: (endpoint, now, random) => {
      const slow = endpoint === list[0] && now >= 15_000 && now < 45_000;
      return { ms: slow ? 2_000 : 167 * (0.75 + random() / 2) };
    },
  });
}

/** The part of the calls that were answered within a second. */
export function underOneSecond({ calls }: Outcome): number {
  return calls.filter(({ ms, failed }) => !failed && ms < 1_000).length / calls.length;
}

export interface Sinkhole extends Outcome {
  readonly broken: Endpoint;
}

/**
 * One endpoint fails at once while the others need 40 to 80 ms. With `answers: "fifth"` it gets every fifth call
 * right, so that it is never ejected and only the way failures are booked keeps the traffic away.
 */
export function sinkhole(count: number, answers: "never" | "fifth", policy: Balance, seed: number): Sinkhole {
  const list = endpoints(count);
  const broken = list[0]!;
  let turn = 0;
  const outcome = simulate({
    seed,
    policy,
    rate: 500,
    length: 60_000,
    list: () => list,
    server: (endpoint, _, random) => {
      if (endpoint !== broken) return { ms: 40 + 40 * random() };
      turn++;
      return { ms: 1, failed: answers === "never" || turn % 5 !== 0 };
    },
  });
  return { ...outcome, broken };
}

/** For the middle third of a minute and a half every endpoint fails half of its calls. */
export function retryStorm(retries: "budget" | "always", seed: number): Outcome {
  const list = endpoints(4);
  return simulate({
    seed,
    retries,
    rate: 200,
    length: 90_000,
    list: () => list,
    server: (_, now, random) => ({
      ms: 20 + 20 * random(),
      failed: now >= 30_000 && now < 60_000 && random() < 0.5,
    }),
  });
}

/** `broken` of `count` endpoints refuse all calls in the second of three minutes. */
export function outage(
  count: number,
  broken: number,
  seed: number,
  policy: Balance = "leastLoaded",
): Outcome {
  const list = endpoints(count);
  return simulate({
    seed,
    policy,
    rate: 100,
    length: 180_000,
    list: () => list,
    server: (endpoint, now, random) => {
      const fails = now >= 60_000 && now < 120_000 && list.indexOf(endpoint) < broken;
      return fails ? { ms: 1, failed: true } : { ms: 20 + 20 * random() };
    },
  });
}

/**
 * One of ten endpoints becomes ten times slower, and the caller's own process stands still for `stall` milliseconds twice
 * a second, so that what was under way then seems to have taken longer.
 */
export function stalls(stall: number, seed: number): { slow: Endpoint; calls: readonly Call[] } {
  const list = endpoints(10);
  const { calls } = simulate({
    seed,
    policy: "leastLoaded",
    rate: 400,
    length: 40_000,
    list: () => list,
    server: (endpoint, now, random) => {
      const ms = now > 5_000 && endpoint === list[0] ? 100 : 10 + 2 * random();
      return { ms: ms + Math.max(0, stall - ((now + ms) % 500)) };
    },
  });
  return { slow: list[0]!, calls };
}

/** Two endpoints join eight, and one of the eight becomes ten times slower while those two are starting slowly. */
export function slowAmongNewcomers(seed: number): { slow: Endpoint; calls: readonly Call[] } {
  const list = endpoints(10);
  const eight = list.slice(0, 8);
  const { calls } = simulate({
    seed,
    policy: "leastLoaded",
    rate: 400,
    length: 15_000,
    list: (now) => (now < 5_000 ? eight : list),
    server: (endpoint, now, random) => ({
      ms: now > 5_000 && endpoint === list[0] ? 100 : 10 + 2 * random(),
    }),
  });
  return { slow: list[0]!, calls };
}

export interface Newcomers extends Outcome {
  readonly newcomers: readonly Endpoint[];
}

/** To three endpoints `count` new ones are added after 20 s. Each needs twice as long in its first ten seconds. */
export function newcomers(count: number, policy: Balance, seed: number, cold = 2): Newcomers {
  const old = endpoints(3);
  const all = endpoints(3 + count).map((endpoint, index) => old[index] ?? endpoint);
  const added = all.slice(3);
  const outcome = simulate({
    seed,
    policy,
    rate: 500,
    length: 60_000,
    list: (now) => (now < 20_000 ? old : all),
    server: (endpoint, now, random) => ({
      ms: (added.includes(endpoint) && now < 30_000 ? cold : 1) * (40 + 40 * random()),
    }),
  });
  return { ...outcome, newcomers: added };
}

/** One client in each zone that has endpoints, all alike. */
export function zones(spread: readonly string[], seed: number): { list: Endpoint[]; outcomes: Outcome[] } {
  const list = endpoints(spread.length, (index) => spread[index]!);
  const outcomes = [...new Set(spread)].map((zone, index) =>
    simulate({
      seed: seed + index,
      zone,
      rate: 300,
      length: 30_000,
      list: () => list,
      server: (_, __, random) => ({ ms: 40 + 40 * random() }),
    }),
  );
  return { list, outcomes };
}
