import type { AddressGuard } from "../ground/address-guard.ts";
import type { Clock } from "../ground/clock.ts";
import { briefly } from "../ground/errors.ts";
import type { Query } from "../ground/service.ts";
import type { Answer, Source, SourceReport } from "../ground/source.ts";
import { type AdmittedEndpoints, admit } from "./admit.ts";
import type { SourceGates } from "./source-gates.ts";

/** What every round of an instance works with. */
export interface Asking {
  /** In order of preference. */
  readonly sources: readonly Source[];
  readonly gates: SourceGates;
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Milliseconds after which a source that has not answered is joined by the next one. */
  readonly hedgeAfter: number;
  /** The longest that one source may take, in milliseconds. */
  readonly lookupTimeout: number;
}

export interface Found {
  readonly source: Source;
  readonly answer: AdmittedEndpoints;
  /** Wall time. */
  readonly askedAt: number;
  /** What the other sources had said by then; those still being waited for are `pending`. */
  readonly others: readonly SourceReport[];
}

/**
 * Round: one walk through the sources for one query.
 *
 * The next source is asked as soon as the last one asked gave anything but endpoints, or after `hedgeAfter`. The
 * first endpoints win; a better source that is still thinking may replace them when it answers, so `onFound`
 * can be called more than once, each time by a more preferred source. Then nothing of the round is left.
 */
export class Round {
  readonly #query: Query;
  readonly #with: Asking;
  readonly #onFound: (found: Found) => void;
  #onEnd: (reports: readonly SourceReport[]) => void = () => {};
  /** Sources still to be asked; one that is left out for now moves to the end, or falls out. */
  readonly #queue: { source: Source; rank: number; leftOut?: string }[];
  readonly #insist: boolean;
  readonly #reports: SourceReport[] = [];
  readonly #pending = new Set<Lookup>();
  #best = Number.POSITIVE_INFINITY;
  #latest: Lookup | undefined;
  #cancelHedge = () => {};

  /**
   * @param insist whether sources that are left out for now are asked after all, last, when the others have
   *   nothing: right where there is no stale answer to serve instead.
   */
  constructor(
    query: Query,
    asking: Asking,
    { insist, onFound }: { insist: boolean; onFound: (found: Found) => void },
  ) {
    this.#query = query;
    this.#with = asking;
    this.#insist = insist;
    this.#onFound = onFound;
    const ranked = asking.sources.map((source, rank) => ({ source, rank }));
    this.#queue = ranked.filter(({ source }) => !query.without?.includes(source.name));
  }

  /** @param onEnd is called once, possibly before this returns. */
  start(onEnd: (reports: readonly SourceReport[]) => void): void {
    this.#onEnd = onEnd;
    this.#askNext();
  }

  /** Ends the round now. */
  abort(): void {
    this.#cancelHedge();
    this.#clearQueue();
    for (const lookup of this.#pending) this.#drop(lookup, "closed");
    this.#endIfDone();
  }

  #askNext(): void {
    this.#cancelHedge();
    const next = this.#queue.shift();
    if (!next) return this.#endIfDone();
    const closed = next.leftOut ? undefined : this.#with.gates.closed(next.source, this.#query);
    if (closed === undefined) return this.#ask(next.source, next.rank);
    if (this.#insist) this.#queue.push({ ...next, leftOut: closed });
    else this.#reports.push(skipped(next.source, closed));
    this.#askNext();
  }

  #ask(source: Source, rank: number): void {
    const { clock, hedgeAfter, lookupTimeout } = this.#with;
    const lookup: Lookup = {
      source,
      rank,
      askedAt: clock.now(),
      started: clock.monotonic(),
      abort: new AbortController(),
      cancel: () => {},
    };
    this.#pending.add(lookup);
    this.#latest = lookup;
    const late: Answer = { kind: "unavailable", detail: `no answer within ${lookupTimeout} ms` };
    lookup.cancel = clock.after(lookupTimeout, () => this.#take(lookup, late));
    this.#cancelHedge = clock.after(hedgeAfter, () => this.#askNext());
    try {
      const answer = source.lookup(this.#query, lookup.abort.signal);
      if (!isPromise(answer)) return this.#take(lookup, answer);
      answer.then(
        (value) => this.#take(lookup, value),
        (error) => this.#take(lookup, failed(error)),
      );
    } catch (error) {
      this.#take(lookup, failed(error));
    }
  }

  #take(lookup: Lookup, raw: Answer): void {
    if (!this.#pending.delete(lookup)) return;
    const { source, rank, askedAt } = lookup;
    const { gates, guard, clock } = this.#with;
    lookup.cancel();
    lookup.abort.abort();
    const answer = admit(raw, this.#query, source, guard);
    gates.report(source, this.#query, answer);
    const ms = clock.monotonic() - lookup.started;
    const detail = answer.kind === "endpoints" ? count(answer.endpoints) : answer.detail;
    const others = [...this.#reports, ...[...this.#pending].map((one) => stillPending(one, clock))];
    this.#reports.push({ source: source.name, answer: answer.kind, detail, ms });
    if (answer.kind === "endpoints") this.#win(rank, { source, answer, askedAt, others });
    else if (lookup === this.#latest && this.#best === Number.POSITIVE_INFINITY) return this.#askNext();
    this.#endIfDone();
  }

  /** From now on only a better source's answer matters. */
  #win(rank: number, found: Found): void {
    this.#cancelHedge();
    this.#best = rank;
    this.#clearQueue();
    for (const lookup of this.#pending) if (lookup.rank > rank) this.#drop(lookup, "not needed any more");
    this.#onFound(found);
  }

  #drop(lookup: Lookup, detail: string): void {
    this.#pending.delete(lookup);
    lookup.cancel();
    lookup.abort.abort();
    this.#with.gates.release(lookup.source, this.#query);
    const ms = this.#with.clock.monotonic() - lookup.started;
    this.#reports.push({ source: lookup.source.name, answer: "pending", detail, ms });
  }

  #clearQueue(): void {
    for (const { source, leftOut } of this.#queue.splice(0))
      if (leftOut) this.#reports.push(skipped(source, leftOut));
  }

  #endIfDone(): void {
    if (this.#pending.size > 0 || this.#queue.length > 0) return;
    const onEnd = this.#onEnd;
    this.#onEnd = () => {};
    onEnd(this.#reports);
  }
}

interface Lookup {
  readonly source: Source;
  readonly rank: number;
  readonly askedAt: number;
  readonly started: number;
  readonly abort: AbortController;
  cancel: () => void;
}

function count({ length }: readonly unknown[]): string {
  return length === 1 ? "1 endpoint" : `${length} endpoints`;
}

function failed(error: unknown): Answer {
  return { kind: "unavailable", detail: briefly(error) };
}

function isPromise(answer: Answer | Promise<Answer>): answer is Promise<Answer> {
  return typeof (answer as Promise<Answer> | undefined)?.then === "function";
}

function skipped(source: Source, detail: string): SourceReport {
  return { source: source.name, answer: "skipped", detail, ms: 0 };
}

function stillPending({ source, started }: Lookup, clock: Clock): SourceReport {
  return { source: source.name, answer: "pending", detail: "no answer yet", ms: clock.monotonic() - started };
}
