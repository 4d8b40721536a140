import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { events } from "../ground/events.ts";
import type { SourceName } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";

/**
 * Fallback: which sources a service is asked of, once requests have shown that what a source gives does not work: a
 * Service Connect alias without its proxy, addresses behind a closed security group.
 *
 * A source that does not work is left out for a while that grows with each trial. Then one request tries it, while
 * all others stay where they are.
 */
export class Fallback {
  readonly #clock: Clock;
  readonly #query: Query;
  readonly #left = new Map<SourceName, Left>();
  /** Queries by the sources that they leave out, so that each has one entry in the cache. */
  readonly #queries = new Map<string, Query>();

  constructor(query: Query, clock: Clock) {
    this.#query = query;
    this.#clock = clock;
  }

  /** What to ask the resolver for this request. */
  query(): Query {
    if (this.#left.size === 0) return this.#query;
    const now = this.#clock.now();
    for (const [source, left] of this.#left) {
      if (!isDue(left, now)) continue;
      // Nobody else tries that source for twice as long again, whatever becomes of this request: it may hang, and never say.
      left.delay = Math.min(left.delay * 2, defaults.skipMost);
      left.from = now;
      left.until = now + left.delay;
      return this.#without([...this.#left.keys()].filter((other) => other !== source));
    }
    return this.#without([...this.#left.keys()]);
  }

  /** No endpoint of this source could be used. @returns what to ask instead. */
  leave(source: SourceName): Query {
    // Requests that were under way together fail together, and count once.
    if (!this.#left.has(source)) {
      const now = this.#clock.now();
      const delay = defaults.skipFirst;
      this.#left.set(source, { delay, from: now, until: now + delay });
      this.#announce(source, "left");
    }
    return this.#without([...this.#left.keys()]);
  }

  /** What to ask for one request that goes beyond this source, which is as good as before for all others. */
  beyond(source: SourceName): Query {
    return this.#without([...new Set([...this.#left.keys(), source])]);
  }

  /** An endpoint of this source was reached. */
  trust(source: SourceName): void {
    if (this.#left.size > 0 && this.#left.delete(source)) this.#announce(source, "back");
  }

  /** Nothing else knows the service: then every source is as good as before. */
  trustAll(): void {
    for (const source of [...this.#left.keys()]) this.trust(source);
  }

  #without(sources: readonly SourceName[]): Query {
    if (sources.length === 0) return this.#query;
    const without = [...sources].sort();
    const key = without.join(" ");
    let query = this.#queries.get(key);
    if (!query) {
      query = { ...this.#query, without, key: `${this.#query.key} without ${key}` };
      this.#queries.set(key, query);
    }
    return query;
  }

  #announce(source: SourceName, state: "left" | "back"): void {
    const channel = events["byname:fallback"];
    if (channel.hasSubscribers) channel.publish({ service: this.#query.service.key, source, state });
  }
}

interface Left {
  /** How long it is left out, in milliseconds. */
  delay: number;
  /**
   * From when until when nobody tries it: since it was left, or since the last trial. Wall time, so that a frozen process
   * tries again at once.
   */
  from: number;
  until: number;
}

/** A clock that was set back must not keep a source out for longer than it was meant to be. */
function isDue({ from, until }: Left, now: number): boolean {
  return now >= until || now < from;
}
