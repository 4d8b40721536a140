import type { Clock } from "../../src/ground/clock.ts";

/** So many looks at a clock that stands still are a loop that would never end. */
const looksMost = 100_000;

/** FakeClock: time that moves only when a test says so. */
export class FakeClock implements Clock {
  #wall: number;
  #looks = 0;
  #monotonic = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  constructor(wall = Date.UTC(2026, 10, 24)) {
    this.#wall = wall;
  }

  now(): number {
    if (++this.#looks > looksMost) throw new Error("a loop that never lets time pass");
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#monotonic + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets `ms` milliseconds pass: runs the timers that fall due, in order, and what they set off. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#move(next.at - this.#monotonic);
      next.run();
      await settled();
    }
    this.#move(end - this.#monotonic);
  }

  /** Moves wall time alone, either way: a clock that was set, or a process that was frozen (Lambda). */
  jump(ms: number): void {
    this.#looks = 0;
    this.#wall += ms;
  }

  #next(end: number): { readonly at: number; readonly run: () => void } | undefined {
    const due = this.#timers.filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }

  #move(ms: number): void {
    this.#looks = 0;
    this.#wall += ms;
    this.#monotonic += ms;
  }
}

/** Done when every promise that could go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
