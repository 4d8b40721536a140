import { expect, test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { SteadyTime } from "./steady-time.ts";

const hour = 3_600_000;

function at(time: SteadyTime, clock: FakeClock): number {
  return time.at(clock.monotonic(), clock.now());
}

test("goes by the monotonic clock", async () => {
  const clock = new FakeClock();
  const time = new SteadyTime(clock);
  await clock.advance(1_234);
  expect(at(time, clock)).toBe(1_234);
});

test("counts the time a process was frozen", () => {
  const clock = new FakeClock();
  const time = new SteadyTime(clock);
  clock.jump(hour);
  expect(at(time, clock)).toBe(hour);
  expect(time.near(clock.monotonic())).toBe(hour);
});

test("does not run backwards when the wall clock is set back, and goes on from there", async () => {
  const clock = new FakeClock();
  const time = new SteadyTime(clock);
  await clock.advance(1_000);
  clock.jump(-hour);
  expect(at(time, clock)).toBe(1_000);
  await clock.advance(1_000);
  expect(at(time, clock)).toBe(2_000);
});

test("takes no notice of clocks that drift apart", () => {
  const clock = new FakeClock();
  const time = new SteadyTime(clock);
  clock.jump(900);
  expect(at(time, clock)).toBe(0);
});
