/**
 * Outliers: hosts that are left out for a while because connections to them kept failing.
 * "Service Connect concepts" in the ECS developer guide: five failed connections or more within 30 seconds,
 * avoided for 30 to 300 seconds.
 */
export const outlierRules = {
  failures: 5,
  /** Milliseconds. */
  window: 30_000,
  /** The first time out; each further one is longer by as much. Milliseconds. */
  firstOut: 30_000,
  longestOut: 300_000,
} as const;

interface Record {
  failedAt: number[];
  outUntil: number;
  timesOut: number;
}

export class Outliers {
  readonly #now: () => number;
  readonly #hosts = new Map<string, Record>();

  /** `now` gives milliseconds that never run backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  isOut(host: string): boolean {
    return (this.#hosts.get(host)?.outUntil ?? 0) > this.#now();
  }

  failed(host: string): void {
    const now = this.#now();
    const record = this.#hosts.get(host) ?? { failedAt: [], outUntil: 0, timesOut: 0 };
    this.#hosts.set(host, record);
    record.failedAt = [...record.failedAt.filter((at) => at > now - outlierRules.window), now];
    if (record.failedAt.length < outlierRules.failures || record.outUntil > now) return;
    // Who behaved for as long as the longest absence starts from the beginning.
    record.timesOut = record.outUntil < now - outlierRules.longestOut ? 1 : record.timesOut + 1;
    record.outUntil = now + Math.min(record.timesOut * outlierRules.firstOut, outlierRules.longestOut);
    record.failedAt = [];
  }
}
