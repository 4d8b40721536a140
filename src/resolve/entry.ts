import { defaults } from "../ground/defaults.ts";
import type { ResolveError } from "../ground/errors.ts";
import type { Resolution } from "../ground/resolution.ts";

/**
 * Entry: what is remembered of one query, and what that is worth at a given moment. It only does arithmetic on
 * wall time, so a process that stood still for an hour sees an answer that is an hour old.
 */
export class Entry {
  readonly #staleFor: number;
  readonly #random: () => number;
  #known: Known | undefined;
  #failure: { readonly error: ResolveError; readonly times: number; readonly retryAt: number } | undefined;
  #lastSeen = 0;
  #doubtedAt = Number.NEGATIVE_INFINITY;

  constructor(staleFor: number, random: () => number) {
    this.#staleFor = staleFor;
    this.#random = random;
  }

  /** What a caller gets at `now`, and whether it is time to ask again. */
  serve(now: number): Served {
    this.#noticeClock(now);
    const mayAsk = !this.#failure || now >= this.#failure.retryAt;
    const known = this.#known;
    if (known && now < known.resolution.expiresAt) {
      return { resolution: known.resolution, due: mayAsk && now >= known.refreshAt };
    }
    if (known && now < known.resolution.expiresAt + this.#staleFor) {
      known.stale ??= { ...known.resolution, stale: true };
      return { resolution: known.stale, due: mayAsk };
    }
    return mayAsk ? { due: true } : { due: false, error: this.#failure!.error };
  }

  /** The last good answer, where it may still be served. */
  usable(now: number): Resolution | undefined {
    return this.serve(now).resolution;
  }

  /** When the next lookup is worth while, in wall time. */
  dueAt(now: number): number {
    const refreshAt = this.#known?.refreshAt ?? now;
    return Math.max(refreshAt, this.#failure?.retryAt ?? 0);
  }

  /** @param since wall time from which the answer's lifetime counts. */
  found(
    answer: Pick<Resolution, "service" | "source" | "endpoints">,
    ttl: number,
    since: number,
  ): Resolution {
    const expiresAt = since + ttl;
    const resolution = { ...answer, stale: false, expiresAt };
    this.#known = { resolution, refreshAt: expiresAt - ttl * defaults.earlyRefresh * this.#random() };
    this.#failure = undefined;
    return resolution;
  }

  /** @param gone whether the sources said with authority that there is nothing any more. */
  failed(error: ResolveError, now: number, gone: boolean): void {
    const times = (this.#failure?.times ?? 0) + 1;
    const delay = Math.min(defaults.retryFirst * 2 ** (times - 1), defaults.retryMost);
    this.#failure = { error, times, retryAt: now + delay };
    if (gone) this.#known = undefined;
  }

  /** An endpoint could not be reached: the answer is served on and due for a refresh; at most once a second. */
  doubt(now: number): void {
    if (!this.#known || Math.abs(now - this.#doubtedAt) < defaults.retryFirst) return;
    this.#doubtedAt = now;
    this.#known.refreshAt = Math.min(this.#known.refreshAt, now);
  }

  /**
   * A wall clock that was set back would make answers look younger than they are. How old they are is then no
   * longer known, so they count as just expired.
   */
  #noticeClock(now: number): void {
    if (now < this.#lastSeen) {
      if (this.#known && this.#known.resolution.expiresAt > now) {
        this.#known = { resolution: { ...this.#known.resolution, expiresAt: now }, refreshAt: now };
      }
      if (this.#failure) this.#failure = { ...this.#failure, retryAt: now };
    }
    this.#lastSeen = now;
  }
}

interface Known {
  readonly resolution: Resolution;
  /** The same answer marked as stale, made once. */
  stale?: Resolution;
  refreshAt: number;
}

export type Served =
  | { readonly resolution: Resolution; readonly due: boolean; readonly error?: undefined }
  | { readonly resolution?: undefined; readonly due: boolean; readonly error?: ResolveError };
