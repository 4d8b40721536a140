import { defaults } from "../ground/defaults.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { SourceReport } from "../ground/source.ts";

/**
 * Entry: what is remembered of one query, and what that is worth at a given moment. It only does arithmetic on
 * wall time, so a process that stood still for an hour sees an answer that is an hour old.
 */
export class Entry {
  readonly #staleFor: number;
  readonly #random: () => number;
  #known: Known | undefined;
  #failure: Failure | undefined;
  #lastSeen = 0;
  #doubtedAt = Number.NEGATIVE_INFINITY;

  constructor(staleFor: number, random: () => number) {
    this.#staleFor = staleFor;
    this.#random = random;
  }

  /** What a caller gets at `now`, and whether it is time to ask again. */
  serve(now: number): Served {
    this.#noticeClock(now);
    const known = this.#known;
    const failure = this.#failure;
    const mayAsk = !failure || now >= failure.retryAt;
    if (known && now < known.resolution.expiresAt) {
      return { resolution: known.resolution, due: mayAsk && now >= known.refreshAt };
    }
    if (known && now < known.resolution.expiresAt + this.#staleFor) {
      known.stale ??= { ...known.resolution, stale: true };
      return { resolution: known.stale, due: mayAsk };
    }
    return mayAsk || !failure.whole ? { due: true } : { due: false, failure: failure.reports };
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

  /**
   * @param since wall time from which the answer's lifetime counts.
   * @returns undefined where the answer lay there for so long that what is known is younger, or that it is too old.
   */
  found(
    answer: Pick<Resolution, "service" | "source" | "endpoints">,
    ttl: number,
    since: number,
    now = since,
  ): Resolution | undefined {
    const expiresAt = since + ttl;
    if (since < now && expiresAt <= (this.usable(now)?.expiresAt ?? now - this.#staleFor)) return undefined;
    const resolution = { ...answer, stale: false, expiresAt };
    this.#known = { resolution, refreshAt: expiresAt - ttl * defaults.earlyRefresh * this.#random() };
    this.#failure = undefined;
    return resolution;
  }

  /**
   * @param reports what each source said.
   * @param gone whether they said with authority that there is nothing any more.
   * @param whole whether all were asked. Where there was an answer to serve, some were left out; who comes when it
   *   is too old is not told no before they were.
   */
  failed(reports: readonly SourceReport[], now: number, gone: boolean, whole: boolean): void {
    this.#noticeClock(now);
    const times = (this.#failure?.times ?? 0) + 1;
    const delay = Math.min(defaults.retryFirst * 2 ** (times - 1), defaults.retryMost);
    this.#failure = { reports, whole: whole || gone, times, retryAt: now + delay };
    if (gone) this.#known = undefined;
  }

  /** An endpoint could not be reached: the answer is served on and due for a refresh; at most once a second. */
  doubt(now: number): void {
    if (!this.#known || Math.abs(now - this.#doubtedAt) < defaults.retryFirst) return;
    this.#doubtedAt = now;
    this.refreshBy(now);
  }

  /** Makes the answer due at `time` at the latest. */
  refreshBy(time: number): void {
    if (this.#known) this.#known.refreshAt = Math.min(this.#known.refreshAt, time);
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

interface Failure {
  readonly reports: readonly SourceReport[];
  readonly whole: boolean;
  readonly times: number;
  readonly retryAt: number;
}

export type Served =
  | { readonly resolution: Resolution; readonly due: boolean; readonly failure?: undefined }
  | {
      readonly resolution?: undefined;
      readonly due: boolean;
      /** What the sources said a moment ago, while they are not asked again. */
      readonly failure?: readonly SourceReport[];
    };
