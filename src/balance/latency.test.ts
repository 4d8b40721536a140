import { expect, test } from "vitest";
import { Latency, UsualLatency } from "./latency.ts";

function latency(): { usual: UsualLatency; latency: Latency } {
  const usual = new UsualLatency();
  return { usual, latency: new Latency(usual, 0) };
}

test("an endpoint never tried is expected to be as fast as usual: 30 ms while nothing is known", () => {
  expect(latency().latency.at(0)).toBe(30);
});

test("a newcomer starts with what the service's answers usually take", () => {
  const { usual, latency: known } = latency();
  for (let i = 0; i < 50; i++) known.answered(200, i);
  expect(new Latency(usual, 50).at(50)).toBeCloseTo(200);
});

test("one slow answer raises it at once", () => {
  const { latency: one } = latency();
  one.answered(10, 0);
  one.answered(900, 1);
  expect(one.at(1)).toBeCloseTo(900);
});

test("faster answers bring it down, each by a tenth at least, not at once", () => {
  const { latency: one } = latency();
  one.answered(1_000, 0);
  one.answered(10, 1);
  expect(one.at(1)).toBeCloseTo(901);
  for (let now = 2; now <= 25; now++) one.answered(10, now);
  expect(one.at(25)).toBeLessThan(100);
});

test("an answer after a long while counts for more, as time has passed too", () => {
  const { latency: one } = latency();
  one.answered(1_000, 0);
  one.answered(10, 10_000);
  expect(one.at(10_000)).toBeCloseTo(10 + 990 / Math.E);
});

test("a moment in which this process stood still is forgotten after some twenty answers", () => {
  const usual = new UsualLatency();
  const fast = Array.from({ length: 9 }, () => new Latency(usual, 0));
  const slow = new Latency(usual, 0);
  slow.answered(100, 0);
  for (let now = 0; now < 1_000; now += 25) for (const one of fast) one.answered(10, now);
  for (const one of fast) one.answered(70, 1_000);
  for (let now = 1_025; now <= 1_500; now += 25) for (const one of fast) one.answered(10, now);
  for (const one of fast) expect(one.at(1_500)).toBeLessThan(slow.at(1_500) / 4);
});

test("an endpoint that is not asked drifts to the usual latency, from above and from below", () => {
  const { usual, latency: slow } = latency();
  const fast = new Latency(usual, 0);
  slow.answered(2_000, 0);
  fast.answered(2, 0);
  expect(slow.at(600_000)).toBeCloseTo(usual.ms);
  expect(fast.at(600_000)).toBeCloseTo(usual.ms);
});

test("a failure counts as an answer of five seconds that fades", () => {
  const { latency: one } = latency();
  one.answered(20, 0);
  one.failed(1, 0);
  expect(one.at(0)).toBeCloseTo(5_020);
  expect(one.at(10_000)).toBeCloseTo(20 + 5_000 / Math.E);
});

test("a time-out longer than that counts in full", () => {
  const { latency: one } = latency();
  one.failed(15_000, 0);
  expect(one.at(0)).toBeCloseTo(15_030);
});

test("the next answer lifts the penalty", () => {
  const { latency: one } = latency();
  one.answered(20, 0);
  one.failed(1, 0);
  one.answered(20, 1);
  expect(one.at(1)).toBeCloseTo(20, 0);
});

test("time that seems to run backwards changes nothing", () => {
  const { latency: one } = latency();
  one.answered(20, 1_000);
  expect(one.at(0)).toBe(one.at(1_000));
});
