import { addressGuard } from "../../src/ground/address-guard.ts";
import { defaults } from "../../src/ground/defaults.ts";
import { BynameError } from "../../src/ground/errors.ts";
import type { BynameEvents } from "../../src/ground/events.ts";
import type { Resolution } from "../../src/ground/resolution.ts";
import type { Query } from "../../src/ground/service.ts";
import type { Answer, Source } from "../../src/ground/source.ts";
import { isAuthoritative } from "../../src/resolve/failure.ts";
import { Resolver } from "../../src/resolve/resolver.ts";
import { watch } from "../../src/resolve/watch.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { queryNamed } from "./fake-source.ts";

/** What a source does with a question: answers at once, in a moment, when it is told to, or breaks. */
export type Manner = { readonly way: "now" | "soon" | "told" | "throws" | "rejects"; readonly says: Says };
export type Says =
  | { readonly kind: "endpoints"; readonly ttl: number }
  | { readonly kind: "notMine" | "notFound" | "empty" | "unavailable" | "unavailableToOne" | "nonsense" };

export const staleFor = 300_000;
const crowd = /^http:\/\/crowd-/;

/** ResolverWorld: a resolver amid sources, callers and a clock, and everything that must hold whatever they do. */
export class ResolverWorld {
  readonly clock = new FakeClock();
  readonly queries = ["a", "b"].map((name) => queryNamed(name));
  readonly sources: WorldSource[];
  readonly resolver: Resolver;
  readonly callers: Caller[] = [];
  /** An answer that took longer than this counts from when it was asked for. */
  readonly #longest: number;
  readonly #given = new Map<string, Given>();
  readonly #known = new Map<string, Known>();
  readonly #lastRound = new Map<string, BynameEvents["byname:resolve"]["attempts"]>();
  readonly #watching: { readonly abort: AbortController; readonly done: Promise<void> }[] = [];
  /** What was found wrong where nobody could be told at once. */
  readonly #wrong: unknown[] = [];
  /** By how much time jumped while something was still going on: whoever was just served may only hear of it now. */
  #midway = 0;
  readonly #setBack: { readonly at: number; readonly by: number }[] = [];
  /** The origins whose lookup was under way when it was closed. */
  #closedWith: ReadonlySet<string> | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;
  #isHeld = false;

  constructor(sources: number, random: () => number) {
    this.#longest = (sources + 1) * defaults.lookupTimeout;
    const fixed = { trusted: true, lastResort: true };
    this.sources = ["dns", "cloudMap", "fixed"]
      .slice(0, sources)
      .map((name) => new WorldSource(name, this, name === "fixed" ? fixed : {}));
    this.resolver = new Resolver({
      sources: this.sources,
      hedgeAfter: defaults.hedgeAfter,
      lookupTimeout: defaults.lookupTimeout,
      staleFor,
      guard: addressGuard(),
      surroundings: { clock: this.clock, random },
    });
  }

  /** From now on there is a fixed address, so that no error is right. */
  holdFixed(): void {
    this.sources.at(-1)!.manner = { way: "now", says: { kind: "endpoints", ttl: 10_000 } };
    this.#isHeld = true;
  }

  /** Time that has really passed: the wall clock's, had nobody set it back. */
  get time(): number {
    return this.clock.now() + this.#setBack.reduce((sum, { by }) => sum + by, 0);
  }

  peek(service: number): Resolution | undefined {
    const query = this.#query(service);
    const served = this.resolver.peek(query);
    this.#checkPeek(query, served);
    if (served) this.#checkServed(query, served, this.time);
    return served;
  }

