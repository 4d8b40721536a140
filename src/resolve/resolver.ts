import { LRUCache } from "lru-cache";
import type { AddressGuard } from "../ground/address-guard.ts";
import type { Clock } from "../ground/clock.ts";
import { defaults } from "../ground/defaults.ts";
import { ClosedError, type ResolveError } from "../ground/errors.ts";
import { events } from "../ground/events.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { Source, SourceReport } from "../ground/source.ts";
import { abortable } from "./abortable.ts";
import { Entry } from "./entry.ts";
import { failure, isAuthoritative } from "./failure.ts";
import { type Asking, type Found, Round } from "./round.ts";
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
  /** The lookups under way, by origin. */
  readonly #flights = new Map<string, Flight>();
  #closed = false;

  constructor(options: ResolverOptions) {
    const { clock, random } = options.surroundings;
    this.#options = options;
    this.#clock = clock;
    this.#asking = { ...options, clock, gates: new SourceGates(clock, random) };
  }

  /** What is known, at once, starting a refresh where one is due. Undefined where a caller has to wait. */
  peek(query: Query): Resolution | undefined {
    const entry = this.#entries.get(query.origin);
    if (!entry) return undefined;
    const served = entry.serve(this.#clock.now());
    if (served.resolution && served.due && !this.#closed) this.#refresh(query, entry);
    return served.resolution;
  }

  /**
   * @throws ResolveError, ServiceNotFoundError or NoEndpointsError where nothing is known and no source has endpoints.
   * @throws ClosedError after `close`.
   * @throws the signal's reason when it aborts first; the lookup goes on for others.
   */
  async resolve(query: Query, signal?: AbortSignal): Promise<Resolution> {
    for (;;) {
      signal?.throwIfAborted();
      const known = this.peek(query);
      if (known) return known;
      if (this.#closed) throw new ClosedError();
      const entry = this.#entry(query);
      const { error } = entry.serve(this.#clock.now());
      if (error) throw error;
      // An answer that arrives after a freeze may be too old already; then this asks again.
      await abortable(this.#refresh(query, entry).progress, signal);
    }
  }

  /** Waits until this query is due, asks again, and is done when there is something new to see. */
  async renewed(query: Query, signal: AbortSignal): Promise<void> {
    const under = this.#flights.get(query.origin);
    if (under) return abortable(under.ended, signal);
    const entry = this.#entry(query);
    const now = this.#clock.now();
    // Looked at every so often in between: a timer does not run while the process is frozen.
    const wait = Math.min(Math.max(entry.dueAt(now) - now, 0), defaults.cloudMapTtl);
    if (wait > 0) await pause(this.#clock, wait, signal);
    if (signal.aborted || this.#closed) return;
    if (entry.serve(this.#clock.now()).due) await abortable(this.#refresh(query, entry).ended, signal);
  }

  /** Asks anew at once, because an endpoint of the last answer could not be reached; at most once a second. */
  doubt(query: Query): void {
    this.#entries.get(query.origin)?.doubt(this.#clock.now());
    this.peek(query);
  }

  /** Starts no lookup any more, and closes the sources when those under way have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#flights.values()].map((flight) => flight.ended));
    await Promise.all(this.#options.sources.map((source) => source.close?.()));
  }

  /** Ends lookups under way as well; who waits for one gets a ClosedError. */
  async destroy(): Promise<void> {
    this.#closed = true;
    for (const flight of this.#flights.values()) flight.abort();
    await this.close();
  }

  #entry(query: Query): Entry {
    const known = this.#entries.get(query.origin);
    if (known) return known;
    const entry = new Entry(this.#options.staleFor, this.#options.surroundings.random);
    this.#entries.set(query.origin, entry);
    return entry;
  }

  /** The lookup under way for this query, or a new one. */
  #refresh(query: Query, entry: Entry): Flight {
    const under = this.#flights.get(query.origin);
    if (under) return under;
    const askedAt = this.#clock.now();
    const started = this.#clock.monotonic();
    const progress = Promise.withResolvers<void>();
    let served: Resolution | undefined;
    const round = Round.run(query, this.#asking, {
      insist: entry.usable(askedAt) === undefined,
      onFound: (found) => {
        served = this.#take(entry, query, found, askedAt) ?? served;
        if (served) progress.resolve();
      },
    });
    const ended = round.ended.then((reports) => {
      this.#flights.delete(query.origin);
      const error = served || this.#closed ? undefined : this.#fail(entry, query, reports, askedAt);
      announce(query, served, error, reports, this.#clock.monotonic() - started);
      progress.resolve();
    });
    const flight = { progress: progress.promise, ended, abort: round.abort };
    this.#flights.set(query.origin, flight);
    return flight;
  }

  /** Remembers an answer, unless it only stands in for one that is better and still good. */
  #take(
    entry: Entry,
    query: Query,
    { source, answer, others }: Found,
    askedAt: number,
  ): Resolution | undefined {
    const now = this.#clock.now();
    const before = entry.usable(now);
    if (source.lastResort && before && !this.#isLastResort(before) && !isAuthoritative(others))
      return undefined;
    const service = query.service.key;
    const { endpoints, ttl } = answer;
    // An answer counts from its arrival, as TTLs do, unless nobody knows how long it lay there.
    const since = this.#stoodStill(askedAt, now) ? Math.min(askedAt, now) : now;
    return entry.found({ service, source: source.name, endpoints }, ttl, since);
  }

  #fail(
    entry: Entry,
    query: Query,
    reports: readonly SourceReport[],
    askedAt: number,
  ): ResolveError | undefined {
    const now = this.#clock.now();
    // Then the silence says nothing about the sources, and whoever waits asks again.
    if (this.#stoodStill(askedAt, now)) return undefined;
    const error = failure(query, reports);
    entry.failed(error, now, isAuthoritative(reports));
    return error;
  }

  /** Whether the process was frozen, or its clock was set, since sources were asked: no round takes that long. */
  #stoodStill(askedAt: number, now: number): boolean {
    const { sources, lookupTimeout } = this.#options;
    return now < askedAt || now - askedAt > lookupTimeout * (sources.length + 1);
  }

  #isLastResort(resolution: Resolution): boolean {
    return this.#options.sources.some((source) => source.name === resolution.source && source.lastResort);
  }
}

interface Flight {
  /** Done as soon as there is an answer to serve, or none is to come. Never rejects. */
  readonly progress: Promise<void>;
  /** Done when no source is being waited for any more. Never rejects. */
  readonly ended: Promise<void>;
  abort(): void;
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

function announce(
  query: Query,
  resolution: Resolution | undefined,
  error: ResolveError | undefined,
  attempts: readonly SourceReport[],
  ms: number,
): void {
  const channel = events["byname:resolve"];
  if (!channel.hasSubscribers) return;
  const outcome = { ...(resolution ? { resolution } : {}), ...(error ? { error } : {}) };
  channel.publish({ service: query.service.key, ...outcome, attempts, ms });
}
