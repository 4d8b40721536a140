import type { Clock } from "../ground/clock.ts";

/**
 * SteadyTime: milliseconds that never run backwards and do not stand still while the process is frozen.
 *
 * The monotonic clock stops while AWS Lambda freezes a process, and the wall clock may be set in either direction.
 * So time goes by the monotonic clock, plus every leap that the wall clock made ahead of it. A wall clock that was
 * set forward makes things age early, which does no harm here: an ejection ends, a budget fills up again.
 */
export class SteadyTime {
  #wall: number;
  #monotonic: number;
  #lost = 0;

  constructor(clock: Clock) {
    this.#wall = clock.now();
    this.#monotonic = clock.monotonic();
  }

  /** The time at these readings of the clocks, which the caller has just taken. */
  at(monotonic: number, wall: number): number {
    const leap = wall - this.#wall - (monotonic - this.#monotonic);
    if (leap > leastLeap) this.#lost += leap;
    this.#wall = wall;
    this.#monotonic = monotonic;
    return monotonic + this.#lost;
  }

  /** The same without a look at the wall clock: leaps since the last `at` are not in it yet. */
  near(monotonic: number): number {
    return monotonic + this.#lost;
  }
}

/** Below this the two clocks only drift apart. */
const leastLeap = 1_000;
