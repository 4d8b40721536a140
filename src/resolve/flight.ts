import { defaults } from "../ground/defaults.ts";
import { ClosedError } from "../ground/errors.ts";
import { type BynameEvents, events } from "../ground/events.ts";
import type { Resolution } from "../ground/resolution.ts";
import type { Query } from "../ground/service.ts";
import type { SourceReport } from "../ground/source.ts";
import type { Entry } from "./entry.ts";
import { failure, isAuthoritative } from "./failure.ts";
import { type Asking, type Found, Round } from "./round.ts";

/** Flight: one lookup under way: a round of the sources, and what of it an entry is to remember. */
export class Flight {
  readonly entry: Entry;
  readonly #query: Query;
  readonly #asking: Asking;
  readonly #round: Round;
  readonly #insist: boolean;
  readonly #askedAt: number;
  readonly #started: number;
  readonly #ended = Promise.withResolvers<void>();
  #progress = Promise.withResolvers<void>();
  #served: Resolution | undefined;
  /** A last resort's answer that was not taken, because a better source was still to be heard. */
  #heldBack: Found | undefined;
  #aborted = false;
  #begun: BynameEvents["byname:lookup"] | undefined;

  /** Asks nobody before `start`. */
  constructor(query: Query, asking: Asking, entry: Entry) {
    this.entry = entry;
    this.#query = query;
    this.#asking = asking;
    this.#askedAt = asking.clock.now();
    this.#started = asking.clock.monotonic();
    this.#insist = entry.usable(this.#askedAt) === undefined;
    this.#round = new Round(query, asking, { insist: this.#insist, onFound: (found) => this.#found(found) });
  }

  /** Done at the next answer that is taken, or when none is to come. Never rejects. */
  get progress(): Promise<void> {
    return this.#progress.promise;
  }

  /** Done when no source is being waited for any more. Never rejects. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** @param onEnd is called just before those who wait go on. */
  start(onEnd: () => void): void {
    this.#announceBegin();
    this.#round.start((reports) => {
      onEnd();
      this.#end(reports);
      this.#progress.resolve();
      this.#ended.resolve();
    });
  }

  /** Nobody is asked any more, and nothing is remembered of those who did not answer. */
  abort(): void {
    this.#aborted = true;
    this.#round.abort();
  }

  #found(found: Found): void {
    const before = this.entry.usable(this.#asking.clock.now());
    if (found.source.lastResort && before && !this.#isLastResort(before) && !isAuthoritative(found.others)) {
      this.#heldBack = found;
      return;
    }
    if (!this.#take(found)) return;
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }

  #take({ source, answer, askedAt }: Found): boolean {
    const now = this.#asking.clock.now();
    const { endpoints, ttl } = answer;
    // An answer counts from its arrival, as TTLs do, unless nobody knows how long it lay there.
    const since = this.#stoodStill(askedAt, now) ? Math.min(askedAt, now) : now;
    const found = { service: this.#query.service.key, source: source.name, endpoints };
    const resolution = this.entry.found(found, ttl, since, now);
    this.#served = resolution ?? this.#served;
    return resolution !== undefined;
  }

  #end(reports: readonly SourceReport[]): void {
    const now = this.#asking.clock.now();
    const held = this.#heldBack;
    if (held && !this.#served && isAuthoritative(reports.filter(({ source }) => source !== held.source.name)))
      this.#take(held);
    const failed = !this.#served && !this.#aborted;
    // After a freeze the silence says nothing about the sources, and whoever waits asks again.
    if (failed && !this.#stoodStill(this.#askedAt, now))
      this.entry.failed(reports, now, isAuthoritative(reports), this.#insist);
    if (this.#standsIn(reports)) this.entry.refreshBy(now + defaults.settledTtl);
    this.#announce(reports);
  }

  /** Whether the answer was only taken since a better source was in trouble; that one is asked again before long. */
  #standsIn(reports: readonly SourceReport[]): boolean {
    const names = this.#asking.sources.map(({ name }) => name);
    const better = names.slice(0, this.#served ? names.indexOf(this.#served.source) : 0);
    return reports.some(
      ({ source, answer }) => (answer === "unavailable" || answer === "skipped") && better.includes(source),
    );
  }

  /** Whether the process was frozen, or its clock was set, since sources were asked: no round takes that long. */
  #stoodStill(askedAt: number, now: number): boolean {
    const { sources, lookupTimeout } = this.#asking;
    // A short time-out is no measure: it would take a busy event loop for a freeze.
    const longest = Math.max(lookupTimeout, defaults.lookupTimeout);
    return now < askedAt || now - askedAt > longest * (sources.length + 1);
  }

  #isLastResort(resolution: Resolution): boolean {
    return this.#asking.sources.some((source) => source.name === resolution.source && source.lastResort);
  }

  #announceBegin(): void {
    const channel = events["byname:lookup"];
    if (!channel.hasSubscribers) return;
    this.#begun = { service: this.#query.service.key, isWaitedFor: this.#insist };
    channel.publish(this.#begun);
  }

  #announce(attempts: readonly SourceReport[]): void {
    const channel = events["byname:resolve"];
    if (!channel.hasSubscribers) return;
    const resolution = this.#served;
    const { service, without } = this.#query;
    const outcome = {
      ...(without ? { without } : {}),
      ...(this.#begun ? { lookup: this.#begun } : {}),
      ...(resolution ? { resolution } : {}),
      ...(resolution ? {} : { error: this.#aborted ? new ClosedError() : failure(this.#query, attempts) }),
    };
    const ms = this.#asking.clock.monotonic() - this.#started;
    channel.publish({ service: service.key, ...outcome, attempts, ms });
  }
}
