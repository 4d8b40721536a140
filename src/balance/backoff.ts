import { defaults } from "../ground/defaults.ts";

/**
 * Backoff: how long to wait before a retry: exponential with full jitter (the AWS Architecture Blog's "Exponential
 * Backoff And Jitter"), so that clients which failed together do not come back together.
 *
 * @param retry 0 before the first retry
 * @returns milliseconds
 */
export function backoff(retry: number, random: () => number): number {
  return random() * Math.min(defaults.backoffMost, defaults.backoffFirst * 2 ** retry);
}
