import { LRUCache } from "lru-cache";
import type { AddressGuard } from "../ground/address-guard.ts";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { ClosedError } from "../ground/errors.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { Source } from "../ground/source.ts";
import { abortable } from "./abortable.ts";
import { Entry, type Served } from "./entry.ts";
import { failure } from "./failure.ts";
import { Flight } from "./flight.ts";
import type { Asking } from "./round.ts";
import { SourceGates } from "./source-gates.ts";

export interface ResolverOptions {
  /** In order of preference. */
  readonly sources: readonly Source[];
  readonly hedgeAfter: number;
  readonly lookupTimeout: number;
  readonly staleFor: number;
  readonly guard: AddressGuard;
  readonly surroundings: { readonly clock: Clock; readonly random: () => number };
}

/**
 * Resolver: the sources with a cache in front. A caller waits only for a service that nothing is known of;
 * everybody else gets what is known while at most one lookup for each query brings it up to date.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #asking: Asking;
  readonly #clock: Clock;
  readonly #entries = new LRUCache<string, Entry>({ max: defaults.maxServices });
  /** The lookups under way, by the query's key. */
  readonly #flights = new Map<string, Flight>();
  #closed = false;
  #ending: Promise<void> | undefined;

  constructor(options: ResolverOptions) {
    const { clock, random } = options.surroundings;
    this.#options = options;
    this.#clock = clock;
    this.#asking = { ...options, clock, gates: new SourceGates(clock, random) };
  }

  /**
   * What is known, at once, starting a refresh where one is due. Undefined where a caller has to wait.
   * @param now wall time, where the caller has read it just now
   */
  peek(query: Query, now = this.#clock.now()): Resolution | undefined {
    // A lookup under way keeps what it has found so far, also where the cache has made room for others.
    const entry = this.#entries.get(query.key) ?? this.#flights.get(query.key)?.entry;
    return entry && this.#serve(query, entry, now).resolution;
  }

  /**
   * @throws ResolveError, ServiceNotFoundError or NoEndpointsError where nothing is known and no source has endpoints.
   * @throws ClosedError after `close`.
   * @throws the signal's reason when it aborts first; the lookup goes on for others.
   */
  async resolve(query: Query, signal?: AbortSignal): Promise<Resolution> {
    if (this.#closed) throw new ClosedError();
    let entry = this.#entry(query);
    for (;;) {
      signal?.throwIfAborted();
      const served = this.#serve(query, entry, this.#clock.now());
      if (served.resolution) return served.resolution;
      if (served.failure) throw failure(query, served.failure);
      if (this.#closed) throw new ClosedError();
      // An answer that arrives after a freeze may be too old already; then this waits again.
      const flight = this.#refresh(query, entry);
      await abortable(flight.progress, signal);
      // Not looked for in the cache: it may have been dropped from there to make room.
      entry = flight.entry;
    }
  }

  /** Waits until this query is due, asks again, and is done when there is something new to see. */
  async renewed(query: Query, signal: AbortSignal): Promise<void> {
    const under = this.#flights.get(query.key);
    if (under) return abortable(under.ended, signal);
    const now = this.#clock.now();
    // Looked at every so often in between: a timer does not run while the process is frozen.
    const wait = Math.min(Math.max(this.#entry(query).dueAt(now) - now, 0), defaults.cloudMapTtl);
    if (wait > 0) await pause(this.#clock, wait, signal);
    if (signal.aborted || this.#closed) return;
    const entry = this.#entry(query);
    if (entry.serve(this.#clock.now()).due) await abortable(this.#refresh(query, entry).ended, signal);
  }

  /** Asks anew at once, because an endpoint of the last answer could not be reached; at most once a second. */
  doubt(query: Query): void {
    this.#entries.get(query.key)?.doubt(this.#clock.now());
    this.peek(query);
  }

  /** Done when the lookup under way for this query, if there is one, has an answer or ended without. Never rejects. */
  async settled(query: Query): Promise<void> {
    await this.#flights.get(query.key)?.progress;
  }

  /** Starts no lookup any more, and closes the sources when those under way have ended. */
  close(): Promise<void> {
    this.#closed = true;
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** Ends lookups under way as well; who waits for one gets a ClosedError. */
  destroy(): Promise<void> {
    this.#closed = true;
    for (const flight of this.#flights.values()) flight.abort();
    return this.close();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#flights.values()].map((flight) => flight.ended));
    await Promise.all(this.#options.sources.map(async (source) => source.close?.()));
  }

  #serve(query: Query, entry: Entry, now: number): Served {
    const served = entry.serve(now);
    if (served.resolution && served.due && !this.#closed) this.#refresh(query, entry);
    return served;
  }

  #entry(query: Query): Entry {
    const known = this.#entries.get(query.key);
    if (known) return known;
    const entry = this.#flights.get(query.key)?.entry ?? this.#newEntry();
    this.#entries.set(query.key, entry);
    return entry;
  }

  #newEntry(): Entry {
    return new Entry(this.#options.staleFor, this.#options.surroundings.random);
  }

  /** The lookup under way for this query, or a new one. */
  #refresh(query: Query, entry: Entry): Flight {
    const { key } = query;
    const under = this.#flights.get(key);
    if (under) return under;
    const flight = new Flight(query, this.#asking, entry);
    this.#flights.set(key, flight);
    flight.start(() => {
      this.#flights.delete(key);
      this.#entries.set(key, entry);
    });
    return flight;
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done);
  });
}
