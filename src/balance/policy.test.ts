import { expect, test } from "vitest";
import { seeded } from "../../test/simulation/seeded.ts";
import type { Balance } from "../ground/balance.ts";
import { ConfigError } from "../ground/errors.ts";
import { Candidate } from "./candidate.ts";
import { Group } from "./group.ts";
import { UsualLatency } from "./latency.ts";
import { policyFor } from "./policy.ts";

function candidates(weights: readonly number[], since = Number.NEGATIVE_INFINITY): Candidate[] {
  const usual = new UsualLatency();
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight, index) => {
    const candidate = new Candidate({ address: `10.0.0.${index}`, port: 80 }, usual, 0, since);
    candidate.weight = weight / mean;
    return candidate;
  });
}

/** How the picks spread when nothing is under way and all are equally fast. */
function spread(policy: Balance, all: readonly Candidate[], now = 0): number[] {
  const pick = policyFor(policy, seeded(7));
  const group = new Group(all);
  const hits = new Map(all.map((candidate) => [candidate, 0]));
  for (let i = 0; i < 40_000; i++) {
    const one = pick(group, now);
    hits.set(one, hits.get(one)! + 1 / 40_000);
  }
  return [...hits.values()];
}

const policies: Balance[] = ["leastLoaded", "leastRequest", "roundRobin"];

test.each(policies)("%s spreads equal endpoints equally", (policy) => {
  for (const count of [1, 2, 3, 10]) {
    for (const part of spread(policy, candidates(Array(count).fill(1))))
      expect(part).toBeCloseTo(1 / count, 1.6);
  }
});

test.each(policies)("%s goes by the weights, also with two endpoints", (policy) => {
  for (const weights of [
    [95, 5],
    [1, 2],
    [1, 2, 3, 4],
    [1_000, 1, 1, 1],
  ]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    spread(policy, candidates(weights)).forEach((part, index) => {
      expect(part).toBeCloseTo(weights[index]! / total, 1.8);
    });
  }
});

test("leastLoaded gives no endpoint more than twice its share, however fast it is", () => {
  const all = candidates([95, 5]);
  all[0]!.latency.answered(100, 0);
  all[1]!.latency.answered(1, 0);
  const [, light] = spread("leastLoaded", all);
  expect(light).toBeGreaterThan(0.05);
  expect(light).toBeLessThan(0.105);
});

test.each([
  [1, 1],
  [1, 3],
  [8, 2],
])("leastLoaded leaves a slow one of %d alone while %d others start slowly", (old, added) => {
  const all = [...candidates(Array(old).fill(1)), ...candidates(Array(added).fill(1), 0)];
  const [slow, ...others] = all;
  slow!.latency.answered(100, 0);
  for (const candidate of others) candidate.latency.answered(10, 0);
  expect(spread("leastLoaded", all, 1_000)[0]).toBeLessThan(0.01);
});

test.each(policies)("%s spreads endpoints that all start slowly equally", (policy) => {
  for (const part of spread(policy, candidates([1, 1, 1], 0))) expect(part).toBeCloseTo(1 / 3, 1.6);
});

test("roundRobin goes strictly in turn, from a random first one", () => {
  const all = candidates([1, 1, 1]);
  const pick = policyFor("roundRobin", () => 0.5);
  const group = new Group(all);
  const picks = Array.from({ length: 7 }, () => all.indexOf(pick(group, 0)));
  for (let i = 1; i < picks.length; i++) expect(picks[i]).toBe((picks[i - 1]! + 1) % 3);
});

test("leastLoaded of two takes the one with less under way times latency", () => {
  const [fast, slow] = candidates([1, 1]) as [Candidate, Candidate];
  const pick = policyFor("leastLoaded", seeded(1));
  const group = new Group([fast, slow]);
  fast.latency.answered(10, 0);
  slow.latency.answered(100, 0);
  fast.inFlight = 8;
  expect(pick(group, 0)).toBe(fast);
  fast.inFlight = 10;
  expect(pick(group, 0)).toBe(slow);
});

test("leastRequest of two takes the one with less under way, whatever its latency", () => {
  const [busy, idle] = candidates([1, 1]) as [Candidate, Candidate];
  busy.inFlight = 2;
  idle.inFlight = 1;
  idle.latency.answered(900, 0);
  expect(policyFor("leastRequest", seeded(1))(new Group([busy, idle]), 0)).toBe(idle);
});

test.each(["leastLoaded", "leastRequest"] as const)(
  "%s finds the one of five that does not fail",
  (policy) => {
    const all = candidates([1, 1, 1, 1, 1]);
    for (const candidate of all.slice(1)) {
      candidate.failures = 1;
      candidate.latency.failed(1, 0);
    }
    const pick = policyFor(policy, seeded(1));
    const group = new Group(all);
    for (let i = 0; i < 100; i++) expect(pick(group, 0)).toBe(all[0]);
  },
);

test("a picker of the user's own gets the candidates and its word holds", () => {
  const all = candidates([1, 1, 1]);
  expect(policyFor((given) => given.at(-1)!, seeded(1))(new Group(all), 0)).toBe(all[2]);
});

test("one that returns no candidate is told so", () => {
  const pick = policyFor(() => undefined as never, seeded(1));
  expect(() => pick(new Group(candidates([1])), 0)).toThrow(ConfigError);
});
