/**
 * Token buckets: how AWS throttles. A bucket holds `burst` tokens, each request takes one, `rate` come back per second.
 */
export interface Bucket {
  /** Requests per second. */
  readonly rate: number;
  /** Requests at once. */
  readonly burst: number;
}

/**
 * Per account and Region, from "AWS Cloud Map service quotas" and "Handle DiscoverInstances API request throttling"
 * in the developer guide. For the revision only a rate is given; the burst is taken to be the same.
 */
export const quotas: Readonly<Record<string, Bucket>> = {
  DiscoverInstances: { rate: 1_000, burst: 2_000 },
  DiscoverInstancesRevision: { rate: 3_000, burst: 3_000 },
};

export class Throttle {
  readonly #buckets: Readonly<Record<string, Bucket>>;
  readonly #now: () => number;
  readonly #levels = new Map<string, { tokens: number; at: number }>();

  /** `now` gives milliseconds. */
  constructor(buckets: Readonly<Record<string, Bucket>>, now: () => number) {
    this.#buckets = buckets;
    this.#now = now;
  }

  /** Takes a token for this operation; false when there is none. */
  take(operation: string): boolean {
    const bucket = this.#buckets[operation];
    if (!bucket) return true;
    const at = this.#now();
    const level = this.#levels.get(operation) ?? { tokens: bucket.burst, at };
    const tokens = Math.min(bucket.burst, level.tokens + ((at - level.at) / 1_000) * bucket.rate);
    const isAllowed = tokens >= 1;
    this.#levels.set(operation, { tokens: isAllowed ? tokens - 1 : tokens, at });
    return isAllowed;
  }
}