  resolve(service: number): void {
    const query = this.#query(service);
    const abort = new AbortController();
    const caller = { abort, settled: false };
    this.callers.push(caller);
    const done = this.resolver.resolve(query, abort.signal).then(
      (served) => this.#checkServed(query, served, this.time - this.#midway),
      (error) => this.#checkError(error, abort.signal),
    );
    this.#follow(
      done.finally(() => {
        caller.settled = true;
      }),
    );
  }

  doubt(service: number): void {
    this.resolver.doubt(this.#query(service));
  }

  watch(service: number): void {
    const query = this.#query(service);
    const abort = new AbortController();
    const follow = async () => {
      for await (const state of watch(this.resolver, query, abort.signal)) {
        if (!state.error) this.#checkServed(query, state, this.time - this.#midway);
      }
    };
    this.#watching.push({ abort, done: this.#follow(follow()) });
  }

  stopWatching(): Promise<unknown> {
    for (const { abort } of this.#watching) abort.abort();
    return Promise.all(this.#watching.splice(0).map(({ done }) => done));
  }

  /** So many other services that all of ours are dropped from the cache. */
  async crowdOut(): Promise<void> {
    await this.settle();
    const others = Array.from({ length: defaults.maxServices }, (_, i) => queryNamed(`crowd-${i}`));
    await Promise.allSettled(others.map((query) => this.resolver.resolve(query)));
    // What was on its way to somebody is not to be taken for known.
    await this.settle();
    this.#known.clear();
  }

  /** Everything goes on that can. */
  async settle(): Promise<void> {
    await settled();
    this.#midway = 0;
  }

  /** Time passes, with timers. Watchers alone ask at a bounded rate. */
  async advance(ms: number): Promise<void> {
    await this.settle();
    for (const source of this.sources) source.counts.clear();
    await this.clock.advance(ms);
    for (const source of this.sources)
      for (const [origin, count] of source.counts)
        check(count <= 4 + ms / 800, `${source.name} was asked ${count} times for ${origin} in ${ms} ms`);
  }

  /** The process is frozen, or its clock is set, at any moment. */
  jump(ms: number): void {
    if (ms > 0) this.#midway += ms;
    this.#jump(ms);
  }

  /** The process is frozen while an answer lies there. */
  async tellAndJump(source: number, which: number, says: Says | "rejects", ms: number): Promise<void> {
    await this.settle();
    this.sources[source]?.tell(which, says);
    this.#jump(ms);
  }

  #jump(ms: number): void {
    const at = this.time;
    this.clock.jump(ms);
    if (ms >= 0) return;
    this.#setBack.push({ at, by: -ms });
    const until = this.clock.now() + staleFor;
    for (const known of this.#known.values()) known.until = Math.min(known.until, until);
  }

  close(how: "close" | "destroy"): Promise<void> {
    this.#closedWith ??= new Set(this.sources.flatMap((source) => source.underWay()));
    if (how === "destroy") this.#known.clear();
    this.#closing = this.resolver[how]().then(() => {
      this.#isClosed = true;
    });
    return this.#closing;
  }

  /** What a subscriber to byname:resolve learns. */
  heard({ service, attempts, error }: BynameEvents["byname:resolve"]): void {
    this.#lastRound.set(service, attempts);
    if (error && isAuthoritative(attempts)) this.#known.delete(queryNamed(service).origin);
  }

  /** Everybody gets an answer or an error in the end, and nothing is left running. */
  async checkEnd(): Promise<void> {
    await this.settle();
    if (this.#wrong.length > 0) throw this.#wrong[0];
    const waiting = this.callers.filter((caller) => !caller.settled).length;
    check(waiting === 0, `${waiting} callers still wait`);
    for (const source of this.sources) {
      check(source.waiting().length === 0, `${source.name} is still being asked`);
      if (this.#isClosed) check(source.closed === 1, `${source.name} was closed ${source.closed} times`);
    }
    check(this.clock.pending === 0, `${this.clock.pending} timers are left`);
  }

  /** The best source answers well again: with calls and time it is the one in use. */
  async checkComesBack(): Promise<void> {
    this.sources[0]!.manner = { way: "soon", says: { kind: "endpoints", ttl: 10_000 } };
    for (let second = 0; second < 100; second++) {
      for (const service of this.queries.keys()) this.resolve(service);
      await this.advance(1_000);
    }
    for (const [service, query] of this.queries.entries()) {
      const source = this.peek(service)?.source;
      const said = this.#lastRound.get(query.service.key)?.find((report) => report.source === "dns");
      // Where the best source knew with authority that there was nothing, the other's answer holds for its lifetime.
      const held = ["notFound", "empty", "notMine"].includes(said?.answer ?? "");
      check(source === "dns" || held, `${query.origin} is still served by ${source}`);
    }
  }

  /** A lookup begins: one at a time, and none when it is over. */
  asked(source: WorldSource, origin: string): void {
    const note = (holds: boolean, what: string) => !holds && this.#wrong.push(new Error(what));
    note(!source.underWay().includes(origin), `${source.name} is asked for ${origin} twice at a time`);
    note(source.closed === 0, `${source.name} is asked after it was closed`);
    note(this.#closedWith?.has(origin) ?? true, `a lookup of ${origin} started after close`);
  }

  /** An answer comes to whoever waits for it. */
  arrived(origin: string, address: string, given: Given): void {
    this.#given.set(address, given);
    const known = this.#known.get(origin);
    if (!known) return;
    const now = this.clock.now();
    // Then it is only taken where it is the younger one.
    if (now - given.askedAt > this.#longest) return;
    known.until = Math.min(known.until, now + given.ttl + staleFor);
  }

  #query(service: number): Query {
    return this.queries[service % this.queries.length]!;
  }

  #checkServed({ origin, service }: Query, { endpoints, expiresAt, source }: Resolution, at: number): void {
    const { asked, arrived, ttl } = this.#given.get(endpoints[0]!.address)!;
    const allowed = ttl + staleFor;
    const old = at - arrived - this.#uncertainty(arrived);
    check(old < allowed, `${origin}: ${old} ms old, allowed ${allowed}`);
    const ago = at - asked - this.#uncertainty(asked);
    check(ago < allowed + this.#longest, `${origin}: asked for ${ago} ms ago`);
    const before = this.#known.get(origin);
    if (source === "fixed" && before && before.source !== "fixed" && before.until > this.clock.now()) {
      const others = this.#lastRound.get(service.key)?.filter((report) => report.source !== "fixed") ?? [];
      check(isAuthoritative(others), `${origin}: fixed took over from ${before.source}`);
    }
    if (!this.#closedWith) this.#known.set(origin, { source, until: expiresAt + staleFor });
  }

  /** How much older an answer may be for each time that the clock was set back: it then counts as just expired. */
  #uncertainty(since: number): number {
    const later = this.#setBack.filter(({ at }) => at >= since);
    return later.reduce((sum, { by }) => sum + Math.max(by, staleFor), 0);
  }

  /** Who is known and not too old is served at once. */
  #checkPeek({ origin }: Query, served: Resolution | undefined): void {
    const known = this.#known.get(origin);
    if (known && known.until > this.clock.now()) check(served, `${origin} is known and was not served`);
  }

  #checkError(error: unknown, signal: AbortSignal): void {
    if (signal.aborted && error === signal.reason) return;
    if (!(error instanceof BynameError) || this.#isHeld) throw error;
  }

  #follow(done: Promise<void>): Promise<void> {
    return done.catch((error) => void this.#wrong.push(error));
  }
}

export class WorldSource implements Source {
  readonly name: string;
  readonly trusted: boolean;
  readonly lastResort: boolean;
  manner: Manner = { way: "told", says: { kind: "notFound" } };
  /** How often it was asked for each origin. */
  readonly counts = new Map<string, number>();
  readonly #world: ResolverWorld;
  readonly #lookups: Lookup[] = [];
  #addresses = 0;
  closed = 0;

  constructor(name: string, world: ResolverWorld, { trusted = false, lastResort = false }) {
    this.name = name;
    this.#world = world;
    this.trusted = trusted;
    this.lastResort = lastResort;
  }

  lookup({ origin }: Query, signal: AbortSignal): Answer | Promise<Answer> {
    if (crowd.test(origin)) return { kind: "endpoints", endpoints: [{ address: "10.255.0.1" }], ttl: 60_000 };
    this.#world.asked(this, origin);
    this.counts.set(origin, (this.counts.get(origin) ?? 0) + 1);
    const { promise, resolve, reject } = Promise.withResolvers<Says>();
    const lookup: Lookup = {
      origin,
      signal,
      asked: this.#world.time,
      askedAt: this.#world.clock.now(),
      done: false,
      resolve,
      reject,
    };
    const { way, says } = this.manner;
    if (way === "now") return this.#answer(lookup, says);
    if (way === "throws") throw new Error("broken");
    if (way === "soon") resolve(says);
    if (way === "rejects") reject(new Error("broken"));
    this.#lookups.push(lookup);
    return promise.then(
      (what) => this.#answer(lookup, what),
      (error) => {
        lookup.done = true;
        throw error;
      },
    );
  }

  close(): void {
    this.closed += 1;
  }

  /** Lookups that wait for an answer. */
  waiting(): Lookup[] {
    return this.#lookups.filter(({ signal, done }) => !signal.aborted && !done);
  }

  /** The origins of lookups whose answer has not been taken yet. */
  underWay(): string[] {
    return this.#lookups.filter(({ signal }) => !signal.aborted).map(({ origin }) => origin);
  }

  /** Answers one of the lookups that were ever begun and are open, given up or not. */
  tell(which: number, says: Says | "rejects"): void {
    const open = this.#lookups.filter(({ done }) => !done);
    const lookup = open[which % open.length];
    if (says === "rejects") lookup?.reject(new Error("broken"));
    else lookup?.resolve(says);
  }

  #answer(lookup: Lookup, says: Says): Answer {
    lookup.done = true;
    switch (says.kind) {
      case "endpoints":
        return this.#endpoints(lookup, says.ttl);
      case "unavailableToOne":
        return { kind: "unavailable", scope: "service", detail: "denied" };
      case "nonsense":
        return { kind: "endpoints", ttl: 1_000 } as unknown as Answer;
      default:
        return { kind: says.kind, detail: says.kind };
    }
  }

  #endpoints({ origin, asked, askedAt }: Lookup, ttl: number): Answer {
    const n = ++this.#addresses;
    const address = `10.${this.#world.sources.indexOf(this)}.${n >> 8}.${n & 255}`;
    const lives = Math.min(Math.max(ttl || 0, defaults.ttlLeast), defaults.ttlMost);
    this.#world.arrived(origin, address, { asked, askedAt, arrived: this.#world.time, ttl: lives });
    return { kind: "endpoints", endpoints: [{ address, port: 80 }], ttl };
  }
}

interface Caller {
  readonly abort: AbortController;
  settled: boolean;
}

interface Lookup {
  readonly origin: string;
  readonly signal: AbortSignal;
  readonly asked: number;
  readonly askedAt: number;
  done: boolean;
  resolve(says: Says): void;
  reject(error: Error): void;
}

/** When an answer was asked for and came, in real time, and how long it was said to hold. */
interface Given {
  readonly asked: number;
  /** The same by the wall clock. */
  readonly askedAt: number;
  readonly arrived: number;
  readonly ttl: number;
}

/** What is surely known of an origin, and until when by the wall clock. */
interface Known {
  readonly source: string;
  until: number;
}

function check(holds: unknown, what: string): void {
  if (!holds) throw new Error(what);
}
