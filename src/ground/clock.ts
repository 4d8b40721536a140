import { Timers } from "./timers.ts";

/**
 * Clock: where byname reads the time and sets timers, so that tests can own both.
 *
 * Ages are measured by the wall clock on purpose. While AWS Lambda freezes a process the monotonic clock
 * stands still and timers do not run, but addresses grow old all the same.
 */
export interface Clock {
  /** Wall time in milliseconds since the epoch: for ages and expiry. May jump, in both directions. */
  now(): number;
  /** Milliseconds from an arbitrary start that never run backwards: for latencies. */
  monotonic(): number;
  /**
   * Calls `run` once after `ms` milliseconds. Returns its cancel.
   * @param now from when they count, where the monotonic clock was read just now: that costs as much as all the rest.
   * @param keepsAlive whether the process waits for it: only right where a caller waits and nothing else is open.
   */
  after(ms: number, run: () => void, now?: number, keepsAlive?: boolean): () => void;
}

const monotonic = () => performance.now();
const timers = new Timers(monotonic);

export const systemClock: Clock = {
  now: Date.now,
  monotonic,
  after(ms, run, now, keepsAlive = false) {
    if (!keepsAlive) return timers.after(ms, run, now);
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
